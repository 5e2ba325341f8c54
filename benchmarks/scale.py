"""What many services cost that sleep: time of plan, build, up and down, memory of the host, and
room on its disk.

    python -m benchmarks.scale [--count 10 --count 100 --count 1000]

All services run one module and sleep; each may call the next. When the mesh is up, a call goes
through five of them, which wakes those.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from attrs import asdict, frozen
from rich.console import Console
from rich.table import Table

from benchmarks import output
from benchmarks.needs import require
from benchmarks.output import MIB
from benchmarks.usage import memory
from meshkernel.plan import make_plan
from meshkernel.topology import parse

WORKER = '''"""Passes on what it is asked."""

from meshkernel import link, rpc


@rpc
async def hop(path: list[str]) -> list[str]:
    if not path:
        return []
    return [path[0], *await link(path[0]).hop(path=path[1:])]
'''

CHAIN = 5
"""Services that a call goes through."""

SECONDS = {
    "plan": "plan",
    "first_build": "first build",
    "build": "build, cached",
    "up": "up, with that build",
    "chain": f"a call through {CHAIN}",
    "down": "down",
}


@frozen
class Sample:
    """One mesh: seconds; bytes of the supervisor and the switch, before any service ran; and those
    of all images on the disk.
    """

    count: int
    plan: float
    first_build: float
    build: float
    up: float
    chain: float
    down: float
    supervisor: int
    switch: int
    disk: int


def topology(count: int) -> str:
    """So many services that sleep, each linked to the next; warm, as nothing else is said."""
    lines = ["[mesh]", f'name = "scale-{count}"', 'accel = "tcg"']
    for number in range(count):
        lines += ["", f"[services.{name(number)}]", 'module = "worker"']
        lines += ['sleep = "60s"']
    for number in range(count - 1):
        lines += ["", "[[links]]", f'from = "{name(number)}"', f'to = "{name(number + 1)}"']
        lines += ['timeout = "60s"']
    return "\n".join(lines) + "\n"


def name(number: int) -> str:
    """Of a service."""
    return f"s{number:04}"


def project(count: int, folder: Path) -> Path:
    """A project with so many services, built by nobody yet; returns its topology."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / "worker.py").write_text(WORKER)
    path = folder / "topology.toml"
    path.write_text(topology(count))
    return path


def timed(job: Callable[[], object]) -> float:
    """Seconds that it takes."""
    began = time.monotonic()
    job()
    return time.monotonic() - began


def command(path: Path, *words: str) -> str:
    """What a command of meshkernel prints."""
    program = Path(sys.executable).with_name("meshkernel")
    done = subprocess.run(
        [program, *words], cwd=path.parent, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise click.ClickException(f"{' '.join(words)}: {done.stdout[-2000:]}{done.stderr}")
    return done.stdout


@contextmanager
def stopped(path: Path) -> Iterator[None]:
    """No mesh is left behind, whatever happens."""
    try:
        yield
    except BaseException:
        command(path, "down")
        raise


def measure(count: int) -> Sample:
    """One mesh, from its plan to its end."""
    path = project(count, output.OUT / "scale" / str(count))
    plan = timed(lambda: make_plan(parse(path)))
    first = timed(lambda: command(path, "build"))
    again = timed(lambda: command(path, "build"))
    with stopped(path):
        up = timed(lambda: command(path, "up", "-d"))
        state = path.parent / "build" / "run" / f"scale-{count}" / "state.json"
        (supervisor, _), (switch, _) = json.loads(state.read_text())["processes"][:2]
        used = [memory(pid).resident for pid in (supervisor, switch)]
        hops = [name(number) for number in range(1, CHAIN)]
        words = ("call", f"{name(0)}.hop", f"path={json.dumps(hops)}", "--json", "--timeout", "60")
        chain = timed(lambda: check(command(path, *words), hops))
        down = timed(lambda: command(path, "down"))
    return Sample(count, plan, first, again, up, chain, down, *used, room(path.parent / "build"))


def room(build: Path) -> int:
    """Bytes that the images of a mesh take; what has several names is there once."""
    names = ("cold.elf", "image.elf", "image.ram", "start.elf")
    files = [path.stat() for name in names for path in build.glob(f"*/{name}")]
    return sum({each.st_ino: each.st_blocks * 512 for each in files}.values())


def check(answer: str, hops: list[str]) -> None:
    """Every service of the chain has answered."""
    if json.loads(answer) != hops:
        raise click.ClickException(f"the chain answered {answer}")


@click.command(help=__doc__)
@click.option("--count", "counts", multiple=True, type=int, default=(10, 100, 1000))
def main(counts: tuple[int, ...]) -> None:
    """Measure, print, and keep the figures in build/benchmarks/scale.json."""
    require("matplotlib")
    samples = [measure(count) for count in counts]
    table = Table("services", *(f"{sample.count:,}" for sample in samples))
    for figure, label in SECONDS.items():
        table.add_row(f"{label}, s", *(f"{getattr(each, figure):,.2f}" for each in samples))
    for figure in ("supervisor", "switch"):
        row = (f"{getattr(each, figure) / MIB:,.0f}" for each in samples)
        table.add_row(f"{figure}, resident, MiB", *row)
    table.add_row("images on the disk, MiB", *(f"{each.disk / MIB:,.0f}" for each in samples))
    Console().print(table)
    output.save("scale", {"samples": [asdict(sample) for sample in samples]})
    curves = {
        label: [(each.count, getattr(each, figure)) for each in samples]
        for figure, label in SECONDS.items()
    }
    output.lines("scale", "Meshes of services that sleep", ("services", "seconds"), curves)
    used = {
        figure: [(each.count, getattr(each, figure) / MIB) for each in samples]
        for figure in ("supervisor", "switch")
    }
    output.lines("scale-memory", "Memory while all sleep", ("services", "MiB resident"), used)


if __name__ == "__main__":
    main()
