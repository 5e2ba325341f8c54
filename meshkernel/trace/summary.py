"""Calls counted, as ``strace -c`` does."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import define, field

from meshkernel.trace.protocol import Batch, Event, Record
from meshkernel.trace.table import call_of


@define
class Count:
    """Of one call: how often it returned, with how many errors, and nanoseconds in all."""

    calls: int = 0
    errors: int = 0
    nanos: int = 0


@define
class Summary:
    """Takes batches, gives a table."""

    lost: int = 0
    counts: dict[str, Count] = field(factory=dict)
    _open: dict[int, Record] = field(factory=dict)

    def feed(self, batch: Batch) -> None:
        """Counts what is in one batch."""
        if batch.lost:
            self.lost += batch.lost
            self._open.clear()
        for record in batch.records:
            if record.event is Event.ENTERED:
                self._open[record.tid] = record
                continue
            count = self.counts.setdefault(call_of(record.number).name, Count())
            count.calls += 1
            count.errors += -4096 < record.result < 0
            entered = self._open.pop(record.tid, None)
            if entered is not None and entered.number == record.number:
                count.nanos += record.time - entered.time

    def rows(self) -> Iterator[tuple[float, float, int, int, int, str]]:
        """Share of the time in percent, seconds, microseconds a call, calls, errors, name."""
        total = sum(each.nanos for each in self.counts.values()) or 1
        for name, each in sorted(self.counts.items(), key=lambda item: -item[1].nanos):
            yield (
                100 * each.nanos / total, each.nanos / 1e9, each.nanos // (1000 * each.calls),
                each.calls, each.errors, name,
            )  # fmt: skip
