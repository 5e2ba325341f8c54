"""The parts of a machine's start."""

from __future__ import annotations

import pytest

from meshkernel.supervisor import timings
from meshkernel.supervisor.timings import Timing


@pytest.mark.parametrize(
    ("greeted", "runtime", "sentence"),
    [
        (
            10.02,
            0.01,
            "QEMU 20 ms, firmware, library OS, devices 70 ms, Python 10 ms, ready in all 100 ms",
        ),
        (  # whoever listens to QEMU was busy: it cannot have been later than the runtime
            None,
            0.04,
            "QEMU 60 ms, firmware, library OS, devices 0 ms, Python 40 ms, ready in all 100 ms",
        ),
        (
            10.02,
            None,
            "QEMU 20 ms, firmware, library OS, devices 80 ms, Python 0 ms, ready in all 100 ms",
        ),
    ],
)
def test_parts_come_to_the_whole(monkeypatch, greeted, runtime, sentence):
    monkeypatch.setattr(timings.time, "monotonic", lambda: 10.1)
    told, heard = [], []
    timing = Timing("cart", told.append, heard.append, 10.0, greeted)
    timing.message({"type": "log"})
    assert told == []
    timing.message({"type": "ready", "runtime": runtime})
    assert [(event.phase, event.service, event.detail) for event in told] == [
        ("note", "cart", sentence)
    ]
    assert len(heard) == 2
