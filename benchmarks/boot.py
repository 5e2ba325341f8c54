"""How long services need to be ready and to give a first reply, and what they take in memory.

    python -m benchmarks.boot [--runs 15] [--subject echo]... [--part starts]...

Starts: the echo service, the demonstration's search and a FastAPI application, each as a unikernel
from a warm and from a cold image, and from a warm one in a QEMU that stood by; as a process of the
same interpreter; as a Linux microVM with the same files on the same wires; and the floor, which is
what QEMU needs for a guest that prints one letter. All of them take turns. Ready is the service's
own word. The client of the first reply begins to connect when the machine is started, or the QEMU
that stood by is needed. The parts of a start are the machine's own, as
`meshkernel up --timings` has them.

Replicas: what twenty replicas of the echo service take. Mesh: `meshkernel up -d` and `build` of the
whole demonstration, when all is built.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import click
from attrs import asdict
from rich.console import Console
from rich.table import Table

from benchmarks import output, replicas, whole
from benchmarks.aims import report_aims
from benchmarks.needs import require
from benchmarks.output import MIB
from benchmarks.rounds import Figures, medians
from benchmarks.starts import CALLS, starts
from benchmarks.subject import KNOWN, which

LABELS = {
    "ready": ("ready, ms", 1e3),
    "reply": ("first reply, ms", 1e3),
    "cpu": ("processor time to the first reply, ms", 1e3),
    "resident": ("resident at ready, MiB", 1 / MIB),
    "proportional": ("proportional at ready, MiB", 1 / MIB),
    "after_calls": (f"resident after {CALLS:,} calls, MiB", 1 / MIB),
}

PARTS = ("starts", "replicas", "mesh")

KNOWN_BY_PARTS = ("warm", "standby", "cold")
"""The ways whose machines tell how their start went."""

PART = "parts."
"""Before the name of a part of a start, among medians."""


def report(name: str, found: Mapping[str, Figures]) -> Table:
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


def report_parts(results: Mapping[str, Mapping[str, Figures]], way: str) -> Table:
    """Where the time of a start goes: the median of each part, a column for each subject."""
    found = {name: ways[way] for name, ways in results.items() if way in ways}
    table = Table(f"{way} start, ms", *found)
    parts = dict.fromkeys(
        key for figures in found.values() for key in figures if key.startswith(PART)
    )
    for part in parts:
        values = (figures.get(part) for figures in found.values())
        shown = ("" if value is None else f"{value * 1e3:,.1f}" for value in values)
        table.add_row(part.removeprefix(PART), *shown)
    table.add_row("ready", *(f"{figures['ready'] * 1e3:,.1f}" for figures in found.values()))
    later = ((figures["reply"] - figures["ready"]) * 1e3 for figures in found.values())
    table.add_row("from ready to the first reply", *(f"{value:,.1f}" for value in later))
    return table


def draw(results: Mapping[str, Mapping[str, Figures]]) -> None:
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


def measure_starts(subjects: tuple[str, ...], runs: int, memory_runs: int) -> dict[str, object]:
    """Measures, prints and draws; returns what is kept."""
    samples = asyncio.run(starts([KNOWN[name] for name in subjects], runs, memory_runs))
    results = {
        name: {way: medians(each) for way, each in found.items()} for name, found in samples.items()
    }
    tables = [report(name, found) for name, found in results.items()]
    ways = {way for found in results.values() for way in found}
    tables += [report_parts(results, way) for way in KNOWN_BY_PARTS if way in ways]
    for table in [*tables, report_aims(results)]:
        Console().print(table)
    draw(results)
    raw = {
        name: {way: [asdict(sample) for sample in each] for way, each in found.items()}
        for name, found in samples.items()
    }
    return {"medians": results, "samples": raw}


@click.command(help=__doc__)
@click.option("--runs", default=15, show_default=True, help="Rounds that count.")
@click.option("--memory-runs", default=3, show_default=True, help="Rounds with calls.")
@click.option("--replicas", "count", default=20, show_default=True, help="Of the echo service.")
@which
@click.option(
    "--part",
    "parts",
    multiple=True,
    type=click.Choice(PARTS),
    default=PARTS,
    help="All by default.",
)
def main(
    runs: int, memory_runs: int, count: int, subjects: tuple[str, ...], parts: tuple[str, ...]
) -> None:
    """Measure, print, and keep the figures in build/benchmarks/boot.json."""
    require("matplotlib")
    kept: dict[str, object] = {}
    if "starts" in parts:
        kept |= measure_starts(subjects, runs, memory_runs)
    if "replicas" in parts:
        each = asyncio.run(replicas.replicas(count))
        kept["replicas"] = [asdict(one) for one in each]
        Console().print(replicas.report(each))
    if "mesh" in parts:
        seconds = asyncio.run(whole.commands(runs))
        kept["mesh"] = seconds
        Console().print(whole.report(seconds))
    output.save("boot", kept)


if __name__ == "__main__":
    main()
