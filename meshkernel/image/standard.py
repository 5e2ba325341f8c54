"""The whole standard library, as it is on the host, with the system's files that its modules read:
for programs that look into it themselves, such as CPython's own tests.
"""

from __future__ import annotations

import sysconfig
import warnings
from collections.abc import Iterator
from pathlib import Path

from meshkernel.errors import Fault, UserError
from meshkernel.image import contents, objects
from meshkernel.image.bytecode import beside, bytecode
from meshkernel.image.contents import SYSTEM, Item, Items
from meshkernel.image.filesystem import File
from meshkernel.image.paths import VERSION, Environment
from meshkernel.toolchain.cache import Cache

NOT_PART = frozenset(("__pycache__", "dist-packages", "site-packages"))
LINKING = frozenset((".a", ".o"))
"""Suffixes of what only a C compiler reads."""

INCLUDE = f"/usr/include/python{VERSION}"
HEADER = "pyconfig.h"
"""The only header that `sysconfig` reads."""

NUMBERS = ("etc/protocols", "etc/services")
"""What `socket` looks names up in, by the C library."""
ZONES = "usr/share/zoneinfo"
"""What `zoneinfo` and `time.tzset` read."""
OTHER_ZONES = frozenset(("posix", "right"))
"""Folders of the same zones once more; those of `right` count leap seconds."""


def standard_library(environment: Environment, cache: Cache) -> Items:
    """Every module of the standard library with its source, and every file beside one.

    Extension modules whose shared objects this computer lacks are left out: they cannot be imported
    here either.
    """
    items: Items = {}
    origin = contents.python_origin()
    for folder in environment.standard:
        for file in _below(folder):
            place = environment.place(file).path
            if file.suffix == ".so" and not _loadable(file):
                continue
            mode = 0o755 if file.suffix == ".so" else 0o644
            items[place] = Item(File(file, mode), origin)
            if file.suffix == ".py" and (compiled := _compiled(file, place, cache)) is not None:
                items[beside(place)] = Item(File(compiled), origin)
    header = Path(sysconfig.get_config_h_filename())
    if header.is_file():
        items[f"{INCLUDE}/{HEADER}"] = Item(File(header), origin)
    extensions = [Path(str(file)) for file in _extensions(items)]
    return contents.libraries(extensions, environment) | items | system_files()


def system_files(root: Path = Path("/")) -> Items:
    """Names of services and protocols, and the time zones: those that this computer has.

    Args:
        root: the folder that holds them, below which they have their usual paths.
    """
    files = [file for name in NUMBERS if (file := root / name).is_file()]
    for file in sorted((root / ZONES).rglob("*")):
        if file.is_file() and not OTHER_ZONES & set(file.relative_to(root / ZONES).parts):
            files.append(file)
    return {f"/{file.relative_to(root)}": Item(File(file), SYSTEM) for file in files}


def require_tests() -> None:
    """UserError where the interpreter has come without its tests."""
    folder = Path(sysconfig.get_path("stdlib")) / "test"
    if not (folder / "test_os.py").is_file():
        raise UserError(
            Fault(
                f"this interpreter has no tests of its own: {folder} is not complete",
                "install the package that has them (Debian: libpython3-testsuite),"
                " or use a CPython built from source",
            )
        )


def _below(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.name in NOT_PART or path.is_symlink():
            continue
        if path.is_dir():
            yield from _below(path)
        elif path.is_file() and path.suffix not in LINKING:
            yield path


def _loadable(file: Path) -> bool:
    try:
        objects.closure([file])
    except objects.LibraryNotFoundError:
        return False
    return True


def _compiled(file: Path, place: str, cache: Cache) -> bytes | None:
    """Its bytecode; nothing for a source with errors, of which the tests have some."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what is odd in the tests is odd on purpose
            return bytecode(file.read_bytes(), place, cache)
    except (SyntaxError, ValueError):
        return None


def _extensions(items: Items) -> Iterator[Path]:
    for path, item in items.items():
        if path.endswith(".so") and isinstance(item.entry, File):
            yield Path(str(item.entry.source))
