"""Which code QEMU translates for a warm service, up to its first reply.

    python -m benchmarks.blocks [--subject echo] [--phase "to ready"] [--most 30]

Under software emulation a start behind the seal costs what is *distinct* in it: each block of code
is translated once, which takes far longer than to execute it. The count does not depend on what
else the computer does, so it shows what a change is worth. Blocks are told by phase, and by whose
code they are; of one phase also by function, and by the line of Python that ran. The log of that
makes a machine some fifty times slower, so that a service would give up on those that it calls: one
that calls others is told without lines.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

import click
from rich.console import Console
from rich.table import Table

from benchmarks import output
from benchmarks.blocks.code import Codes
from benchmarks.blocks.log import entries
from benchmarks.blocks.memory import Memory
from benchmarks.blocks.observation import Observed, logged, observe
from benchmarks.blocks.origins import Origins
from benchmarks.blocks.telling import FIRMWARE, PHASES, Block, blocks, register_of
from benchmarks.subject import KNOWN, Subject, prepared, which

EVALUATION = "_PyEval_EvalFrameDefault"
CODE_TYPE = "PyCode_Type"
LIBRARY = re.compile(r"^.*/python3[.]\d+/(site-packages/)?")
BESIDE = {"libos.debug": "machine.debug", "image.json": "machine.json"}
"""What tells symbols, and as what it lies beside a machine's image."""


async def found(subject: Subject) -> tuple[list[Block], Origins]:
    """The blocks of one start, and whose code is where."""
    output.OUT.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=output.OUT.absolute()) as name:
        folder = Path(name)
        async with prepared(subject) as ways:
            warm = ways.get("warm")
            if warm is None:
                raise click.ClickException(f"{subject.name} has no warm image")
            image = warm.spec.image  # type: ignore[attr-defined]
            for beside, link in BESIDE.items():
                (folder / link).symlink_to(image.with_name(beside))
            with logged(folder, folder / "log", registers=not subject.companions):
                seen = await observe(warm, subject, folder / "log")  # type: ignore[arg-type]
        origins = Origins.of(seen.maps, folder / "machine.elf")
        return _told(seen, origins, image.with_name("image.ram")), origins


def _told(seen: Observed, origins: Origins, ram: Path) -> list[Block]:
    codes = Codes.of(Memory.of(ram, seen.root), origins.place(CODE_TYPE))
    spans = origins.spans(EVALUATION)

    def evaluates(address: int) -> bool:
        return any(address in span for span in spans)

    register = register_of(entries(seen.log), evaluates, lambda value: codes.at(value) is not None)
    return list(blocks(entries(seen.log), seen.ends, evaluates, register, codes.place))


def by_phase(all_blocks: Iterable[Block], origins: Origins) -> dict[str, Counter[str]]:
    """How many, by phase and by file."""
    counts: dict[str, Counter[str]] = {phase: Counter() for phase in PHASES}
    for block in all_blocks:
        file = FIRMWARE if block.phase == FIRMWARE else origins.file(block.address)
        counts[block.phase][file] += 1
    return counts


def report(name: str, counts: dict[str, Counter[str]]) -> Table:
    """A column for each phase, a row for each file, those with most blocks first."""
    table = Table(name, *counts, "in all")
    total = sum(counts.values(), Counter())
    for file, number in total.most_common():
        table.add_row(file, *(str(each[file] or "") for each in counts.values()), str(number))
    table.add_row("in all", *(str(each.total()) for each in counts.values()), str(total.total()))
    return table


def short(python: str) -> str:
    """Without the folder of packages, or of the standard library."""
    return LIBRARY.sub("", python)


def most(title: str, counts: Counter[str], number: int) -> Table:
    """The first lines of a list."""
    table = Table("blocks", title)
    for name, count in counts.most_common(number):
        table.add_row(str(count), name)
    return table


@click.command(help=__doc__)
@which
@click.option("--phase", type=click.Choice(PHASES), help="Of which functions and lines are shown.")
@click.option("--most", "number", default=30, show_default=True, help="So many of each.")
def main(subjects: tuple[str, ...], phase: str | None, number: int) -> None:
    """Count, print, and keep the counts in build/benchmarks/blocks.json."""
    counts = {}
    for name in subjects:
        all_blocks, origins = asyncio.run(found(KNOWN[name]))
        counts[name] = by_phase(all_blocks, origins)
        Console().print(report(name, counts[name]))
        if phase is not None:
            of = [block for block in all_blocks if block.phase == phase]
            functions = Counter(origins.function(block.address) for block in of)
            lines = Counter(f"{short(block.python)}:{block.line}" for block in of)
            Console().print(most(f"{phase}: function", functions, number))
            Console().print(most(f"{phase}: Python", lines, number))
    output.save("blocks", {"blocks": counts})


if __name__ == "__main__":
    main()
