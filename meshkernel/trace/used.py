"""What a service was seen to use: from the records of a trace that tells each thing once."""

from __future__ import annotations

from attrs import define, field

from meshkernel.trace import constants
from meshkernel.trace.protocol import Batch, Event, Record
from meshkernel.trace.table import call_of

SYSTEM = (b"/proc", b"/dev", b"/sys")
"""Where the library OS itself makes the files."""

SOCK_TYPE = 0xF


@define
class Used:
    """Takes batches of a `request` with ``once``.

    Attributes:
        syscalls: names of the calls that were made.
        files: paths below /proc, /dev and /sys that calls named.
        sockets: families and types, as ``AF_INET SOCK_STREAM``, or ``AF_UNIX SOCK_STREAM pair``.
        lost: records that are missing: the rest is then too little.
    """

    syscalls: set[str] = field(factory=set)
    files: set[str] = field(factory=set)
    sockets: set[str] = field(factory=set)
    lost: int = 0

    def feed(self, batch: Batch) -> None:
        """Adds what is in one batch."""
        self.lost += batch.lost
        for record in batch.records:
            if record.event is Event.ENTERED:
                self._add(record)

    def _add(self, record: Record) -> None:
        call = call_of(record.number)
        self.syscalls.add(call.name)
        for index, argument in enumerate(call.arguments):
            piece = record.pieces.get(index)
            if argument.type == "text" and piece is not None and piece.data.startswith(SYSTEM):
                self.files.add(piece.data.decode(errors="replace"))
        if call.name in ("socket", "socketpair"):
            family, kind = record.arguments[0] & 0xFFFFFFFF, record.arguments[1] & SOCK_TYPE
            name = f"{constants.one('AF', family)} {constants.one('SOCK', kind)}"
            self.sockets.add(f"{name} pair" if call.name == "socketpair" else name)
