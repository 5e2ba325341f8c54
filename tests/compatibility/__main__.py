"""The command: see the package."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import click

from meshkernel.image.images import Image

from . import comparing, exceptions, sides
from .comparing import Compared
from .document import document, told

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[1]
ALL_KEPT = REPOSITORY / "build" / "compatibility"
KEPT = ALL_KEPT / f"python{sys.version_info.major}.{sys.version_info.minor}"
"""Results with this interpreter."""
DOCUMENT = REPOSITORY / "docs" / "compatibility.md"


def all_modules() -> list[str]:
    """Of `modules.toml`, in its order."""
    table = tomllib.loads((HERE / "modules.toml").read_text(encoding="utf-8"))
    return [module for modules in table.values() for module in modules]


def commit() -> str:
    """What is checked out; with the word `dirty` if there are changes."""
    command = ["git", "-C", str(REPOSITORY), "describe", "--always", "--dirty", "--exclude=*"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


async def compare(image: Image, module: str, at: str) -> Compared:
    """Runs a module on both sides and keeps what was seen."""
    host = await sides.on_host(module)
    compared = Compared.of(module, host, await sides.in_machine(image, module), at)
    comparing.save(compared, KEPT)
    return compared


def show(compared: Compared, seconds: float, *, wordy: bool) -> None:
    """A line for a module, and one for each of its faults."""
    exempt = exceptions.load()
    faults = compared.unexplained(exempt)
    click.echo(
        f"{compared.module}: {len(compared.passed_inside)} of {len(compared.passed_on_host)}, "
        f"{len(compared.excepted(exempt))} excepted, {len(faults)} unexplained, {seconds:.0f} s"
    )
    for test, outcome in faults.items():
        click.echo(f"  {test}: {told(outcome.kind, outcome.text)}")
        if wordy:
            click.echo("    " + "\n    ".join(outcome.text.splitlines()))
    if not compared.passed_on_host or (wordy and faults):
        click.echo("  " + "\n  ".join((*compared.host_said, "--", *compared.inside_said)))


async def run(modules: tuple[str, ...], jobs: int, *, wordy: bool) -> None:
    """Runs modules, some at a time."""
    at, image = commit(), await asyncio.to_thread(sides.build)
    free = asyncio.Semaphore(jobs)

    async def one(module: str) -> None:
        async with free:
            began = time.monotonic()
            compared = await compare(image, module, at)
            show(compared, time.monotonic() - began, wordy=wordy)

    await asyncio.gather(*(one(module) for module in modules))


@click.command()
@click.argument("modules", nargs=-1)
@click.option("-j", "--jobs", default=1, show_default=True, help="Modules at a time.")
@click.option("-v", "--verbose", "wordy", is_flag=True, help="Show tracebacks.")
@click.option("--new", is_flag=True, help="Run only modules of which no result is kept.")
@click.option("--document", "only_document", is_flag=True, help="Write it from what is kept.")
def main(
    *, modules: tuple[str, ...], jobs: int, wordy: bool, new: bool, only_document: bool
) -> None:
    """Compare CPython's test modules inside a unikernel with the host.

    They are those of the interpreter that runs this. Results are kept in
    build/compatibility/, for each interpreter; without MODULES, all are run
    and docs/compatibility.md is written.
    """
    chosen = modules or tuple(all_modules())
    if new:
        chosen = tuple(module for module in chosen if comparing.load(module, KEPT) is None)
    if not only_document:
        asyncio.run(run(chosen, jobs, wordy=wordy))
    if modules and not only_document:
        return
    exempt = exceptions.load()
    kept = [found for name in all_modules() if (found := comparing.load(name, KEPT)) is not None]
    folders = sorted(folder for folder in ALL_KEPT.iterdir() if folder.is_dir() and folder != KEPT)
    others = [found for folder in folders for found in comparing.load_all(folder)]
    DOCUMENT.write_text(document(kept, exempt, others), encoding="utf-8")
    known = [test for each in (*kept, *others) for test in each.host]
    excused = [test for each in (*kept, *others) for test in each.excepted(exempt)]
    for pattern in exceptions.stale(exempt, known, excused):
        click.echo(f"exceptions.toml: {pattern} excuses nothing: take it out")
    click.echo(f"{DOCUMENT.relative_to(REPOSITORY)}: {len(kept)} modules")


if __name__ == "__main__":
    main()
