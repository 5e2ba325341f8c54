"""What a run of one module said, read from its output."""

from __future__ import annotations

import json
from collections.abc import Mapping

from attrs import define, field, frozen

from .reporter import MARK

PASSED = "passed"


@frozen
class Outcome:
    """Of one method. ``text``: the end of the traceback, or the reason for which it was skipped."""

    kind: str
    text: str = ""

    @property
    def passed(self) -> bool:
        return self.kind == PASSED


@define
class Outcomes:
    """The outcomes of a module's methods, by identifier, while it runs.

    Attributes:
        found: of those that have ended.
        ended: how many have; some have the same identifier.
        running: the one that has begun and not ended.
        other: the last lines that are not ours.
    """

    found: dict[str, Outcome] = field(factory=dict)
    ended: int = 0
    running: str | None = None
    other: list[str] = field(factory=list)
    _rest: str = ""

    def feed(self, data: bytes) -> None:
        """More of the output; lines may come in pieces."""
        *lines, self._rest = (self._rest + data.decode(errors="replace")).split("\n")
        for line in lines:
            self._line(line.rstrip("\r"))

    def _line(self, line: str) -> None:
        if not line.startswith(MARK):
            if line:
                self.other = [*self.other[-200:], line]
            return
        try:
            values: Mapping[str, str] = json.loads(line[len(MARK) :])
        except json.JSONDecodeError:  # a machine died while it wrote
            return
        if "began" in values:
            self.running = values["began"]
        else:
            self._end(values["test"], Outcome(values["outcome"], values["text"]))

    def lose_running(self, why: str) -> None:
        """The method that was running will not end."""
        if self.running is not None:
            text = "\n".join([why, *self.other[-40:]])
            self._end(self.running, Outcome("lost", text))

    def _end(self, test: str, outcome: Outcome) -> None:
        """Of two with one identifier, the one that did not pass counts."""
        if test not in self.found or self.found[test].passed:
            self.found[test] = outcome
        self.running = None
        self.ended += 1
