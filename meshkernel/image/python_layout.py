"""Where CPython keeps the stacks of its threads: what ``libos/linux/pystack.c`` must know.

CPython 3.13 publishes most of the offsets in its own state. Those of 3.11 and 3.12 are a table in
``layout_probe.py``, for release builds on x86-64. Either way the interpreter in question proves
them in a process of its own: it walks its own stack with nothing but the offsets, and must find the
functions that it is in. So an interpreter that was built differently ends the build instead of
printing nonsense in a panic.
"""

from __future__ import annotations

import json
import subprocess
import sys
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import asdict, frozen

from meshkernel.errors import BuildError
from meshkernel.toolchain.cache import Cache, digest, stamp

if TYPE_CHECKING:
    from collections.abc import Iterator

    from elftools.elf.elffile import ELFFile
    from elftools.elf.sections import SymbolTableSection

PROBE = Path(__file__).with_name("layout_probe.py")
PROBE_SECONDS = 60
SYMBOL = "_PyRuntime"
NO_PYTHON = "#define PYTHON_OBJECT_INODE 0\n"


@frozen
class PythonLayout:
    """Offsets in bytes, named as the macros of ``libos/linux/pystack.h`` without ``PYTHON_``."""

    version: int
    """0x030b for 3.11."""
    runtime_interpreters: int
    interpreter_threads: int
    thread_next: int
    thread_native_id: int
    thread_frame: int
    thread_frame_indirect: int
    """1 when the thread holds a pointer to a structure that holds the frame."""
    cframe_frame: int
    frame_previous: int
    frame_code: int
    frame_instruction: int
    frame_owner: int
    code_filename: int
    code_qualname: int
    code_linetable: int
    code_first_line: int
    code_instructions: int
    bytes_size: int
    bytes_data: int
    text_length: int
    text_state: int
    text_ascii_data: int
    text_compact_data: int


@frozen
class RuntimeSymbol:
    """``_PyRuntime`` in the ELF object that defines it."""

    value: int
    fixed: bool
    """The object is loaded at its own addresses (ET_EXEC)."""


@lru_cache
def discover(interpreter: Path) -> PythonLayout:
    """The layout of an interpreter, proved by it.

    Raises:
        BuildError: its version is not known, or its structures are not as its version has them.
    """
    command = [str(interpreter), "-I", "-S", str(PROBE)]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=PROBE_SECONDS, check=False
    )
    if done.returncode != 0:
        raise BuildError(
            f"{interpreter} does not keep its stacks as its version of CPython does: "
            f"{done.stderr.strip().splitlines()[-1] if done.stderr.strip() else 'no message'}",
            exitcode=done.returncode,
            command=command,
            output=done.stdout + done.stderr,
        )
    return PythonLayout(**json.loads(done.stdout))


@lru_cache
def runtime_symbol(object_file: Path) -> RuntimeSymbol:
    """Finds ``_PyRuntime`` in an interpreter or in its shared library.

    Raises:
        BuildError: it is not there.
    """
    from elftools.elf.elffile import ELFFile  # noqa: PLC0415 - most builds know the answer

    with object_file.open("rb") as file:
        elf = ELFFile(file)
        for table in _symbol_tables(elf):
            for symbol in table.get_symbol_by_name(SYMBOL) or []:
                if symbol["st_shndx"] != "SHN_UNDEF":
                    return RuntimeSymbol(symbol["st_value"], elf["e_type"] == "ET_EXEC")
    raise BuildError(f"{object_file} does not define {SYMBOL}", exitcode=1, command=[], output="")


def render(object_file: Path | None, inode: int, interpreter: Path = Path(sys.executable)) -> str:
    """The text of ``generated/python.h``.

    Args:
        object_file: the ELF object that defines ``_PyRuntime``; None for an image without Python.
        inode: its inode number in the image, as stat shows it.
        interpreter: the interpreter that the object belongs to.
    """
    if object_file is None:
        return NO_PYTHON
    symbol = runtime_symbol(object_file)
    values = {
        "OBJECT_INODE": inode,
        "OBJECT_FIXED": int(symbol.fixed),
        "RUNTIME_VALUE": symbol.value,
        **{name.upper(): value for name, value in asdict(discover(interpreter)).items()},
    }
    return "".join(f"#define PYTHON_{name} {value:#x}\n" for name, value in values.items())


def kept(object_file: Path | None, inode: int, cache: Cache) -> str:
    """The same for this interpreter, worked out once for as long as nobody writes to its files."""
    interpreter = Path(sys.executable)
    if object_file is None:
        return NO_PYTHON
    files = (object_file, interpreter.resolve(), PROBE, Path(__file__))
    key = digest(str(inode), str(interpreter), *(f"{path} {stamp(path)}" for path in files))
    return cache.text("layout", key, lambda: render(object_file, inode, interpreter))


def _symbol_tables(elf: ELFFile) -> Iterator[SymbolTableSection]:
    from elftools.elf.sections import SymbolTableSection  # noqa: PLC0415

    for name in (".dynsym", ".symtab"):
        section = elf.get_section_by_name(name)
        if isinstance(section, SymbolTableSection):
            yield section
