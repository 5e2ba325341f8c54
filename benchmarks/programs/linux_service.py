"""Runs a service where there is no control channel: what it says of itself goes to the console."""

import os
import socket
import sys
from pathlib import Path

import msgpack

from meshkernel.guest import control, runtime


class Console(control.ControlChannel):
    """Nobody asks anything of the service; it says READY when it is."""

    def __init__(self) -> None:
        self._pair = socket.socketpair()
        super().__init__(self._pair[0].fileno())

    def write(self, frame: bytes) -> None:
        """Of a message that was made before, which is `ready`."""
        print(msgpack.unpackb(frame)["type"].upper(), flush=True)

    def send(self, type: str, **values: object) -> None:
        """One line for each message."""
        print(type.upper(), values, flush=True)


control.connect = Console
os.environ["MESHKERNEL_SERVICE"] = Path("/etc/meshkernel/service.json").read_text()
sys.exit(runtime.main())
