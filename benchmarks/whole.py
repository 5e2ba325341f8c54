"""The demonstration by whole commands, as a user waits for them."""

from __future__ import annotations

import asyncio
import re
import shutil
import socket
import statistics
import sys
import time
from asyncio.subprocess import DEVNULL, PIPE
from functools import partial
from pathlib import Path

from rich.table import Table

from benchmarks.aims import against
from benchmarks.output import OUT
from benchmarks.plans import DEMONSTRATION
from benchmarks.rounds import interleaved

MESHKERNEL = Path(sys.executable).with_name("meshkernel")
AIMS = {"up -d": 1.0, "build": 0.5}
"""Seconds, of images that are built and of a mesh in which nothing has changed."""


def project(folder: Path) -> Path:
    """The demonstration in a folder of its own, on a host port that is free."""
    services = DEMONSTRATION.parent / "services"
    shutil.copytree(services, folder / "services", dirs_exist_ok=True)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    text = DEMONSTRATION.read_text()
    text = re.sub(r'(?m)^name = "(.*)"$', r'name = "\1-benchmark"', text, count=1)
    (folder / "topology.toml").write_text(re.sub(r"host = \d+", f"host = {port}", text))
    return folder


async def command(folder: Path, *words: str) -> float:
    """The seconds of one command, from the start of its process to its end.

    Raises:
        RuntimeError: it failed.
    """
    begin = time.monotonic()
    process = await asyncio.create_subprocess_exec(
        MESHKERNEL, *words, cwd=folder, stdin=DEVNULL, stdout=PIPE, stderr=PIPE
    )
    said, complained = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"meshkernel {' '.join(words)}: {(said + complained).decode()}")
    return time.monotonic() - begin


async def _up(folder: Path) -> float:
    try:
        return await command(folder, "up", "-d")
    finally:
        await command(folder, "down")


async def commands(runs: int) -> dict[str, list[float]]:
    """Seconds of `up -d` until all are ready, and of `build`; the round before builds all."""
    folder = project(OUT / "whole")
    turns = {"up -d": partial(_up, folder), "build": partial(command, folder, "build")}
    return await interleaved(turns, runs)


def report(found: dict[str, list[float]]) -> Table:
    """Whole commands."""
    table = Table("the demonstration's eight services, s", "median", "least", "most", "aim")
    for name, values in found.items():
        shown = (statistics.median(values), min(values), max(values))
        aim = against(values, AIMS[name])
        table.add_row(f"meshkernel {name}", *(f"{value:.2f}" for value in shown), aim)
    return table
