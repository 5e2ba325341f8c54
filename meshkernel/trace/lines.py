"""Records into lines, as strace has them: who sleeps is ``unfinished``, and later ``resumed``."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import define, field

from meshkernel.trace.format import NO_RETURN, arguments, known_at_start, merged, result
from meshkernel.trace.protocol import Batch, Event, Record
from meshkernel.trace.table import call_of


@define
class Lines:
    """Takes batches, gives lines. A call whose end is in its batch, and next, is one line."""

    lost: int = 0
    """Records that were not printed, so far."""
    _open: dict[int, Record] = field(factory=dict)  # by thread

    def feed(self, batch: Batch) -> Iterator[str]:
        """The lines of one batch."""
        if batch.lost:
            self.lost += batch.lost
            self._open.clear()  # their ends may be among what is lost
            yield f"... {batch.lost:,} records of calls were not printed: they came too fast"
        previous: Record | None = None
        for record in batch.records:
            if previous is not None and not _ends(previous, record):
                yield self._start(previous)
                previous = None
            if record.event is Event.ENTERED:
                previous = record
            elif previous is not None:
                yield self._whole(previous, record)
                previous = None
            else:
                yield self._end(record)
        if previous is not None:
            yield self._start(previous)

    def _start(self, record: Record) -> str:
        name = call_of(record.number).name
        texts = arguments(record)
        if name in NO_RETURN:
            return f"{_who(record)}{name}({', '.join(texts)}) = ?"
        self._open[record.tid] = record
        texts = texts[: known_at_start(record)]
        return f"{_who(record)}{name}({', '.join([*texts, '<unfinished ...>'])}"

    def _whole(self, entered: Record, record: Record) -> str:
        full = merged(entered, record)
        text = f"{call_of(record.number).name}({', '.join(arguments(full))})"
        return f"{_who(record)}{text:<39} = {result(full)}{_duration(entered, record)}"

    def _end(self, record: Record) -> str:
        name = call_of(record.number).name
        entered = self._open.pop(record.tid, None)
        full = merged(entered, record) if entered else record
        texts = arguments(full)[known_at_start(record) :]
        text = f"<... {name} resumed>{', '.join(texts)})"
        took = _duration(entered, record) if entered else ""
        return f"{_who(record)}{text:<39} = {result(full)}{took}"


def _ends(entered: Record, record: Record) -> bool:
    same = entered.tid == record.tid and entered.number == record.number
    return same and record.event is Event.RETURNED


def _who(record: Record) -> str:
    return f"[{record.tid:>5}] "


def _duration(entered: Record, record: Record) -> str:
    return f" <{(record.time - entered.time) / 1e9:.6f}>"
