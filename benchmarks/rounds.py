"""Taking turns: whatever the mood of the machine is, all contenders meet it alike.

Every figure of a benchmark is a median over rounds in which each contender has one turn; what is
read are the ratios between the medians of one run.
"""

from __future__ import annotations

import statistics
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from typing import Any, TypeVar

from attrs import asdict

Sample = TypeVar("Sample")
Turn = Callable[[], Awaitable[Sample]]
Figures = dict[str, float]


async def interleaved(
    turns: Mapping[str, Turn[Sample]],
    rounds: int,
    on_turn: Callable[[str, int], None] | None = None,
) -> dict[str, list[Sample]]:
    """The samples of each contender; a round before the first warms the caches and does not count.

    Args:
        turns: one turn of each contender, by its name.
        rounds: those that count.
        on_turn: is told who is next, and in which round, 0 being the one before.
    """
    samples: dict[str, list[Sample]] = {name: [] for name in turns}
    for number in range(rounds + 1):
        for name, turn in turns.items():
            if on_turn is not None:
                on_turn(name, number)
            sample = await turn()
            if number:
                samples[name].append(sample)
    return samples


def medians(samples: Iterable[Any]) -> Figures:
    """The median of each figure of some samples, which are attrs values; without those that are
    None. What has figures of its own gives ``field.name`` for each.
    """
    rows = [dict(_flat(asdict(sample))) for sample in samples]
    values: dict[str, list[float]] = {}
    for row in rows:
        for name, value in row.items():
            if value is not None:
                values.setdefault(name, []).append(value)
    return {name: statistics.median(found) for name, found in values.items()}


def _flat(row: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in row.items():
        if isinstance(value, Mapping):
            yield from ((f"{name}.{key}", each) for key, each in value.items())
        else:
            yield name, value


def percentile(values: Iterable[float], share: float) -> float:
    """The value that this share of the others does not exceed; ``share`` is 0 to 1."""
    ordered = sorted(values)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]
