"""Python prompts inside the running service; not in images that are built with ``--release``.

A statement runs in the service's event loop and in its module, as the service's own code does: it
sees and changes what is there, ``await`` works at its top, and while it computes the service waits.
"""

from __future__ import annotations

import ast
import asyncio
import codeop
import inspect
import linecache
import signal
import sys
import traceback
import types
from collections.abc import Callable
from contextvars import ContextVar, copy_context
from typing import Any

PIECE = 32 << 10
"""Characters of output in one message."""

COMPLETIONS = 200

Tell = Callable[..., None]
"""Takes what happened and values, and sends them to the one who types."""


class Output:
    """A standard stream: what statements write goes to their shells, all else where it did."""

    def __init__(self, usual: Any) -> None:
        self._usual = usual

    def write(self, text: str) -> int:
        shell = RUNNING.get()
        if shell is None:
            return int(self._usual.write(text))
        shell.show(text)
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._usual, name)


class Shell:
    """One prompt. ``namespace`` is the service's module's own."""

    def __init__(self, namespace: dict[str, Any], tell: Tell) -> None:
        self._namespace = namespace
        self._tell = tell
        self._compile = codeop.CommandCompiler()
        self._compile.compiler.flags |= ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        self._count = 0
        self._code: types.CodeType | None = None  # of the last statement that was begun
        self._task: asyncio.Task[None] | None = None

    def run(self, source: str, kind: str) -> None:
        """Run a statement (``single``) or a whole script (``exec``); tells when it has ended."""
        self._count += 1
        name = f"<shell {self._count}>"
        linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
        try:
            code = self._compiled(source, name, kind)
        except (SyntaxError, ValueError, OverflowError) as error:
            self.show("".join(traceback.format_exception_only(error)))
            self._tell("done", failed=True)
            return
        if code is None:
            self._tell("more")
            return
        context = copy_context()
        context.run(RUNNING.set, self)
        coroutine = context.run(self._begin, code)
        if coroutine is not None:
            work = self._finish(coroutine)
            self._task = asyncio.get_running_loop().create_task(work, context=context)

    def interrupt(self) -> None:
        """End what is being waited for; a statement that computes gets SIGINT instead."""
        if self._task is not None and not self._task.done():
            self._task.cancel()

    def computes(self, frame: types.FrameType | None) -> bool:
        """Whether a frame is the statement's own, or called by it."""
        while frame is not None and frame.f_code is not self._code:
            frame = frame.f_back
        return frame is not None

    def complete(self, text: str) -> None:
        """Tell what a word may become."""
        from rlcompleter import Completer  # noqa: PLC0415 - needed at the first tab

        completer = Completer(self._namespace)
        found: list[str] = []
        while len(found) < COMPLETIONS and (word := completer.complete(text, len(found))):
            found.append(word)
        self._tell("completions", words=found)

    def show(self, text: str) -> None:
        """Send output, in pieces that fit."""
        for start in range(0, len(text), PIECE):
            self._tell("output", text=text[start : start + PIECE])

    def _compiled(self, source: str, name: str, kind: str) -> types.CodeType | None:
        if kind == "single":
            return self._compile(source, name, "single")
        flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        found: types.CodeType = compile(source, name, kind, flags, dont_inherit=True)
        return found

    def _begin(self, code: types.CodeType) -> Any:
        """Run code; its coroutine if it awaits something."""
        self._code = code
        try:
            result = types.FunctionType(code, self._namespace)()
        except BaseException as error:  # SystemExit too: it ends a statement, not the service
            self._told(error)
            return None
        if inspect.iscoroutine(result):
            return result
        self._tell("done", failed=False)
        return None

    async def _finish(self, coroutine: Any) -> None:
        try:
            await coroutine
        except BaseException as error:
            self._told(KeyboardInterrupt() if isinstance(error, asyncio.CancelledError) else error)
        else:
            self._tell("done", failed=False)

    def _told(self, error: BaseException) -> None:
        error.__traceback__ = _without_ours(error.__traceback__)
        self.show("".join(traceback.format_exception(error)))
        self._tell("done", failed=True)


OWN = Shell.run.__code__.co_filename
"""Ours, whose frames are nobody's business; of an image without sources, unlike ``__file__``."""

RUNNING: ContextVar[Shell | None] = ContextVar("RUNNING", default=None)


def _without_ours(frames: types.TracebackType | None) -> types.TracebackType | None:
    """A traceback without our frames: those that begin a statement, and that interrupts it."""
    kept: list[types.TracebackType] = []
    while frames is not None:
        if frames.tb_frame.f_code.co_filename != OWN:
            kept.append(frames)
        frames = frames.tb_next
    for each, following in zip(kept, [*kept[1:], None], strict=False):
        if each.tb_next is not following:
            each.tb_next = following
    return kept[0] if kept else None


class Shells:
    """The prompts that are open, by the numbers that the supervisor gives them."""

    def __init__(self, module: str, send: Callable[..., None]) -> None:
        self._module = module
        self._send = send
        self._open: dict[int, Shell] = {}
        signal.signal(signal.SIGINT, self._interrupted)
        for name in ("stdout", "stderr"):
            setattr(sys, name, Output(getattr(sys, name)))

    def take(self, message: dict[str, Any]) -> None:
        """One message of the supervisor."""
        match message:
            case {"session": int(number), "do": "open"}:
                self._begin(number)
            case {"session": int(number), "do": "close"}:
                if (shell := self._open.pop(number, None)) is not None:
                    shell.interrupt()
            case {"session": int(number), "do": str(what), "text": str(text)} if (
                number in self._open
            ):
                self._do(self._open[number], what, text)

    def _begin(self, number: int) -> None:
        def tell(event: str, **values: Any) -> None:
            self._send("shell", session=number, event=event, **values)

        self._open[number] = Shell(vars(sys.modules[self._module]), tell)
        tell("open", text=f"Python {sys.version.split()[0]} in the module {self._module}")

    @staticmethod
    def _do(shell: Shell, what: str, text: str) -> None:
        match what:
            case "single" | "exec":
                shell.run(text, what)
            case "interrupt":
                shell.interrupt()
            case "complete":
                shell.complete(text)

    def _interrupted(self, number: int, frame: types.FrameType | None) -> None:  # noqa: ARG002
        """SIGINT: it ends a statement that computes just now, and nothing else. One that comes
        late must not hit what tells of the statement's end, nor the service's own code.
        """
        if any(shell.computes(frame) for shell in self._open.values()):
            raise KeyboardInterrupt
