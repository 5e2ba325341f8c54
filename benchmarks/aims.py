"""What services from warm images aim at, beside what they reach."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from attrs import field, frozen
from rich.table import Table

from benchmarks.output import MIB
from benchmarks.rounds import Figures

Found = Mapping[str, Figures]
"""The medians of each way of running one subject."""

WEB = "web"
"""The subject that is a FastAPI application, of which less is asked."""

SEARCH = "search"
"""The subject that calls two others before it replies: its first reply has no aim."""


@frozen
class Aim:
    """One figure that should not be exceeded.

    Attributes:
        what: it is, with its unit.
        figure: of the ways of a subject.
        most: the aim, where a subject has none of its own.
        digits: behind the point.
        own: aims of single subjects; None for a subject that has none.
    """

    what: str
    figure: Callable[[Found], float]
    most: float
    digits: int = 0
    own: Mapping[str, float | None] = field(factory=dict)

    def row(self, subject: str, found: Found) -> tuple[str, str, str, str] | None:
        """What, reached, aim, and whether; None if the subject has no such aim, or a way was not
        measured that it needs.
        """
        most = self.own.get(subject, self.most)
        try:
            value = self.figure(found)
        except KeyError:
            return None
        if most is None:
            return None
        shown = (f"{each:,.{self.digits}f}" for each in (value, most))
        return (self.what, *shown, "reached" if value <= most else "missed")


def _above_floor(figure: str) -> Callable[[Found], float]:
    """Milliseconds of a warm start above what QEMU needs for anything."""
    return lambda found: (found["warm"][figure] - found["floor"]["ready"]) * 1e3


def _ready_against(way: str) -> Callable[[Found], float]:
    return lambda found: found["warm"]["ready"] / found[way]["ready"]


AIMS = (
    Aim("ready above the floor, ms", _above_floor("ready"), 30, own={WEB: 60}),
    Aim("first reply above the floor, ms", _above_floor("reply"), 70, own={WEB: 150, SEARCH: None}),
    Aim("ready, warm / process", _ready_against("process"), 0.8, digits=2),
    Aim("ready, warm / Linux microVM", _ready_against("linux"), 1 / 20, digits=3),
    Aim("resident at ready, MiB", lambda found: found["warm"]["resident"] / MIB, 48),
    Aim("resident after calls, MiB", lambda found: found["warm"]["after_calls"] / MIB, 60),
)


def report_aims(results: Mapping[str, Found]) -> Table:
    """Of all subjects that have a warm image."""
    table = Table("subject", "warm", "is", "aim at most", "")
    for subject, found in results.items():
        rows = (aim.row(subject, found) for aim in AIMS)
        for row in filter(None, rows):
            table.add_row(subject, *row)
    return table


def against(values: Sequence[float], most: float) -> str:
    """The aim, and how many of these values keep it."""
    kept = sum(value <= most for value in values)
    return f"at most {most:g}: kept by {kept} of {len(values)}"
