"""How a machine came to its end, told from all that was seen of it."""

from __future__ import annotations

import signal
from enum import StrEnum

from attrs import frozen

PREFIX = "meshkernel: "
"""How lines of the library OS start on the console."""

PANIC = "panic: "
ENDS = (PANIC, "the program was ended by ", "out of memory: ", "this processor cannot go on ")
"""How the sentence starts that says why a machine stopped; more lines follow it."""


class Reason(StrEnum):
    """How a machine came to its end."""

    STATUS = "status"
    SIGNAL = "signal"
    PANIC = "panic"
    OUT_OF_MEMORY = "out of memory"
    OTHER_PROCESSOR = "other processor"
    SEALED = "sealed"
    KILLED = "killed"
    LOST = "lost"


@frozen
class MachineExit:
    """The end of a machine.

    Attributes:
        reason: what ended it.
        code: the program's status (0-255), the signal's number, or MiB of memory.
        said: what the library OS last said on the console, or QEMU on its way out.
    """

    reason: Reason
    code: int
    said: str = ""

    @property
    def status(self) -> int:
        """The status that a shell would see: 0 only if the program ended well."""
        if self.reason is Reason.STATUS:
            return self.code
        by_signal = self.reason in (Reason.SIGNAL, Reason.KILLED)
        return 128 + self.code if by_signal else 125

    @property
    def needs_cold_image(self) -> bool:
        """Whether it could not go on from its seal here, and is well otherwise."""
        return self.reason is Reason.OTHER_PROCESSOR

    @property
    def sentence(self) -> str:
        """The end in plain words."""
        text = {
            Reason.STATUS: f"ended with status {self.code}",
            Reason.SIGNAL: f"was ended by signal {self.code}",
            Reason.PANIC: "stopped",
            Reason.OUT_OF_MEMORY: f"ran out of its {self.code} MiB of memory",
            Reason.OTHER_PROCESSOR: "needs its cold image here",
            Reason.SEALED: "was sealed",
            Reason.KILLED: "was killed",
            Reason.LOST: "ended without a word",
        }[self.reason]
        return f"{text}: {self.said}" if self.said else text


@frozen
class Remains:
    """What an ended machine has left behind.

    Attributes:
        code: of its QEMU: the status, or a signal's number, negative.
        last: the reason and number that its library OS gave, if it did.
        console: the end of what it wrote there.
        errors: the end of what QEMU wrote to its standard error.
        killed: we ended it.
        broken: what was wrong with its control channel, for which it was ended.
    """

    code: int
    last: tuple[Reason, int] | None = None
    console: bytes = b""
    errors: bytes = b""
    killed: bool = False
    broken: str = ""


def outcome(left: Remains) -> MachineExit:
    """The end that these remains tell of: the library OS's own account counts before QEMU's."""
    if left.broken:
        return MachineExit(Reason.LOST, left.code, left.broken)
    said = sentence(left.console)
    if left.last is not None:
        reason, number = left.last
        return MachineExit(reason, number, "" if reason is Reason.STATUS else said)
    if left.killed:
        return MachineExit(Reason.KILLED, -left.code)
    if left.code < 0:
        said = f"its QEMU was ended by {signal.Signals(-left.code).name}"
    elif errors := left.errors.decode(errors="replace").strip().splitlines():
        said = errors[-1]
    return MachineExit(Reason.LOST, left.code, said)


def sentence(console: bytes) -> str:
    """Why the library OS stopped, by its own words; else the last thing that it said."""
    lines = console.decode(errors="replace").splitlines()
    said = [line.removeprefix(PREFIX).strip() for line in lines if line.startswith(PREFIX)]
    ends = [line.removeprefix(PANIC) for line in said if line.startswith(ENDS)]
    return next(iter(ends or said[-1:]), "")
