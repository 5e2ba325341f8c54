"""How long each part of a machine's start took: ``meshkernel up --timings``."""

from __future__ import annotations

import time
from typing import Any

from attrs import define

from meshkernel.supervisor.events import Event, OnEvent
from meshkernel.supervisor.seams import OnMessage


@define
class Timing:
    """One start of one machine; stands before whoever hears its messages.

    Attributes:
        name: of the machine.
        tell: is told of the start when the service is ready.
        hear: hears the messages next.
        started: when its QEMU was started, by `time.monotonic`.
        greeted: when its QEMU said its first word.
    """

    name: str
    tell: OnEvent
    hear: OnMessage
    started: float
    greeted: float | None = None

    def message(self, message: dict[str, Any]) -> None:
        """Takes a message of the service's runtime."""
        now = time.monotonic()
        if message.get("type") == "ready":
            self.tell(Event("note", self.name, detail=self._sentence(now, message.get("runtime"))))
        self.hear(message)

    def _sentence(self, ready: float, runtime: Any) -> str:
        """QEMU's own start is up to its first word on its control socket; the service's runtime
        tells how long it had itself; what is between them are firmware, library OS and devices,
        and where it boots cold the start of the interpreter.
        """
        own = float(runtime) if isinstance(runtime, int | float) else 0.0
        qemu = min(self.greeted or ready, ready - own) - self.started
        parts = {
            "QEMU": qemu,
            "firmware, library OS, devices": max(0.0, ready - self.started - qemu - own),
            "Python": own,
            "ready in all": ready - self.started,
        }
        return ", ".join(f"{name} {1000 * seconds:.0f} ms" for name, seconds in parts.items())
