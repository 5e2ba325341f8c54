"""One function that a service serves: its arguments checked by name, its result made ready for the
wire.
"""

from __future__ import annotations

import typing
from collections.abc import Callable, Mapping
from typing import Any

from meshkernel.wire import types
from meshkernel.wire.types import Description, Invalid, Mismatch, Reader

_COROUTINE = 0x80  # inspect.CO_COROUTINE; without importing inspect
_VAR_POSITIONAL, _VAR_KEYWORD = 0x04, 0x08


class Refused(Exception):  # noqa: N818 - what happened to the call
    """The call was turned down before the function ran."""


class Method:
    """A function as it is served.

    Building one raises TypeError for annotations that no message can have.
    """

    __slots__ = ("_extra", "_readers", "_required", "function", "is_async", "name", "result")

    def __init__(self, name: str, function: Callable[..., Any]) -> None:
        self.name = name
        self.function = function
        code = function.__code__
        self.is_async = bool(code.co_flags & _COROUTINE)
        hints = _hints(name, function)
        if code.co_posonlyargcount:
            raise TypeError(f"{name}: arguments come by name, so take the `/` out of its signature")
        count = code.co_argcount + code.co_kwonlyargcount
        parameters = code.co_varnames[:count]
        self._readers: dict[str, Reader] = {
            parameter: _reader(f"{name}: {parameter}", hints.get(parameter, Any))
            for parameter in parameters
        }
        without_default = code.co_argcount - len(function.__defaults__ or ())
        named_defaults = function.__kwdefaults__ or {}
        self._required = (
            *parameters[:without_default],
            *(key for key in parameters[code.co_argcount :] if key not in named_defaults),
        )
        self._extra: Reader | None = None
        if code.co_flags & _VAR_KEYWORD:
            rest = code.co_varnames[count + bool(code.co_flags & _VAR_POSITIONAL)]
            self._extra = _reader(f"{name}: {rest}", hints.get(rest, Any))
        self.result: Description | None = _described(name, hints.get("return", Any))

    def bind(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments as the function wants them; Refused with every one that does not fit."""
        faults: list[str] = []
        bound: dict[str, Any] = {}
        for key, value in arguments.items():
            read = self._readers.get(key, self._extra)
            if read is None:
                faults.append(f"there is no argument {key!r} (it takes {self._takes()})")
                continue
            try:
                bound[key] = read(value)
            except Mismatch as error:
                faults.append(f"argument {key!r}{error.path}: {error}")
            except Invalid as error:
                faults.append(f"argument {key!r}: {error}")
        for key in self._required:
            if key not in arguments:
                faults.append(f"argument {key!r} is missing")
        if faults:
            raise Refused(f"{self.name}: {'; '.join(faults)}")
        return bound

    def _takes(self) -> str:
        return ", ".join(self._readers) or "none"


def _hints(name: str, function: Callable[..., Any]) -> dict[str, Any]:
    if not function.__annotations__:
        return {}
    try:
        return typing.get_type_hints(function)
    except (NameError, AttributeError, TypeError) as error:
        raise TypeError(
            f"{name}: an annotation cannot be resolved: {error}; import what it names outside of"
            f" `if TYPE_CHECKING`"
        ) from error


def _reader(place: str, annotation: Any) -> Reader:
    try:
        return types.reader(annotation)
    except TypeError as error:
        raise TypeError(f"{place}: {error}") from error


def _described(name: str, annotation: Any) -> Description | None:
    description = _try_describe(name, annotation)
    if description is not None:
        _reader(
            f"{name}: the result", annotation
        )  # so that a class that cannot be sent is told at start
    return description


def _try_describe(name: str, annotation: Any) -> Description | None:
    try:
        return types.describe(annotation)
    except TypeError as error:
        raise TypeError(f"{name}: the result: {error}") from error
