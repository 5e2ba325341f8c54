"""How long the first reply of a service takes that sleeps, beside that of one that is awake.

    python -m benchmarks.summon [--runs 15]

Both run the same code. A call comes from the host, over a connection of its own, or from a third
service over its link. What counts is the time above that of the service which is awake.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from functools import partial
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from benchmarks import output
from benchmarks.rounds import interleaved
from meshkernel.client import Client
from meshkernel.testing.mesh import MeshUnderTest, running_mesh

TOPOLOGY = Path(__file__).with_name("sleepers") / "topology.toml"
PATIENCE = 120.0
TARGET_MS = 150


async def from_host(mesh: MeshUnderTest, service: str) -> float:
    """Seconds of one call on a connection of its own."""
    async with Client(mesh._open) as client:
        began = time.monotonic()
        await client.call_within(PATIENCE, f"{service}.echo", {"text": "hello"})
        return time.monotonic() - began


async def over_link(mesh: MeshUnderTest, service: str) -> float:
    """Seconds of one call, by the clock of the service that makes it."""
    return float(await mesh.call_within(PATIENCE, "caller.seconds", peer=service))


async def measured(mesh: MeshUnderTest, runs: int) -> dict[str, list[float]]:
    """The samples of each way, in turns; what sleeps has fallen asleep before each of its own."""

    async def asleep(call: partial[object]) -> object:
        await mesh.service("asleep").wait_asleep(PATIENCE)
        return await call()

    turns = {
        "awake, from the host": partial(from_host, mesh, "awake"),
        "asleep, from the host": partial(asleep, partial(from_host, mesh, "asleep")),
        "awake, over a link": partial(over_link, mesh, "awake"),
        "asleep, over a link": partial(asleep, partial(over_link, mesh, "asleep")),
    }
    return await interleaved(turns, runs)


@click.command(help=__doc__)
@click.option("--runs", default=15, show_default=True, help="Rounds that count.")
def main(runs: int) -> None:
    """Measure, print, and keep the figures in build/benchmarks/summon.json."""
    with running_mesh(TOPOLOGY) as mesh:
        samples = asyncio.run(measured(mesh, runs))
        boots = {row.service: row.boot_ms for row in mesh.ps()}
    medians = {name: statistics.median(each) * 1e3 for name, each in samples.items()}
    table = Table("", "median, ms", "slowest, ms")
    for name, each in samples.items():
        table.add_row(name, f"{medians[name]:,.1f}", f"{max(each) * 1e3:,.1f}")
    for way in ("from the host", "over a link"):
        above = medians[f"asleep, {way}"] - medians[f"awake, {way}"]
        table.add_row(f"above, {way} (at most {TARGET_MS})", f"{above:,.1f}", "")
    Console().print(table)
    output.save("summon", {"medians_ms": medians, "samples": samples, "last_boot_ms": boots})
    groups = {
        way: {state: medians[f"{state}, {way}"] for state in ("awake", "asleep")}
        for way in ("from the host", "over a link")
    }
    output.bars("summon", "First reply", "ms", groups)


if __name__ == "__main__":
    main()
