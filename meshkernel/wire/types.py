"""Messages from annotations: what turns a decoded msgpack value into what a function is annotated
with.

Annotations made of msgpack's own types are checked by the functions here; cattrs, whose import
costs a cold start dearly, comes in with the first annotation that needs more.

The type of a result is told to callers as a description: a list whose first item says what follows.

    ["class", module, name]         a class
    ["of", origin, argument, ...]   list[argument], dict[argument, argument], ...
    ["union", argument, ...]
    ["literal", value, ...]
    ["any"]
"""

from __future__ import annotations

import sys
import types
import typing
from collections.abc import Callable, Mapping
from typing import Any

from meshkernel.wire.codec import TEXT, fields_of

Reader = Callable[[Any], Any]
Description = list[Any]

SHOWN = 60
"""Characters of a wrong value that an error message shows."""

_WELL_KNOWN = {"builtins", "datetime", "decimal", "typing", "uuid", "collections.abc"}
"""Modules of the standard library that a result's type may come from without the caller having
imported them.
"""


class Mismatch(ValueError):  # noqa: N818 - reads as what happened
    """A value is not what the annotation says.

    ``path`` is the place within the value, such as ``[2].code``.
    """

    def __init__(self, expected: str, value: Any, path: str = "") -> None:
        super().__init__(expected, value, path)
        self.expected = expected
        self.value = value
        self.path = path

    def __str__(self) -> str:
        return f"expected {self.expected}, got {shown(self.value)}"


class Invalid(ValueError):  # noqa: N818
    """A value does not fit, with the reasons as text, each with its place."""


def shown(value: Any) -> str:
    """The type and the value in a few words."""
    if value is None:
        return "None"
    text = repr(value)
    if len(text) > SHOWN:
        text = text[: SHOWN - 3] + "..."
    return f"{type(value).__name__} {text}"


def type_name(annotation: Any) -> str:
    """An annotation as its author would write it, without modules."""
    if annotation is None or annotation is type(None):
        return "None"
    if isinstance(annotation, type) and not typing.get_args(annotation):
        return annotation.__name__
    arguments = typing.get_args(annotation)
    origin = typing.get_origin(annotation)
    if origin in (typing.Union, types.UnionType):
        return " | ".join(type_name(argument) for argument in arguments)
    if isinstance(origin, type) and arguments:
        inner = ", ".join("..." if a is Ellipsis else type_name(a) for a in arguments)
        return f"{origin.__name__}[{inner}]"
    return str(annotation).replace("typing.", "")


def reader(annotation: Any) -> Reader:
    """What turns a decoded value into the annotation's type; TypeError if there is no way to."""
    return _plain(annotation) or _structured(annotation)


# Readers of msgpack's own types.


def _any(value: Any) -> Any:
    return value


def _exact(cls: type) -> Reader:
    name = type_name(cls)

    def read(value: Any) -> Any:
        if type(value) is not cls:
            raise Mismatch(name, value)
        return value

    return read


def _float(value: Any) -> float:
    if type(value) is int:
        return float(value)
    if type(value) is not float:
        raise Mismatch("float", value)
    return value


_SCALARS: dict[Any, Reader] = {
    Any: _any,
    object: _any,
    None: _exact(type(None)),
    float: _float,
    **{cls: _exact(cls) for cls in (bool, int, str, bytes, list, dict, type(None))},
}


def _plain(annotation: Any) -> Reader | None:
    """The reader of an annotation made of msgpack's own types, None for any other."""
    try:
        if annotation in _SCALARS:
            return _SCALARS[annotation]
    except TypeError:  # not hashable: Literal[[]] and the like
        return None
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    make = _PLAIN_MAKERS.get(origin)
    if make is None:
        return None
    readers = [_plain(argument) for argument in arguments]
    known = [read for read in readers if read is not None]
    return make(type_name(annotation), known) if len(known) == len(readers) else None


def _list_of(name: str, readers: list[Reader]) -> Reader:
    (read_item,) = readers

    def read(value: Any) -> list[Any]:
        if type(value) is not list:
            raise Mismatch(name, value)
        if read_item is _any:
            return value
        result = []
        for index, item in enumerate(value):
            try:
                result.append(read_item(item))
            except Mismatch as error:
                raise Mismatch(error.expected, error.value, f"[{index}]{error.path}") from None
        return result

    return read


