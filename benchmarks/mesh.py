"""What a mesh carries: requests, calls of one link, bytes of one stream, frames of the switch.

    python -m benchmarks.mesh [--runs 5] [--seconds 3]

The demonstration's search request (search, geo and rates) and a pair of services: as unikernels, as
Linux microVMs with the same files on the same wires, as processes of the host with the same
runtime, and as processes over grpc.aio (generic handlers, the same msgpack messages). All of them
are up all the time, and take turns.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from functools import partial

import click
from attrs import asdict, frozen
from rich.console import Console
from rich.table import Table

from benchmarks import output, requests
from benchmarks.deployment import Deployment, deployments
from benchmarks.needs import require
from benchmarks.output import MIB
from benchmarks.plans import DEMONSTRATION, SUBJECTS, plan_of
from benchmarks.rounds import Figures, interleaved, medians, percentile
from benchmarks.wires import Wires, switch_figures

CLIENTS = (1, 8, 32)


@frozen
class Load:
    """What so many clients met: requests a second, and seconds of latency."""

    rate: float
    p50: float
    p99: float


@frozen
class Carried:
    """What a link carries: calls a second, one at a time and 32 at a time, and bytes a second.

    grpc.aio has no stream of bytes of its own: ``stream`` is then a plain TCP connection, too.
    """

    alone: float
    crowd: float
    stream: float


async def load(deployment: Deployment, clients: int, seconds: float) -> Load:
    """So many clients ask for trips, each over a connection of its own, one request at a time."""
    latencies: list[float] = []

    async def client(opened: asyncio.Barrier) -> None:
        async with deployment.client() as call:
            await call("search.trips", **requests.TRIP)  # the connection is open
            await opened.wait()
            until = time.monotonic() + seconds
            while (began := time.monotonic()) < until:
                await call("search.trips", **requests.TRIP)
                latencies.append(time.monotonic() - began)

    barrier = asyncio.Barrier(clients + 1)
    running = asyncio.gather(*(client(barrier) for _ in range(clients)))
    await barrier.wait()
    began = time.monotonic()
    await running
    elapsed = time.monotonic() - began
    return Load(len(latencies) / elapsed, percentile(latencies, 0.5), percentile(latencies, 0.99))


async def carried(deployment: Deployment, seconds: float, size: int) -> Carried:
    """What the caller of the pair measures; the number of calls goes by how fast they are."""
    async with deployment.client() as call:

        async def rate(at_once: int) -> float:
            trial = 20 * at_once
            guess = trial / await call("caller.calls", count=trial, at_once=at_once)
            count = max(int(guess * seconds), trial)
            return float(count / await call("caller.calls", count=count, at_once=at_once))

        alone, crowd = await rate(1), await rate(32)
        host = deployment.address("callee")
        took = await call("caller.stream", host=host, size=size)
        return Carried(alone, crowd, size / took)


async def searches(runs: int, seconds: float) -> dict[str, dict[str, list[Load]]]:
    """The demonstration's search; by the number of clients."""
    plan = plan_of(DEMONSTRATION, ("geo", "rates", "search"))
    found = {}
    async with deployments(plan) as ways:
        for clients in CLIENTS:
            turns = {name: partial(load, way, clients, seconds) for name, way in ways.items()}
            found[str(clients)] = await interleaved(turns, runs)
    return found


async def links(runs: int, seconds: float, size: int) -> dict[str, list[Carried]]:
    """The pair of services."""
    async with deployments(plan_of(SUBJECTS / "pair/topology.toml")) as ways:
        turns = {name: partial(carried, way, seconds, size) for name, way in ways.items()}
        return await interleaved(turns, runs)


def report_search(found: Mapping[str, dict[str, Figures]]) -> Table:
    """The medians, a column for each way."""
    ways = list(next(iter(found.values())))
    table = Table("the demonstration's search", *ways)
    for clients, figures in found.items():
        for label, figure, scale, form in (
            ("requests/s", "rate", 1, ",.0f"),
            ("p50, ms", "p50", 1e3, ",.1f"),
            ("p99, ms", "p99", 1e3, ",.1f"),
        ):
            cells = [format(figures[way][figure] * scale, form) for way in ways]
            table.add_row(f"{clients} clients: {label}", *cells)
    return table


def report_links(found: dict[str, Figures]) -> Table:
    """The medians, a column for each way."""
    table = Table("one link", *found)
    for label, figure, scale in (
        ("calls/s, one at a time", "alone", 1),
        ("calls/s, 32 at a time", "crowd", 1),
        ("one TCP stream, MiB/s", "stream", 1 / MIB),
    ):
        table.add_row(label, *(f"{figures[figure] * scale:,.0f}" for figures in found.values()))
    return table


def report_switch(found: Figures) -> Table:
    """The switch alone."""
    table = Table("the switch", "")
    table.add_row("frames of 64 bytes, thousands/s", f"{found['small'] / 1e3:,.0f}")
    table.add_row("frames of 1,514 bytes, thousands/s", f"{found['large'] / 1e3:,.0f}")
    table.add_row("the same, MiB/s", f"{found['large'] * Wires.LARGE / MIB:,.0f}")
    table.add_row("one way through it, µs", f"{found['through'] * 1e6:,.1f}")
    table.add_row("one way through a pair of sockets, µs", f"{found['direct'] * 1e6:,.1f}")
    return table


@click.command(help=__doc__)
@click.option("--runs", default=5, show_default=True, help="Rounds that count.")
@click.option("--seconds", default=3.0, show_default=True, help="Length of each load.")
@click.option("--mib", default=32, show_default=True, help="Of the stream.")
@click.option(
    "--part",
    "parts",
    multiple=True,
    type=click.Choice(["search", "link", "switch"]),
    default=["search", "link", "switch"],
)
def main(runs: int, seconds: float, mib: int, parts: tuple[str, ...]) -> None:
    """Measure, print, and keep the figures in build/benchmarks/mesh.json."""
    require("matplotlib", "grpc")
    kept: dict[str, object] = {}
    if "search" in parts:
        loads = asyncio.run(searches(runs, seconds))
        search = {
            clients: {way: medians(each) for way, each in found.items()}
            for clients, found in loads.items()
        }
        kept["search"] = {"medians": search, "samples": _raw(loads)}
        Console().print(report_search(search))
        rates = {
            f"{clients} clients": {way: figures["rate"] for way, figures in found.items()}
            for clients, found in search.items()
        }
        output.bars("mesh-search", "The demonstration's search", "requests a second", rates)
    if "link" in parts:
        samples = asyncio.run(links(runs, seconds, mib * MIB))
        link = {way: medians(each) for way, each in samples.items()}
        kept["link"] = {"medians": link, "samples": _raw({"": samples})[""]}
        Console().print(report_links(link))
    if "switch" in parts:
        switch = asyncio.run(switch_figures(runs, seconds))
        kept["switch"] = switch
        Console().print(report_switch(switch))
    output.save("mesh", kept)


def _raw(found: Mapping[str, Mapping[str, list[object]]]) -> dict[str, dict[str, list[object]]]:
    return {
        group: {way: [asdict(each) for each in samples] for way, samples in ways.items()}
        for group, ways in found.items()
    }


if __name__ == "__main__":
    main()
