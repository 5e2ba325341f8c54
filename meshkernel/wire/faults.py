"""Errors on the wire: what an exception is sent as, and what it is on the other side."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Coroutine, Mapping
from types import TracebackType
from typing import Any

from meshkernel.errors import MayHaveRun, NotDelivered, RemoteError, name_of
from meshkernel.wire import codec

REFUSED, RAISED, CLOSED, FULL = "refused", "raised", "closing", "full"
"""Kinds of errors: the function did not run; it ran and raised; it did not run, and the next
connection may have more luck; nor did it, and another replica may have more room.
"""

RESULT_FAULT = "meshkernel.ResultFault"
"""The type of an error that stands for a result that could not be sent, or read."""

OURS = ("meshkernel.wire", "meshkernel.guest", "meshkernel.service")
"""Modules whose frames say nothing about the user's code, wherever they are in a stack."""

OUTER = ("asyncio", "concurrent.futures", "threading", "importlib", "runpy")
"""Modules whose frames say nothing at the outer end of a stack: there they call the user's code."""


class Closing(NotDelivered):
    """The callee takes no more calls on this connection, or has lost it before the call was sent.

    A link answers this with a new connection; its user never sees it.
    """


class Full(NotDelivered):
    """The replica runs as many calls as it may. A link tries another one."""


class Silent(MayHaveRun):
    """Nothing has been heard of the callee for a while: not even a hello.

    A link makes the call elsewhere as well, if it may run twice; its user never sees this.

    Attributes:
        rest: waits on for the answer of the call, to its deadline.
    """

    def __init__(self, message: str, rest: Callable[[], Coroutine[Any, Any, Any]]) -> None:
        super().__init__(message)
        self.rest = rest


def refusal(message: str) -> dict[str, Any]:
    """The payload that says that a function did not run."""
    return {"kind": REFUSED, "type": "", "message": message, "stack": "", "data": None}


def closing(message: str) -> dict[str, Any]:
    """The payload that says that a function did not run since the callee closes."""
    return {"kind": CLOSED, "type": "", "message": message, "stack": "", "data": None}


def full(message: str) -> dict[str, Any]:
    """The payload that says that a function did not run since too many do."""
    return {"kind": FULL, "type": "", "message": message, "stack": "", "data": None}


def unusable_result(message: str) -> dict[str, Any]:
    """The payload for a function that ran, and whose result cannot be sent."""
    return _payload(RESULT_FAULT, message)


def _payload(name: str, message: str, stack: str = "", data: Any = None) -> dict[str, Any]:
    return {"kind": RAISED, "type": name, "message": message, "stack": stack, "data": data}


def raised(error: BaseException, shared: Mapping[str, type[Exception]]) -> dict[str, Any]:
    """The payload for what a function raised.

    An error that the function met in a call of its own and let pass keeps its type and message.
    """
    stack = stack_of(error)
    if isinstance(error, RemoteError):
        return _payload(error.type, error.message, stack)
    name = name_of(type(error))
    data = _sendable(error.args) if name in shared else None
    return _payload(name, _text(error), stack, data)


def rebuild(payload: Any, target: str, shared: Mapping[str, type[Exception]]) -> Exception:
    """The exception that a caller meets for an error's payload."""
    match payload:
        case {"kind": "refused", "message": str(message)}:
            return NotDelivered(message)
        case {"kind": "closing", "message": str(message)}:
            return Closing(message)
        case {"kind": "full", "message": str(message)}:
            return Full(message)
        case {"kind": "raised", "type": str(name), "message": str(message), "stack": str(stack)}:
            cls, arguments = shared.get(name), payload.get("data")
            if cls is not None and isinstance(arguments, list):
                rebuilt = _rebuilt(cls, arguments)
                if rebuilt is not None:
                    rebuilt.add_note(f"raised by {target}:\n{stack}")
                    return rebuilt
            return RemoteError(name, message, stack)
        case _:
            return RemoteError(RESULT_FAULT, f"{target} answered with an error of an unknown form")


def stack_of(error: BaseException) -> str:
    """The Python stack from the user's outermost line on, with causes; calls to other services
    continue on their side.
    """
    for link in _chain(error):
        inner = _trimmed(link.__traceback__)
        # Machinery alone is better than nothing, except below an error that names its own line.
        if inner is not None or isinstance(link, SyntaxError):
            link.__traceback__ = inner
    text = "".join(traceback.format_exception(error))
    far = [link for link in _chain(error) if isinstance(link, RemoteError) and link.stack]
    return text + "".join(f"\nOn the other side of that call:\n{link.stack}" for link in far)


def _chain(error: BaseException) -> list[BaseException]:
    chain: list[BaseException] = []
    following: BaseException | None = error
    while following is not None and following not in chain:
        chain.append(following)
        following = following.__cause__ or (
            None if following.__suppress_context__ else following.__context__
        )
    return chain


def _trimmed(stack: TracebackType | None) -> TracebackType | None:
    """Without the frames of the machinery."""
    frames: list[TracebackType] = []
    while stack is not None:
        module = stack.tb_frame.f_globals.get("__name__", "")
        if not _within(module, OURS) and (frames or not _within(module, OUTER)):
            frames.append(stack)
        stack = stack.tb_next
    inner: TracebackType | None = None
    for frame in reversed(frames):
        inner = TracebackType(inner, frame.tb_frame, frame.tb_lasti, frame.tb_lineno)
    return inner


def _within(module: str, packages: tuple[str, ...]) -> bool:
    return any(module == name or module.startswith(f"{name}.") for name in packages)


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception as fault:  # a user's __str__ may raise anything
        return f"(its text cannot be had: {type(fault).__name__})"


def _sendable(arguments: tuple[Any, ...]) -> list[Any] | None:
    try:
        codec.pack(arguments)
    except (TypeError, ValueError, OverflowError):
        return None
    return list(arguments)


def _rebuilt(cls: type[Exception], arguments: list[Any]) -> Exception | None:
    try:
        return cls(*arguments)
    except Exception:  # a user's constructor may raise anything; RemoteError says it all
        return None
