"""How long the first reply of a service takes that sleeps, beside that of one that is awake.

    python -m benchmarks.summon [--runs 15]

All run the same code; of those that sleep one has a warm image and one a cold one, and one with a
warm image is in a mesh of its own in which QEMUs stand by. A call comes from the host, over a
connection of its own, or from another service over its link. What counts is the time above that of
the service which is awake. All take turns.
"""

from __future__ import annotations

import asyncio
import shutil
import statistics
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from benchmarks import output
from benchmarks.needs import require
from benchmarks.rounds import Turn, interleaved
from meshkernel.client import Client
from meshkernel.testing.mesh import MeshUnderTest
from meshkernel.testing.running import running_mesh

SOURCES = Path(__file__).with_name("sleepers")
PATIENCE = 120.0
TARGET_MS = 150
SLEEPERS = ("warm", "cold")
STANDBY = "standby"
"""Added to the name of the mesh in which QEMUs stand by."""

Call = Callable[[MeshUnderTest, str], Awaitable[float]]


async def from_host(mesh: MeshUnderTest, service: str) -> float:
    """Seconds of one call on a connection of its own."""
    async with Client(mesh._open) as client:
        began = time.monotonic()
        await client.call_within(PATIENCE, f"{service}.echo", {"text": "hello"})
        return time.monotonic() - began


async def over_link(mesh: MeshUnderTest, service: str) -> float:
    """Seconds of one call, by the clock of the service that makes it."""
    return float(await mesh.call_within(PATIENCE, "caller.seconds", peer=service))


WAYS: dict[str, Call] = {"from the host": from_host, "over a link": over_link}


async def measured(
    mesh: MeshUnderTest, standby: MeshUnderTest, runs: int
) -> dict[str, list[float]]:
    """The samples of each way, in turns; what sleeps has fallen asleep before each of its own, and
    what is to stand by does.
    """

    async def asleep(mesh: MeshUnderTest, call: Call, service: str) -> float:
        await mesh.service(service).wait_asleep(PATIENCE)
        await mesh.standing_by(PATIENCE)
        return await call(mesh, service)

    turns: dict[str, Turn[float]] = {}
    for way, call in WAYS.items():
        turns[f"awake, {way}"] = partial(call, mesh, "awake")
        for service in SLEEPERS:
            turns[f"{service}, {way}"] = partial(asleep, mesh, call, service)
        turns[f"{STANDBY}, {way}"] = partial(asleep, standby, call, "warm")
    return await interleaved(turns, runs)


def project(name: str, standby: int = 0) -> Path:
    """The topology of the sleepers in a folder of its own, with so many QEMUs that stand by."""
    folder = output.OUT / name
    shutil.copytree(SOURCES, folder, dirs_exist_ok=True)
    path = folder / "topology.toml"
    named = f'name = "{name}"\nstandby = {standby}'
    path.write_text(path.read_text().replace('name = "sleepers"', named))
    return path


def report(samples: dict[str, list[float]]) -> tuple[Table, dict[str, float]]:
    """The figures as a table; and the medians, in milliseconds."""
    medians = {name: statistics.median(each) * 1e3 for name, each in samples.items()}
    table = Table("first reply", "median, ms", "slowest, ms", f"above awake (at most {TARGET_MS})")
    for name, each in samples.items():
        state, _, way = name.partition(", ")
        above = "" if state == "awake" else f"{medians[name] - medians[f'awake, {way}']:,.0f}"
        table.add_row(name, f"{medians[name]:,.1f}", f"{max(each) * 1e3:,.1f}", above)
    return table, medians


@click.command(help=__doc__)
@click.option("--runs", default=15, show_default=True, help="Rounds that count.")
def main(runs: int) -> None:
    """Measure, print, and keep the figures in build/benchmarks/summon.json."""
    require("matplotlib")
    with (
        running_mesh(project("sleepers")) as mesh,
        running_mesh(project(f"sleepers-{STANDBY}", 2)) as standby,
    ):
        samples = asyncio.run(measured(mesh, standby, runs))
        boots = {row.service: row.boot_ms for row in mesh.ps()}
    table, medians = report(samples)
    Console().print(table)
    output.save("summon", {"medians_ms": medians, "samples": samples, "last_boot_ms": boots})
    states = ("awake", *SLEEPERS, STANDBY)
    groups = {way: {state: medians[f"{state}, {way}"] for state in states} for way in WAYS}
    output.bars("summon", "First reply", "ms", groups, logarithmic=True)


if __name__ == "__main__":
    main()
