"""Starts of services: how long they take, by parts, and what is in memory afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from functools import partial

from attrs import frozen

from benchmarks.rounds import Turn, interleaved
from benchmarks.subject import Subject, prepared
from benchmarks.usage import cpu_seconds, memory
from benchmarks.ways.base import Running, Way

PATIENCE = 120.0
CALLS = 1000
"""Behind which memory is looked at once more."""

Samples = dict[str, dict[str, list["Sample"]]]
"""By subject and way."""


@frozen
class Sample:
    """One start. Seconds since the process was made, of a processor in all, and bytes.

    The floor gives no reply; calls are only counted in a few rounds; and the parts of a start are
    known of unikernels alone.
    """

    ready: float
    reply: float | None
    cpu: float
    resident: int
    proportional: int
    after_calls: int | None
    parts: Mapping[str, float] | None


async def measure(way: Way, subject: Subject, calls: int) -> Sample:
    """One start, with so many calls behind the first one."""
    async with asyncio.timeout(PATIENCE), way.start() as running:
        replying = asyncio.create_task(_reply(running, subject))
        ready = await running.ready
        used = memory(running.pid)
        reply = await replying
        cpu = cpu_seconds(running.pid) - running.spent
        parts = None
        if running.stamps is not None:
            parts = (await running.stamps()).parts(running.started, ready)
        after = await _after(running, subject, calls)
    return Sample(
        ready - running.started,
        None if reply is None else reply - running.started,
        cpu,
        used.resident,
        used.proportional,
        after,
        parts,
    )


async def _reply(running: Running, subject: Subject) -> float | None:
    """When the first request was answered."""
    if running.connect is None:
        return None
    await subject.request(running.connect, 1)
    return asyncio.get_running_loop().time()


async def _after(running: Running, subject: Subject, calls: int) -> int | None:
    """Bytes resident after so many calls."""
    if running.connect is None or not calls:
        return None
    await subject.request(running.connect, calls)
    return memory(running.pid).resident


async def starts(subjects: Sequence[Subject], runs: int, memory_runs: int) -> Samples:
    """All subjects in all ways take turns; then a few rounds more, with calls."""
    async with AsyncExitStack() as stack:
        places: list[tuple[Subject, Way]] = []
        for subject in subjects:
            ways = await stack.enter_async_context(prepared(subject))
            places += [(subject, way) for way in ways.values()]
        samples: Samples = {}
        for rounds, calls in ((runs, 0), (memory_runs, CALLS)):
            turns: dict[str, Turn[Sample]] = {
                f"{subject.name} {way.name}": partial(measure, way, subject, calls)
                for subject, way in places
            }
            found = await interleaved(turns, rounds)
            for subject, way in places:
                kept = samples.setdefault(subject.name, {}).setdefault(way.name, [])
                kept += found[f"{subject.name} {way.name}"]
    return samples
