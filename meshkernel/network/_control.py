"""The control socket of a switch: a command a line, a reply a line, and events in between."""

from __future__ import annotations

import asyncio
import json
import socket
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any

from meshkernel.errors import SupervisorError

Reply = Mapping[str, Any]


class Control:
    """Our end of the control socket. The switch answers commands in their order.

    ``on_event`` is called with each event; ``ended`` is done when the switch has closed its end.
    """

    def __init__(self, end: socket.socket, on_event: Callable[[Reply], None]) -> None:
        end.setblocking(False)
        self._end = end
        self._on_event = on_event
        self._waiting: deque[asyncio.Future[Reply]] = deque()
        self.ended = asyncio.create_task(self._read())

    async def command(self, *words: object, sockets: Sequence[socket.socket] = ()) -> Reply:
        """Has the switch carry out a command and returns its reply.

        Raises:
            SupervisorError: the switch refused, or has ended.
        """
        line = " ".join(str(word) for word in words)
        if "\n" in line:
            raise SupervisorError(f"the switch takes no line break in a command: {line!r}")
        if self.ended.done():
            raise SupervisorError("the switch has ended")
        self._send(f"{line}\n".encode(), sockets)
        # A cancelled future stays in the queue: its reply still comes, and is not the next's.
        waiting: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiting)
        reply = await waiting
        if "error" in reply:
            raise SupervisorError(f"the switch refused `{line}`: {reply['error']}")
        return reply

    def close(self) -> None:
        """Ends the switch: it lives no longer than this socket."""
        self.ended.cancel()
        self._end.close()

    def _send(self, line: bytes, sockets: Sequence[socket.socket]) -> None:
        # Lines are short and answered at once, so that one always fits into the socket's buffer.
        try:
            if socket.send_fds(self._end, [line], [each.fileno() for each in sockets]) < len(line):
                raise SupervisorError("the switch does not read its commands")
        except OSError as error:
            raise SupervisorError(f"the switch has ended ({error.strerror})") from error

    async def _read(self) -> None:
        try:
            async for reply in self._replies():
                if "event" in reply:
                    self._on_event(reply)
                elif not (waiting := self._waiting.popleft()).done():
                    waiting.set_result(reply)
        finally:
            for waiting in self._waiting:
                if not waiting.done():
                    waiting.set_exception(SupervisorError("the switch has ended"))

    async def _replies(self) -> AsyncIterator[Reply]:
        loop = asyncio.get_running_loop()
        rest = b""
        while True:
            try:
                fresh = await loop.sock_recv(self._end, 1 << 16)
            except ConnectionError:
                return
            if not fresh:
                return
            *lines, rest = (rest + fresh).split(b"\n")
            for line in lines:
                yield json.loads(line)
