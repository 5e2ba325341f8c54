"""What the supervisor tells whoever started it, while a mesh comes up."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from attrs import asdict, frozen


@frozen
class Event:
    """One step of one service, or of the mesh as a whole (``service`` is empty).

    ``phase`` is one of ``build``, ``built``, ``boot``, ``ready``, ``failed``, ``note``, ``up``;
    ``seconds`` is how long the step took.
    """

    phase: str
    service: str = ""
    seconds: float | None = None
    detail: str = ""

    def to_json(self) -> str:
        """One line of JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, line: str) -> Event:
        """What `to_json` wrote."""
        values: dict[str, Any] = json.loads(line)
        return cls(**values)


OnEvent = Callable[[Event], None]


def ignore(event: Event) -> None:
    """Takes an event and does nothing with it."""
