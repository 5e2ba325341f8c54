"""A machine under gdb: QEMU's stub while it is wanted, and where which symbols belong."""

from __future__ import annotations

import json
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

from meshkernel.errors import MachineError
from meshkernel.machine.machine import Machine

if TYPE_CHECKING:
    from elftools.elf.elffile import ELFFile

PAGE = 4096


@frozen
class Symbols:
    """A file with symbols; ``bias`` is what its addresses are moved by, None if they stay."""

    file: Path
    bias: int | None = None


@asynccontextmanager
async def stub(machine: Machine) -> AsyncIterator[Path]:
    """The socket on which QEMU speaks gdb's protocol, for as long as the block runs. The machine
    stops when gdb connects, and runs when the block ends, whatever gdb has done.

    Raises:
        MachineError: QEMU cannot.
    """
    with tempfile.TemporaryDirectory(prefix="meshkernel-") as folder:  # for this user alone
        path = Path(folder, "gdb")  # a socket's path must be short
        await _monitor(machine, f"gdbserver unix:{path},server=on,wait=off")
        if not path.exists():  # noqa: ASYNC240 - at once
            raise MachineError(f"QEMU does not listen for gdb on {path}")
        try:
            yield path
        finally:
            with suppress(MachineError):  # it has ended
                await _monitor(machine, "gdbserver none")
                status = await machine.qmp.execute("query-status")
                if not status["running"]:
                    await machine.qmp.execute("cont")


def symbols(maps: str, image: Path) -> Iterator[Symbols]:
    """The files whose symbols a debugger needs, the library OS's own first.

    Args:
        maps: lines ``address path`` of what is mapped, as the library OS tells them.
        image: what was booted; its symbols and its bill of materials lie beside it.
    """
    # A supervisor that debugs nothing is started without.
    from elftools.common.exceptions import ELFError  # noqa: PLC0415
    from elftools.elf.elffile import ELFFile  # noqa: PLC0415

    yield Symbols(image.with_suffix(".debug"))
    bill = json.loads(image.with_suffix(".json").read_text())
    origins = {each["path"]: Path(each["file"]) for each in bill["files"] if each["file"]}
    seen = set()
    for line in maps.splitlines():
        address, _, path = line.partition(" ")
        origin = origins.get(path)
        if origin is None or origin in seen or not origin.is_file():
            continue
        seen.add(origin)
        with suppress(ELFError), origin.open("rb") as file:
            yield Symbols(origin, _bias(ELFFile(file), int(address, 16)))


def _bias(elf: ELFFile, address: int) -> int | None:
    """What was added to the object's own addresses when it was loaded here."""
    if elf["e_type"] == "ET_EXEC":
        return None
    first = next(each for each in elf.iter_segments() if each["p_type"] == "PT_LOAD")
    return address - first["p_vaddr"] // PAGE * PAGE


async def _monitor(machine: Machine, command: str) -> None:
    await machine.qmp.execute("human-monitor-command", **{"command-line": command})
