"""Tables and colours. Colours only on a terminal, and never with NO_COLOR."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Sequence
from typing import Any, TextIO

import click

PALETTE = (
    "cyan",
    "yellow",
    "green",
    "magenta",
    "blue",
    "bright_cyan",
    "bright_yellow",
    "bright_green",
)
STATES = {
    "running": "green",
    "asleep": "blue",
    "failed": "red",
    "restarting": "yellow",
    "starting": "yellow",
}


def coloured() -> bool:
    """Whether standard output takes colours."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def style(text: str, colour: str | None, *, bold: bool = False) -> str:
    """The text in a colour, where colours are wanted."""
    return click.style(text, fg=colour, bold=bold) if coloured() else text


def as_json(value: Any) -> None:
    """A value as JSON on standard output."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False, default=_plain))


def _plain(value: Any) -> Any:
    """What JSON has no word for, as text."""
    return value.hex() if isinstance(value, bytes) else str(value)


def table(
    header: Sequence[str], rows: Iterable[Sequence[object]], file: TextIO | None = None
) -> None:
    """Aligned columns; a state has its colour, and a column of numbers stands to the right."""
    cells = [["-" if cell is None else str(cell) for cell in row] for row in rows]
    fits = [_Column([row[i] for row in cells], header[i]).fit for i in range(len(header))]
    head = [fit(cell) for fit, cell in zip(fits, header, strict=True)]
    click.echo(style("  ".join(head), None, bold=True).rstrip(), file)
    for row in cells:
        fitted = [fit(cell) for fit, cell in zip(fits, row, strict=True)]
        line = "  ".join(
            style(cell, STATES.get(cell.strip())) if cell.strip() in STATES else cell
            for cell in fitted
        )
        click.echo(line.rstrip(), file)


class _Column:
    """The cells below one word of the header."""

    def __init__(self, cells: Sequence[str], header: str) -> None:
        self._width = max(len(cell) for cell in (header, *cells))
        self._numeric = all(
            (cell[:1].isdigit() or cell == "-") and not ("." in cell and ":" in cell)
            for cell in cells
        )

    def fit(self, cell: str) -> str:
        """The cell, as wide as all of them."""
        return cell.rjust(self._width) if self._numeric else cell.ljust(self._width)


def size(count: int) -> str:
    """Bytes for a person."""
    if count < 1 << 20:
        return f"{count / (1 << 10):.0f} KiB"
    return f"{count / (1 << 20):.1f} MiB"


class LogLines:
    """Prints the lines of services, each service in its colour."""

    def __init__(self, services: Sequence[str]) -> None:
        self._width = max((len(name) for name in services), default=0)
        self._colours = {
            name: PALETTE[index % len(PALETTE)] for index, name in enumerate(sorted(services))
        }

    def show(self, service: str, text: str) -> None:
        """Print one line."""
        name = style(f"{service:<{self._width}} |", self._colours.get(service))
        click.echo(f"{name} {text}")
