"""How long services need to be ready and to give a first reply, and what they take in memory.

    python -m benchmarks.boot [--runs 15] [--subject echo]...

The echo service, the demonstration's search and a FastAPI application, each as a unikernel from a
warm and from a cold image, as a process of the same interpreter, and as a Linux microVM with the
same files on the same wires; and the floor, which is what QEMU needs for a guest that prints one
letter. Ready is the service's own word. The client of the first reply begins to connect when the
machine is started.
"""

from __future__ import annotations

import asyncio
from functools import partial

import click
from attrs import asdict, frozen
from rich.console import Console
from rich.table import Table

from benchmarks import output
from benchmarks.output import MIB
from benchmarks.rounds import Figures, interleaved, medians
from benchmarks.subject import KNOWN, Subject, prepared
from benchmarks.usage import cpu_seconds, memory
from benchmarks.ways.base import Running, Way

PATIENCE = 120.0
CALLS = 1000

LABELS = {
    "ready": ("ready, ms", 1e3),
    "reply": ("first reply, ms", 1e3),
    "cpu": ("processor time to the first reply, ms", 1e3),
    "resident": ("resident at ready, MiB", 1 / MIB),
    "proportional": ("proportional at ready, MiB", 1 / MIB),
    "after_calls": (f"resident after {CALLS:,} calls, MiB", 1 / MIB),
}


@frozen
class Sample:
    """One start. Seconds since the process was made, of a processor in all, and bytes.

    The floor gives no reply; and calls are only counted in a few rounds.
    """

    ready: float
    reply: float | None
    cpu: float
    resident: int
    proportional: int
    after_calls: int | None


async def measure(way: Way, subject: Subject, calls: int) -> Sample:
    """One start, with so many calls behind the first one."""
    async with asyncio.timeout(PATIENCE), way.start() as running:
        replying = asyncio.create_task(_reply(running, subject))
        ready = await running.ready
        used = memory(running.pid)
        reply = await replying
        cpu = cpu_seconds(running.pid)
        after = await _after(running, subject, calls)
    return Sample(
        ready - running.started,
        None if reply is None else reply - running.started,
        cpu,
        used.resident,
        used.proportional,
        after,
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


async def boots(subject: Subject, runs: int, memory_runs: int) -> dict[str, list[Sample]]:
    """All ways in turn; then a few rounds more, with calls."""
    async with prepared(subject) as ways:
        turns = {name: partial(measure, way, subject, 0) for name, way in ways.items()}
        samples = await interleaved(turns, runs)
        busy = {name: partial(measure, way, subject, CALLS) for name, way in ways.items()}
        for name, more in (await interleaved(busy, memory_runs)).items():
            samples[name] += more
    return samples


def report(name: str, found: dict[str, Figures]) -> Table:
    """The medians of one subject, a column for each way."""
    table = Table(name, *found)
    for figure, (label, scale) in LABELS.items():
        values = [figures.get(figure) for figures in found.values()]
        shown = ["" if value is None else f"{value * scale:,.0f}" for value in values]
        table.add_row(label, *shown)
    if "floor" in found:
        above = [(figures["ready"] - found["floor"]["ready"]) * 1e3 for figures in found.values()]
        table.add_row("ready above the floor, ms", *(f"{value:,.0f}" for value in above))
    return table


def draw(results: dict[str, dict[str, Figures]]) -> None:
    """Pictures of the times to ready, and of memory."""
    for figure, title, unit, scale in (
        ("ready", "From the start of the process to ready", "ms", 1e3),
        ("reply", "From the start of the process to the first reply", "ms", 1e3),
        ("resident", "Resident memory when ready", "MiB", 1 / MIB),
    ):
        groups = {
            subject: {
                way: figures[figure] * scale for way, figures in found.items() if figure in figures
            }
            for subject, found in results.items()
        }
        output.bars(f"boot-{figure}", title, unit, groups, logarithmic=unit == "ms")


@click.command(help=__doc__)
@click.option("--runs", default=15, show_default=True, help="Rounds that count.")
@click.option("--memory-runs", default=3, show_default=True, help="Rounds with calls.")
@click.option(
    "--subject",
    "subjects",
    multiple=True,
    type=click.Choice(list(KNOWN)),
    default=list(KNOWN),
)
def main(runs: int, memory_runs: int, subjects: tuple[str, ...]) -> None:
    """Measure, print, and keep the figures in build/benchmarks/boot.json."""
    samples = {name: asyncio.run(boots(KNOWN[name], runs, memory_runs)) for name in subjects}
    results = {
        name: {way: medians(each) for way, each in found.items()} for name, found in samples.items()
    }
    for name, found in results.items():
        Console().print(report(name, found))
    raw = {
        name: {way: [asdict(sample) for sample in each] for way, each in found.items()}
        for name, found in samples.items()
    }
    output.save("boot", {"medians": results, "samples": raw})
    draw(results)


if __name__ == "__main__":
    main()
