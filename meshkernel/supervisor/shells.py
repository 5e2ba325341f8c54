"""Shells in services: who types has two connections, one for what comes and one for the rest."""

from __future__ import annotations

import asyncio
import itertools
import signal
from typing import Any

from attrs import define, field

from meshkernel.errors import MeshkernelError, SupervisorError
from meshkernel.supervisor.control import Request, Send
from meshkernel.supervisor.runner import Runner

ANSWER_SECONDS = 10.0
"""For a service to open a shell."""

WORDS = ("single", "exec", "complete")


@define(eq=False)
class Session:
    """One shell: what its service said that the client has not been sent yet."""

    runner: Runner
    waiting: asyncio.Queue[dict[str, Any]] = field(factory=asyncio.Queue)
    running: bool = False  # a statement


@define
class Shells:
    """All shells of a mesh, by their numbers."""

    _sessions: dict[int, Session] = field(factory=dict)
    _numbers: itertools.count[int] = field(factory=lambda: itertools.count(1))

    async def serve(self, runner: Runner, send: Send) -> str:
        """Open a shell in a service, and send what it says until the machine ends or the client has
        gone; returns how the machine ended.

        Raises:
            SupervisorError: the service does not run, or its image has no shell.
        """
        machine = runner.machine
        number = next(self._numbers)
        session = self._sessions[number] = Session(runner)
        runner.hearing.on_shell = self._said
        ending = asyncio.create_task(machine.wait())
        sending = asyncio.create_task(self._opened(number, session, send))
        try:
            await asyncio.wait({ending, sending}, return_when=asyncio.FIRST_COMPLETED)
            if sending.done():
                sending.result()
            return f"{runner.name} {(await ending).sentence}"
        finally:
            del self._sessions[number]
            ended = ending.done()
            for task in (ending, sending):
                task.cancel()
            await asyncio.gather(ending, sending, return_exceptions=True)
            if not ended:
                await asyncio.shield(self._close(number, session))

    async def type(self, request: Request) -> None:
        """What the client types: a statement, a word to complete, or Ctrl-C.

        Raises:
            SupervisorError: there is no such shell.
        """
        number, what = request.get("session"), request.get("do")
        session = self._sessions.get(number) if isinstance(number, int) else None
        if session is None:
            raise SupervisorError(f"there is no shell {number}")
        if what == "interrupt":
            await self._interrupt(request["session"], session)
        elif what in WORDS:
            if what != "complete":
                self._runs(session, running=True)
            text = str(request.get("text", ""))
            await session.runner.machine.send(
                {"type": "shell", "session": number, "do": what, "text": text}
            )
        else:
            raise SupervisorError(f"a shell does not know {what!r}")

    async def _opened(self, number: int, session: Session, send: Send) -> None:
        opening = {"type": "shell", "session": number, "do": "open"}
        await session.runner.machine.send(opening)
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                first = await session.waiting.get()
        except TimeoutError:
            text = f"{session.runner.name} does not answer: it may be busy"
            raise SupervisorError(text) from None
        if first.get("event") == "absent":
            raise SupervisorError(
                f"{session.runner.name} has no shell: its image was built with --release"
            )
        await send({"line": {"session": number, **first}})
        while True:
            await send({"line": await session.waiting.get()})

    def _said(self, message: dict[str, Any]) -> None:
        number = message.get("session")
        session = self._sessions.get(number) if isinstance(number, int) else None
        if session is None:  # its client has just gone
            return
        if message.get("event") in ("done", "more"):
            self._runs(session, running=False)
        session.waiting.put_nowait({k: v for k, v in message.items() if k != "type"})

    @staticmethod
    def _runs(session: Session, *, running: bool) -> None:
        """While a statement runs, its service need not answer pings."""
        if running != session.running:
            session.running = running
            session.runner.watch.excuse(1 if running else -1)

    async def _interrupt(self, number: int, session: Session) -> None:
        if not session.running:
            return
        machine = session.runner.machine
        # The message is for one that waits, the signal for one that computes and reads no message.
        message = {"type": "shell", "session": number, "do": "interrupt", "text": ""}
        await machine.send(message)
        await machine.signal(signal.SIGINT)

    async def _close(self, number: int, session: Session) -> None:
        try:
            if session.running:
                await self._interrupt(number, session)
            closing = {"type": "shell", "session": number, "do": "close"}
            await session.runner.machine.send(closing)
        except MeshkernelError:
            pass  # it has just ended
        finally:
            self._runs(session, running=False)
