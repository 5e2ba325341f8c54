"""Log records to the supervisor."""

from __future__ import annotations

import logging

from meshkernel.guest.control import ControlChannel


class ControlHandler(logging.Handler):
    """Sends each record over the control channel."""

    def __init__(self, control: ControlChannel) -> None:
        super().__init__()
        self._control = control

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._control.send(
                "log",
                level=record.levelname,
                logger=record.name,
                message=self.format(record),
                time=record.created,
            )
        except Exception:  # logging's own rule: then it is told on stderr
            self.handleError(record)


def forward(control: ControlChannel) -> None:
    """From now on records of INFO and above reach the supervisor.

    A service may set levels and handlers as ever.
    """
    root = logging.getLogger()
    root.addHandler(ControlHandler(control))
    root.setLevel(logging.INFO)
