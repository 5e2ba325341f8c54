"""The supervisor's side of its control socket: one JSON object a line, in both directions.

A request is ``{"command": NAME, ...}``. An answer is ``{"result": ...}`` or ``{"error": TEXT}``;
``logs`` and others send ``{"line": {...}}`` before it.
"""

from __future__ import annotations

import asyncio
import json
import socket
import traceback
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from meshkernel.errors import MeshkernelError

Request = dict[str, Any]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Command = Callable[[Request, Send], Awaitable[Any]]
"""Takes a request and a way to send lines before the answer; returns the result."""

LONGEST_REQUEST = 1 << 16
"""Bytes of one request."""

LAST_ANSWERS = 2.0
"""Seconds for answers that are being given when the server is closed."""


class ControlServer:
    """Answers commands until it is closed."""

    def __init__(self, commands: dict[str, Command]) -> None:
        self._commands = commands
        self._server: asyncio.Server | None = None
        self._serving: set[asyncio.Task[None]] = set()
        self._answering: set[asyncio.Task[None]] = set()

    async def start(self, listening: socket.socket) -> None:
        """Answer on this socket from now on."""
        self._server = await asyncio.start_unix_server(
            self._connected, sock=listening, limit=LONGEST_REQUEST
        )

    async def close(self) -> None:
        """Let answers end, then every connection."""
        if self._server is not None:
            self._server.close()
        if self._answering:
            await asyncio.wait(self._answering, timeout=LAST_ANSWERS)
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - asyncio runs this as a task
        self._serving.add(task)
        try:
            # Cancelled by `close`: asyncio's streams would report that as a fault.
            with suppress(ConnectionError, asyncio.CancelledError):
                await self._serve(reader, writer)
        finally:
            self._serving.discard(task)
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def send(message: dict[str, Any]) -> None:
            writer.write(json.dumps(message).encode() + b"\n")
            await writer.drain()

        while True:
            try:
                line = await reader.readline()
            except ValueError:
                await send({"error": "the request is too long"})
                return
            if not line:
                return
            answering = asyncio.create_task(self._answer(line, send))
            self._answering.add(answering)
            try:
                await self._answer_or_hang_up(answering, reader)
            finally:
                self._answering.discard(answering)
                answering.cancel()
                await asyncio.gather(answering, return_exceptions=True)
            if reader.at_eof():
                return

    async def _answer_or_hang_up(
        self, answering: asyncio.Task[None], reader: asyncio.StreamReader
    ) -> None:
        """Wait for the answer's end, or until the client has gone: a client that waits for an
        answer sends nothing.
        """
        gone = asyncio.create_task(reader.read(1))
        try:
            await asyncio.wait({answering, gone}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            gone.cancel()
            await asyncio.gather(gone, return_exceptions=True)

    async def _answer(self, line: bytes, send: Send) -> None:
        try:
            request = json.loads(line)
            command = self._commands[request["command"]]
        except (ValueError, KeyError, TypeError):
            await send({"error": f"the request is not understood: {line[:200]!r}"})
            return
        try:
            await send({"result": await command(request, send)})
        except MeshkernelError as error:
            await send({"error": str(error)})
        except ConnectionError:
            raise  # the client has gone
        except Exception as error:  # our own fault: who asked learns of it instead of waiting
            await send({"error": f"{request['command']}: {type(error).__name__}: {error}"})
            traceback.print_exception(error)
