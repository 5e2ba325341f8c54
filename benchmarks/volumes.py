"""A volume as a unikernel sees it, and the same folder as a process of the host sees it.

    python -m benchmarks.volumes [--runs 5] [--folder FOLDER]

Both run benchmarks/programs/volume_use.py in turn; what is printed are medians and their ratios.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import click
from attrs import evolve
from rich.console import Console
from rich.table import Table

from benchmarks import output
from benchmarks.rounds import interleaved
from meshkernel.image.images import Image
from meshkernel.machine import program
from meshkernel.machine.program import Run, Share
from meshkernel.topology.model import Accel

PROGRAM = Path(__file__).parent / "programs" / "volume_use.py"
PATIENCE = 300.0
LABELS = {
    "write": "sequential writing with one fsync, MiB/s",
    "read": "sequential reading, MiB/s",
    "stat": "stat, calls/s",
    "DELETE": "SQLite, journal DELETE, commits/s",
    "WAL": "SQLite, journal WAL, commits/s",
}

Figures = dict[str, float]


async def unikernel(run: Run, image: Image) -> Figures:
    """What the program measures in a machine."""
    console = bytearray()
    async with asyncio.timeout(PATIENCE), program.start(run, image, console.extend) as machine:
        end = await machine.wait()
    if end.status:
        raise click.ClickException(console.decode(errors="replace"))
    return figures(console)


async def process(folder: Path, words: list[str]) -> Figures:
    """What it measures on the host, with the same interpreter."""
    command = [sys.executable, "-I", str(PROGRAM), str(folder), *words]
    running = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    said, _ = await running.communicate()
    return figures(said)


def figures(said: bytes | bytearray) -> Figures:
    """The last line of what the program said."""
    found: Figures = json.loads(said.splitlines()[-1])
    return found


async def measure(folder: Path, runs: int, words: list[str]) -> dict[str, list[Figures]]:
    """Both in turn, so many times."""
    run = Run(script=PROGRAM, volumes=(Share(folder, "/data"),), accel=Accel.TCG)
    run = evolve(run, arguments=("/data", *words))
    image = await asyncio.to_thread(program.build, run)
    turns = {
        "unikernel": partial(unikernel, run, image),
        "process": partial(process, folder, words),
    }
    return await interleaved(turns, runs)


def report(results: dict[str, list[Figures]]) -> Table:
    """The medians, and our share of what the host does."""
    table = Table("", *results, "unikernel / process")
    for figure, label in LABELS.items():
        ours, hosts = (
            statistics.median(sample[figure] for sample in samples) for samples in results.values()
        )
        table.add_row(label, f"{ours:,.0f}", f"{hosts:,.0f}", f"{ours / hosts:.2f}")
    return table


@click.command(help=__doc__)
@click.option("--runs", default=5, show_default=True, help="Of each.")
@click.option("--seconds", default=2.0, show_default=True, help="Length of what is counted.")
@click.option("--size", default=64, show_default=True, help="Of the file, in MiB.")
@click.option(
    "--folder",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    default=Path(),
    help="Where on the host; a folder is made in it, and removed.",
)
def main(runs: int, seconds: float, size: int, folder: Path) -> None:
    """Measure, print, and keep the figures in build/benchmarks/volumes.json."""
    with TemporaryDirectory(dir=folder) as made:
        words = [str(size), str(seconds)]
        results = asyncio.run(measure(Path(made).absolute(), runs, words))
    output.save("volumes", {"samples": results})
    Console().print(report(results))


if __name__ == "__main__":
    main()
