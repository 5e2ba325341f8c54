"""Taking turns, and what becomes of the samples."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from attrs import frozen

from benchmarks.rounds import interleaved, medians, percentile


@frozen
class Sample:
    ready: float
    reply: float | None = None
    parts: Mapping[str, float] | None = None


async def test_all_take_turns_and_the_round_before_does_not_count():
    order = []

    def turn(name):
        async def take():
            order.append(name)
            return len(order)

        return take

    seen = []
    found = await interleaved(
        {"a": turn("a"), "b": turn("b")}, 2, on_turn=lambda *each: seen.append(each)
    )
    assert order == ["a", "b"] * 3
    assert found == {"a": [3, 5], "b": [4, 6]}
    assert seen == [("a", 0), ("b", 0), ("a", 1), ("b", 1), ("a", 2), ("b", 2)]


def test_medians_leave_out_what_was_not_measured():
    samples = [Sample(3.0), Sample(1.0, 7.0), Sample(2.0, 9.0)]
    assert medians(samples) == {"ready": 2.0, "reply": 8.0}


def test_medians_of_parts_have_names_of_their_own():
    samples = [
        Sample(1.0, parts={"QEMU": 0.1, "Python": 0.9}),
        Sample(2.0, parts={"QEMU": 0.3, "Python": 1.7}),
        Sample(9.0, parts={"QEMU, firmware": 9.0}),
    ]
    found = medians(samples)
    assert found == pytest.approx(
        {"ready": 2.0, "parts.QEMU": 0.2, "parts.Python": 1.3, "parts.QEMU, firmware": 9.0}
    )


@pytest.mark.parametrize(("share", "value"), [(0.0, 1), (0.5, 3), (0.99, 5), (1.0, 5)])
def test_percentile(share, value):
    assert percentile([5, 3, 1, 4, 2], share) == value
