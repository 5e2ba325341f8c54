"""What a user sees while a mesh is built and boots: a line per service, alive on a terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Self

import click

from meshkernel.cli import show
from meshkernel.supervisor.events import Event

if TYPE_CHECKING:
    from rich.live import Live
    from rich.table import Table

DONE = frozenset({"ready", "failed"})


def sentence(event: Event) -> str:
    """An event in words."""
    seconds = f"{event.seconds or 0.0:.1f} s"
    match event.phase:
        case "build":
            return event.detail
        case "built":
            return (
                f"built, from the cache ({seconds})"
                if event.detail == "cached"
                else (f"built in {seconds}")
            )
        case "boot":
            return "boots"
        case "ready":
            return f"ready after {event.seconds or 0.0:.2f} s"
        case "up":
            return f"the mesh is ready after {seconds}"
        case _:
            return event.detail.removeprefix(f"{event.service} ")


class Progress:
    """Takes events; a context manager, at whose end the lines stay as they are."""

    def __init__(self, services: Sequence[str], *, quiet: bool = False) -> None:
        self._lines = {name: ("waits", "", time.monotonic()) for name in services}
        self._quiet = quiet
        self._live: Live | None = None

    def __enter__(self) -> Self:
        if not self._quiet and sys.stdout.isatty():
            from rich.console import Console  # noqa: PLC0415
            from rich.live import Live  # noqa: PLC0415

            self._live = Live(get_renderable=self._table, console=Console(), refresh_per_second=8)
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Leave the lines as they are."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def __call__(self, event: Event) -> None:
        """Show an event."""
        if self._quiet:
            return
        # A replica of several has a line beside that of its service, which was built.
        if event.service and event.phase != "note":
            self._lines[event.service] = (event.phase, sentence(event), time.monotonic())
        if self._live is None:
            place = f"{event.service}: " if event.service else ""
            click.echo(f"{place}{sentence(event)}")
        elif not event.service or event.phase == "note":
            place = f"{event.service}: " if event.service else ""
            self._live.console.print(f"{place}{sentence(event)}", highlight=False, markup=False)

    def _table(self) -> Table:
        from rich.spinner import Spinner  # noqa: PLC0415
        from rich.table import Table  # noqa: PLC0415
        from rich.text import Text  # noqa: PLC0415

        grid = Table.grid(padding=(0, 2))
        for name, (phase, text, since) in self._lines.items():
            waiting = phase in ("build", "boot")
            mark: Spinner | str = Spinner("dots") if waiting else _mark(phase)
            shown = f"{text} ({time.monotonic() - since:.0f} s)" if waiting else text
            colour = show.STATES.get({"ready": "running"}.get(phase, phase), "")
            grid.add_row(mark, Text(name), Text(shown, style=colour))
        return grid


def _mark(phase: str) -> str:
    return {"ready": "✓", "built": "✓", "failed": "✗"}.get(phase, "·")
