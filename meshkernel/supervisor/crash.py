"""Crash reports: a file for each machine that died, with all that is known of why."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from attrs import define, field, frozen

from meshkernel.supervisor.logbook import LogBook
from meshkernel.supervisor.seams import RunningMachine

KEPT = 20
"""Reports of each service; the oldest make room."""

LOG_LINES = 200
PREFIX = "meshkernel: "
REGISTERS = re.compile(r"meshkernel:   (?=[a-z])")
CALL = "meshkernel: in the system call "
STACK = ("meshkernel: Python stack", "meshkernel: no Python here", "meshkernel: there are more")
FRAME = ("  File ", "  ...")
NONE = "none: "


@frozen
class Death:
    """A machine that ended although nobody asked it to.

    Attributes:
        service, mesh: whose it was.
        reason: one sentence.
        time: in seconds since 1970.
        uptime: seconds since its start.
        ready: how long it was, in words; None of a program, which never says that it is.
        facts: about the machine, by name.
        console: the end of what it wrote there, with the last words of its library OS.
        image: what it had booted.
        log: what the service said, newest last.
    """

    service: str
    mesh: str
    reason: str
    time: float
    uptime: float
    ready: str | None
    facts: dict[str, str]
    console: bytes
    image: Path | None
    log: Sequence[str]


@define
class Console:
    """The parts of what a library OS says when it ends."""

    registers: list[str] = field(factory=list)
    call: list[str] = field(factory=list)
    stacks: list[str] = field(factory=list)

    @classmethod
    def of(cls, console: bytes) -> Console:
        """Sorts the lines of a console."""
        found = cls()
        in_stack = False
        for line in console.decode(errors="replace").splitlines():
            in_stack = line.startswith(STACK) or (in_stack and line.startswith(FRAME))
            if in_stack:
                found.stacks.append(line.removeprefix(PREFIX))
            elif REGISTERS.match(line):
                found.registers.append(REGISTERS.sub("", line))
            elif line.startswith(CALL):
                found.call.append(line.removeprefix(CALL))
        return found


@frozen
class Reports:
    """The crash reports of a mesh, in a folder."""

    folder: Path
    mesh: str
    logs: LogBook

    def write(
        self,
        service: str,
        machine: RunningMachine,
        reason: str,
        *,
        uptime: float,
        ready: float | None,
    ) -> Path:
        """Write the report of a machine that has died.

        Args:
            service: whose it was.
            machine: as it has ended.
            reason: one sentence.
            uptime: seconds since its start.
            ready: seconds since it was ready; None if it never was.

        Raises:
            OSError: it cannot be written.
        """
        death = Death(
            service=service,
            mesh=self.mesh,
            reason=reason,
            time=time.time(),
            uptime=uptime,
            ready="never" if ready is None else f"for {ready:.1f} s",
            facts=machine.facts,
            console=machine.console,
            image=machine.image,
            log=[line.written() for line in self.logs.last([service], LOG_LINES)],
        )
        return write(self.folder, death)


def write(folder: Path, death: Death) -> Path:
    """Write a report into this folder; returns its path. The oldest of the service go."""
    folder.mkdir(parents=True, exist_ok=True)
    moment = datetime.fromtimestamp(death.time, UTC)
    name = f"{death.service}-{moment:%Y%m%dT%H%M%S}.{moment.microsecond // 1000:03d}Z.txt"
    path = folder / name
    path.write_text("\n".join(_lines(death, moment)) + "\n", encoding="utf-8")
    kept = [each for each in sorted(folder.glob(f"{death.service}-*.txt")) if _is_of(each, death)]
    for old in kept[:-KEPT]:
        old.unlink(missing_ok=True)
    return path


def _is_of(path: Path, death: Death) -> bool:
    """Of this service, and not of one whose name only begins so."""
    return re.fullmatch(r"-\d{8}T\d{6}\.\d{3}Z", path.stem.removeprefix(death.service)) is not None


def _lines(death: Death, moment: datetime) -> Iterator[str]:
    facts = {
        "service": death.service,
        "mesh": death.mesh,
        "reason": death.reason,
        "died": moment.isoformat(timespec="milliseconds"),
        "uptime": f"{death.uptime:.1f} s",
        **({} if death.ready is None else {"was ready": death.ready}),
        **death.facts,
        "image": _image(death.image),
    }
    for key, value in facts.items():
        yield f"{key:<10} {value}"
    said = Console.of(death.console)
    silent = "its library OS said none on its way out"
    yield from _part("registers", said.registers, silent)
    yield from _part("system call", said.call, "the program's own code ran, or " + silent)
    yield from _part("Python stacks", said.stacks, silent)
    title = f"the last {LOG_LINES} lines of its log"
    yield from _part(title, death.log[-LOG_LINES:], "it said nothing")


def _part(title: str, lines: Iterable[str], otherwise: str) -> Iterator[str]:
    yield ""
    yield f"--- {title} ---"
    yield from list(lines) or [NONE + otherwise]


def _image(path: Path | None) -> str:
    if path is None:
        return "unknown"
    try:
        with path.open("rb") as file:
            return f"sha256 {hashlib.file_digest(file, 'sha256').hexdigest()}"
    except OSError as error:
        return f"{path} cannot be read: {error}"
