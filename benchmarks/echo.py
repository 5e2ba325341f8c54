"""The same asyncio echo program as our unikernel, as a specialised Linux microVM, and as a process.

    python -m benchmarks.echo [--runs 10] [--kernel vmlinux.xz | --debian] [--smallest]

All peers run in turn, round after round, so that the moods of the machine meet all alike; what is
printed are medians and their ratios. The Linux kernel is looked for in ../shared/peers/linux beside
the project; without one, Debian's cloud kernel is fetched with apt, or asked for with --debian.
"""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path

import click
from attrs import asdict, frozen
from rich.console import Console
from rich.table import Table

from benchmarks import output
from benchmarks.load import first_reply, requests_per_second
from benchmarks.output import MIB, OUT
from benchmarks.peers.base import Peer
from benchmarks.peers.linux import Linux
from benchmarks.peers.microvm import KERNEL
from benchmarks.peers.process import Process
from benchmarks.peers.unikernel import Unikernel
from benchmarks.rounds import interleaved, medians
from benchmarks.usage import memory as memory_of
from meshkernel.errors import MeshkernelError

MEMORY = 256 * MIB
PATIENCE = 60.0
STEP = 4


@frozen
class Sample:
    """One boot. Seconds, requests a second, and bytes resident when it said READY."""

    ready: float
    reply: float
    alone: float
    crowd: float
    resident: int


async def measure(peer: Peer, *, seconds: float, memory: int = MEMORY) -> Sample:
    """Boots the peer once and asks it everything."""
    loop = asyncio.get_running_loop()
    said_ready: asyncio.Future[float] = loop.create_future()
    async with (
        asyncio.timeout(PATIENCE + 2 * seconds),
        peer.boot(memory, lambda: said_ready.set_result(loop.time())) as running,
    ):
        replied = asyncio.create_task(_replied(running.host, running.port))
        ready = await said_ready
        resident = memory_of(running.pid).resident
        reply = await replied
        where = (running.host, running.port)
        alone = await requests_per_second(*where, connections=1, seconds=seconds)
        crowd = await requests_per_second(*where, connections=32, seconds=seconds)
    return Sample(ready - running.started, reply - running.started, alone, crowd, resident)


async def _replied(host: str, port: int) -> float:
    await first_reply(host, port, limit=PATIENCE)
    return asyncio.get_running_loop().time()


async def smallest(peer: Peer) -> int | None:
    """The least memory in bytes, in steps of 4 MiB, with which a request is answered."""
    works = None
    low, high = 8 // STEP, 256 // STEP
    while low < high:
        middle = (low + high) // 2
        if await _answers(peer, middle * STEP * MIB):
            works, high = middle * STEP * MIB, middle
        else:
            low = middle + 1
    return works


async def _answers(peer: Peer, memory: int) -> bool:
    try:
        async with (
            asyncio.timeout(10),
            peer.boot(memory, lambda: None) as running,
        ):
            await _replied(running.host, running.port)
    except (TimeoutError, OSError, MeshkernelError):
        return False
    return True


def report(
    peers: list[Peer], results: dict[str, list[Sample]], least: dict[str, int | None]
) -> Table:
    """The table of medians, and of our ratio to the Linux peer."""
    table = Table("", *(peer.name for peer in peers), "unikernel / linux")
    found = {name: medians(samples) for name, samples in results.items()}
    for label, figure, scale, form in (
        ("to READY, ms", "ready", 1e3, ",.0f"),
        ("to first reply, ms", "reply", 1e3, ",.0f"),
        ("requests/s, 1 connection", "alone", 1, ",.0f"),
        ("requests/s, 32 connections", "crowd", 1, ",.0f"),
        ("resident at READY, MiB", "resident", 1 / MIB, ",.0f"),
    ):
        cells = [format(found[peer.name][figure] * scale, form) for peer in peers]
        table.add_row(label, *cells, _ratio(found, figure))
    for label, index in (("kernel, KiB", 0), ("everything else, KiB", 1)):
        table.add_row(label, *(format(peer.sizes()[index] / 1024, ",.0f") for peer in peers), "")
    if least:
        cells = [f"{value // MIB}" if (value := least.get(peer.name)) else "-" for peer in peers]
        table.add_row("smallest memory, MiB", *cells, "")
    return table


def _ratio(found: dict[str, dict[str, float]], figure: str) -> str:
    (linux,) = (figures for name, figures in found.items() if name.startswith("linux"))
    return f"{found['unikernel'][figure] / linux[figure]:.2f}"


async def run(peers: list[Peer], runs: int, seconds: float) -> dict[str, list[Sample]]:
    """All peers in turn, so many times; the first round warms the caches and does not count."""
    return await interleaved(
        {peer.name: partial(measure, peer, seconds=seconds) for peer in peers}, runs
    )


@click.command(help=__doc__)
@click.option("--runs", default=10, show_default=True, help="Counted boots of each peer.")
@click.option("--seconds", default=2.0, show_default=True, help="Length of each load.")
@click.option("--kernel", type=click.Path(path_type=Path), default=KERNEL, show_default=True)
@click.option("--debian", is_flag=True, help="Compare with Debian's cloud kernel.")
@click.option("--smallest", "least_too", is_flag=True, help="Find the least memory that works.")
def main(runs: int, seconds: float, kernel: Path, debian: bool, least_too: bool) -> None:
    """Measure, print, and keep the figures in build/benchmarks/echo.json."""
    if kernel != KERNEL and not kernel.exists():
        raise click.BadParameter(f"{kernel} is not there", param_hint="--kernel")
    unikernel = Unikernel.build(Path("build"))
    if debian or not kernel.exists():
        linux = Linux.build_debian(unikernel, OUT / "debian")
    else:
        linux = Linux.build(unikernel, kernel, OUT / "linux")
    peers: list[Peer] = [unikernel, linux, Process()]
    results = asyncio.run(run(peers, runs, seconds))
    least = {}
    if least_too:
        least = {peer.name: asyncio.run(smallest(peer)) for peer in peers if peer.name != "process"}
    found = {name: [asdict(sample) for sample in samples] for name, samples in results.items()}
    output.save("echo", {"samples": found, "smallest": least})
    Console().print(report(peers, results, least))


if __name__ == "__main__":
    main()
