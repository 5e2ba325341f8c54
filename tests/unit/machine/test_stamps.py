"""The parts of a start, from a machine's own stamps."""

from __future__ import annotations

import struct

import pytest

from meshkernel.machine.stamps import REPORT, Stamps

GIGAHERTZ = 1 << 32  # a nanosecond for a tick


def report(*ticks: int, rate: int = GIGAHERTZ) -> bytes:
    now, *stamps = ticks
    return REPORT.pack(now, rate, *stamps)


def test_the_counter_is_brought_to_the_clock_of_the_host():
    """It was read at 100.001, in the middle of the question, 80 ms after it began."""
    told = report(40_000_000, 1_000_000, 2_000_000, 3_000_000, 5_000_000, rate=2 * GIGAHERTZ)
    stamps = Stamps.decode(told, 100.0, 100.002)
    found = (stamps.began, stamps.entry, stamps.devices, stamps.network, stamps.program)
    assert found == pytest.approx((99.921, 99.923, 99.925, 99.927, 99.931))
    assert stamps.error == pytest.approx(0.001)


def test_what_is_no_report():
    with pytest.raises(struct.error):
        Stamps.decode(b"short", 1.0, 2.0)


def test_parts_come_to_the_whole():
    stamps = Stamps(10.02, 10.025, 10.03, 10.04, 10.055, 0.001)
    parts = stamps.parts(10.0, 10.1)
    assert parts == pytest.approx(
        {"QEMU": 0.02, "firmware": 0.005, "library OS": 0.02, "devices": 0.01, "Python": 0.045}
    )
    assert sum(parts.values()) == pytest.approx(0.1)


def test_a_counter_that_is_older_than_the_process_tells_nothing_of_the_firmware():
    parts = Stamps(3.0, 10.025, 10.03, 10.04, 10.055, 0.001).parts(10.0, 10.1)
    assert list(parts) == ["QEMU, firmware", "library OS", "devices", "Python"]
    assert parts["QEMU, firmware"] == pytest.approx(0.025)
    assert sum(parts.values()) == pytest.approx(0.1)


def test_no_part_is_negative_because_a_reading_was_late():
    """All stamps are too late by up to the error: the service was ready before its program ran."""
    parts = Stamps(10.05, 10.06, 10.07, 10.08, 10.12, 0.03).parts(10.0, 10.1)
    assert min(parts.values()) >= 0
    assert parts["Python"] == 0
    assert sum(parts.values()) == pytest.approx(0.1)
