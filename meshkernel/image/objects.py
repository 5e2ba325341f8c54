"""Which shared objects an ELF object needs, found as the dynamic linker of this machine would."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from attrs import frozen

DEFAULT_FOLDERS = tuple(
    Path(folder)
    for folder in (
        *("/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu"),
        *("/lib64", "/usr/lib64", "/lib", "/usr/lib"),
    )
)
LOADED_LATE = ("libgcc_s.so.1",)
"""What glibc opens by itself when a thread is cancelled or exits early."""


@frozen
class Header:
    """What an object says about itself. ``folders`` are searched before those of the system."""

    needed: tuple[str, ...]
    folders: tuple[Path, ...]
    interpreter: str | None
    dynamic: bool


@frozen
class Object:
    """A shared object: the name that it is asked for by, and its file.

    ``private``: found in a folder that the object in need names, not in one of the system's.
    """

    name: str
    file: Path
    private: bool


class LibraryNotFoundError(Exception):
    """A shared object that another one needs is nowhere on this machine."""

    def __init__(self, name: str, needed_by: Path) -> None:
        super().__init__(f"{needed_by} needs {name}, which is not on this machine")
        self.name = name
        self.needed_by = needed_by


@cache
def header(path: Path) -> Header:
    """Reads an ELF object's program headers."""
    # Here, as below: most builds read no object, and this takes longer than the rest of them.
    from elftools.elf.dynamic import DynamicSegment  # noqa: PLC0415
    from elftools.elf.elffile import ELFFile  # noqa: PLC0415
    from elftools.elf.segments import InterpSegment  # noqa: PLC0415

    needed: list[str] = []
    rpath: list[str] = []
    runpath: list[str] = []
    interpreter, dynamic = None, False
    with path.open("rb") as file:
        for segment in ELFFile(file).iter_segments():
            if isinstance(segment, InterpSegment):
                interpreter = str(segment.get_interp_name())
            if isinstance(segment, DynamicSegment):
                dynamic = True
                for tag in segment.iter_tags():
                    # The library sets these attributes by the kind of tag.
                    if tag.entry.d_tag == "DT_NEEDED":
                        needed.append(str(getattr(tag, "needed")))  # noqa: B009
                    elif tag.entry.d_tag == "DT_RPATH":
                        rpath += str(getattr(tag, "rpath")).split(":")  # noqa: B009
                    elif tag.entry.d_tag == "DT_RUNPATH":
                        runpath += str(getattr(tag, "runpath")).split(":")  # noqa: B009
    folders = [_expand(folder, path) for folder in (runpath or rpath) if folder]
    return Header(tuple(needed), tuple(folders), interpreter, dynamic)


def symbols(path: Path) -> frozenset[str]:
    """The names of the dynamic symbols of an ELF object, those that it has and those that it needs;
    and of a few other things, since they share a table.
    """
    from elftools.elf.dynamic import DynamicSegment  # noqa: PLC0415
    from elftools.elf.elffile import ELFFile  # noqa: PLC0415

    with path.open("rb") as file:
        elf = ELFFile(file)
        for segment in elf.iter_segments():
            if isinstance(segment, DynamicSegment):
                tags = {tag.entry.d_tag: tag.entry.d_val for tag in segment.iter_tags()}
                for start in elf.address_offsets(tags["DT_STRTAB"]):
                    file.seek(start)
                    table = file.read(tags["DT_STRSZ"])
                    return frozenset(name.decode("latin-1") for name in table.split(b"\0") if name)
    return frozenset()


def _expand(folder: str, path: Path) -> Path:
    origin = str(path.resolve().parent)
    expanded = folder.replace("${ORIGIN}", origin).replace("$ORIGIN", origin)
    return Path(os.path.normpath(expanded))


@cache
def system_libraries() -> Mapping[str, Path]:
    """What the dynamic linker's cache knows."""
    program = next((p for p in ("/sbin/ldconfig", "/usr/sbin/ldconfig") if Path(p).exists()), None)
    if program is None:
        return {}
    done = subprocess.run([program, "-p"], capture_output=True, text=True, check=False)
    found: dict[str, Path] = {}
    for name, path in re.findall(r"^\s+(\S+) \([^)]*x86-64[^)]*\) => (\S+)$", done.stdout, re.M):
        found.setdefault(name, Path(path))
    return found


def find(name: str, needed_by: Path) -> Object:
    """The object of this name, for the one that needs it.

    Raises:
        LibraryNotFoundError: there is none.
    """
    for folder in header(needed_by).folders:
        if (folder / name).is_file():
            return Object(name, folder / name, private=True)
    known = system_libraries().get(name)
    for path in (known, *(folder / name for folder in DEFAULT_FOLDERS)):
        if path is not None and path.is_file():
            return Object(name, path, private=False)
    raise LibraryNotFoundError(name, needed_by)


def closure(files: Iterable[Path]) -> dict[str, Object]:
    """Every shared object that these need, directly or not, by name."""
    found: dict[str, Object] = {}
    left = list(files)
    while left:
        file = left.pop()
        for name in header(file).needed:
            if name not in found:
                found[name] = find(name, file)
                left.append(found[name].file)
    return found


def system_folder() -> Path:
    """The folder that the dynamic linker of this machine searches: where its C library is."""
    return (system_libraries().get("libc.so.6") or DEFAULT_FOLDERS[0] / "libc.so.6").parent
