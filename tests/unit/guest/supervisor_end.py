"""The supervisor's end of a control channel, for tests."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import msgpack


def control_pair() -> tuple[socket.socket, socket.socket]:
    """The two ends of a control channel: whole messages, as the machine's device has them."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


class Service:
    """The supervisor's view of one service."""

    def __init__(self, control: socket.socket) -> None:
        control.setblocking(False)
        self.control = control
        self.task: asyncio.Task[None]

    async def receive(self) -> dict[str, Any]:
        """The next message of the service; or what it fails with, if it fails first."""
        message = asyncio.create_task(asyncio.get_running_loop().sock_recv(self.control, 1 << 20))
        await asyncio.wait({message, self.task}, timeout=10, return_when=asyncio.FIRST_COMPLETED)
        if not message.done() and self.task.done():
            await asyncio.wait({message}, timeout=0.1)  # what it sent last is here already
        if not message.done():
            message.cancel()
            self.task.result()
        return msgpack.unpackb(await asyncio.wait_for(message, 10))

    def send(self, **message: Any) -> None:
        self.control.send(msgpack.packb(message))

    async def stop(self, grace: float = 5) -> None:
        if not self.task.done():
            self.send(type="stop", grace=grace)
        await asyncio.wait_for(self.task, 10)