def _dict_of(name: str, readers: list[Reader]) -> Reader:
    read_key, read_item = readers

    def read(value: Any) -> dict[Any, Any]:
        if type(value) is not dict:
            raise Mismatch(name, value)
        result = {}
        for key, item in value.items():
            try:
                result[read_key(key)] = read_item(item)
            except Mismatch as error:
                raise Mismatch(error.expected, error.value, f"[{key!r}]{error.path}") from None
        return result

    return read


def _union_of(name: str, readers: list[Reader]) -> Reader:
    # An exact reader before the one that widens an int to a float: `int | float` keeps an int.
    ordered = sorted(readers, key=lambda read: read is _float)

    def read(value: Any) -> Any:
        for read_one in ordered:
            try:
                return read_one(value)
            except Mismatch:
                continue
        raise Mismatch(name, value)

    return read


_PLAIN_MAKERS: dict[Any, Callable[[str, list[Reader]], Reader]] = {
    list: _list_of,
    dict: _dict_of,
    typing.Union: _union_of,
    types.UnionType: _union_of,
}


def _structured(annotation: Any) -> Reader:
    """A reader that uses cattrs."""
    from meshkernel.wire import structure  # noqa: PLC0415 - see the top

    return structure.reader(annotation)


# Descriptions of results.


def describe(annotation: Any) -> Description | None:
    """The description of an annotation, None if its values arrive as they should without one."""
    return None if _plain(annotation) else _describe(annotation)


def _describe(annotation: Any) -> Description:
    if annotation is Any:
        return ["any"]
    while hasattr(annotation, "__supertype__"):  # NewType
        annotation = annotation.__supertype__
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin in (typing.Union, types.UnionType):
        return ["union", *map(_describe, arguments)]
    if origin is typing.Literal:
        return ["literal", *arguments]
    if isinstance(origin, type):
        return ["of", _describe(origin), *(map(_describe, arguments))]
    if annotation is None:
        annotation = type(None)
    if annotation is Ellipsis:
        return ["ellipsis"]
    if isinstance(annotation, type):
        return ["class", annotation.__module__, annotation.__qualname__]
    raise TypeError(f"{type_name(annotation)} cannot be the type of a message")


def resolve(description: Description, modules: Mapping[str, Any] | None = None) -> Any:
    """The annotation that a description stands for; LookupError for a class not imported here.

    Only classes that messages are made of are found, and none is imported because a peer named it.
    """
    match description:
        case ["any"]:
            return Any
        case ["ellipsis"]:
            return Ellipsis
        case ["class", str(module), str(name)]:
            return _find(module, name, sys.modules if modules is None else modules)
        case ["of", origin, *arguments]:
            inner = tuple(resolve(argument, modules) for argument in arguments)
            return resolve(origin, modules)[inner if len(inner) != 1 else inner[0]]
        case ["union", *arguments]:
            members = tuple(resolve(argument, modules) for argument in arguments)
            return typing.Union[members]  # noqa: UP007 - of a tuple
        case ["literal", *values]:
            return typing.Literal[tuple(values)]
        case _:
            raise LookupError(f"a description of a type that is not known: {description!r}")


def _find(module: str, name: str, modules: Mapping[str, Any]) -> type:
    if (module, name) == ("builtins", "NoneType"):
        return type(None)
    found: Any = modules.get(module)
    if found is None and module in _WELL_KNOWN:
        found = __import__(module, fromlist=["*"])
    for part in name.split("."):
        found = getattr(found, part, None)
    if not isinstance(found, type) or not _is_message(found, module):
        raise LookupError(f"{module}.{name} is not a class of messages that is imported here")
    return found


def _is_message(cls: type, module: str) -> bool:
    named = f"{cls.__module__}.{cls.__qualname__}"
    return (
        module in _WELL_KNOWN
        or fields_of(cls) is not None
        or named in TEXT
        or hasattr(cls, "__total__")  # TypedDict
        or hasattr(cls, "_fields")  # NamedTuple
        or any(f"{base.__module__}.{base.__qualname__}" == "enum.Enum" for base in cls.__mro__)
    )
