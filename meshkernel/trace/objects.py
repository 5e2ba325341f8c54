"""Records as JSON, an object a line, for scripts."""

from __future__ import annotations

import errno
import json
from collections.abc import Iterator

from attrs import define, field

from meshkernel.trace.format import NO_RETURN, arguments, merged, result
from meshkernel.trace.protocol import Batch, Event, Record
from meshkernel.trace.table import call_of


@define
class Objects:
    """Takes batches, gives a line for each call that has returned, or never will."""

    lost: int = 0
    _open: dict[int, Record] = field(factory=dict)

    def feed(self, batch: Batch) -> Iterator[str]:
        """The lines of one batch."""
        if batch.lost:
            self.lost += batch.lost
            self._open.clear()
            yield json.dumps({"lost": batch.lost})
        for record in batch.records:
            if record.event is Event.RETURNED:
                yield json.dumps(_object(self._open.pop(record.tid, None), record))
            elif call_of(record.number).name in NO_RETURN:
                yield json.dumps(_object(record, None))
            else:
                self._open[record.tid] = record


def _object(entered: Record | None, returned: Record | None) -> dict[str, object]:
    """``time`` in seconds since the machine's boot, ``duration`` in seconds."""
    record = merged(entered, returned) if entered and returned else entered or returned
    assert record is not None  # noqa: S101 - there is one of them
    found: dict[str, object] = {
        "time": (entered or record).time / 1e9,
        "thread": record.tid,
        "call": call_of(record.number).name,
        "arguments": arguments(record),
    }
    if returned is not None:
        failed = -4096 < returned.result < 0
        found["result"] = -1 if failed else result(record)
        found["error"] = errno.errorcode.get(-returned.result) if failed else None
    if entered is not None and returned is not None:
        found["duration"] = (returned.time - entered.time) / 1e9
    return found
