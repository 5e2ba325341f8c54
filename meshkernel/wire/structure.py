"""The part of ``types`` that needs cattrs: classes, dates, enums, tuples, sets, unions of
classes.
"""

from __future__ import annotations

import typing
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from enum import Enum
from functools import cache
from typing import Any, TypeVar
from uuid import UUID
from weakref import WeakSet

import cattrs
from cattrs.errors import (
    BaseValidationError,
    ForbiddenExtraKeysError,
    StructureHandlerNotFoundError,
)

from meshkernel.wire.codec import fields_of
from meshkernel.wire.types import Invalid, Mismatch, Reader, type_name

T = TypeVar("T")

LONGEST_LIST = 5
"""Mistakes in one value that are told."""


@cache
def converter() -> cattrs.Converter:
    """The one converter: strict, and with text for what msgpack lacks."""
    made = cattrs.Converter(forbid_extra_keys=True)
    for cls in (bool, int, float, str, bytes):
        made.register_structure_hook(cls, _exact)
    for text_class, parse in _PARSERS.items():
        made.register_structure_hook(text_class, _from_text(parse))
    made.register_structure_hook(timedelta, _duration)
    made.register_structure_hook_func(
        lambda t: isinstance(t, type) and issubclass(t, Enum), _member
    )
    made.register_structure_hook_factory(_is_named_tuple, _named_tuple)
    return made


def reader(annotation: Any) -> Reader:
    """What turns a decoded value into the annotation's type; TypeError if there is no way to."""
    seen: dict[int, Any] = {}
    _check(annotation, seen)
    _sound.update(each for each in seen.values() if isinstance(each, type))
    name = type_name(annotation)
    try:
        hook = converter().get_structure_hook(annotation)
    except StructureHandlerNotFoundError as error:
        raise TypeError(f"{name} cannot be in a message: {error}") from error

    def read(value: Any) -> Any:
        try:
            return hook(value, annotation)
        except Mismatch:
            raise
        except BaseValidationError as error:
            raise Invalid(_told(error)) from None
        except Exception as error:
            # What cattrs meets in a value of another shape: TypeError, KeyError, its own errors.
            raise Mismatch(name, value) from error

    return read


def _told(error: BaseValidationError) -> str:
    lines = cattrs.transform_error(error, path="", format_exception=_format)
    told = [line.removesuffix(" @ ").replace(" @ ", " at ") for line in lines]
    if len(told) > LONGEST_LIST:
        told[LONGEST_LIST:] = [f"{len(told) - LONGEST_LIST} more"]
    return "; ".join(told)


def _format(error: BaseException, expected: Any) -> str:
    if isinstance(error, KeyError):
        return "the field is missing"
    if isinstance(error, ForbiddenExtraKeysError):
        fields = ", ".join(sorted(map(str, error.extra_fields)))
        return f"{error.cl.__name__} has no field {fields}"
    if isinstance(error, Mismatch):
        return str(error)
    if isinstance(error, ValueError) and str(error):
        return str(error)  # a validator of the class
    return f"expected {type_name(expected)}" if expected is not None else f"{error}"


def _exact(value: Any, cls: Any) -> Any:
    if type(value) is cls:
        return value
    if cls is float and type(value) is int:
        return float(value)
    if issubclass(cls, Enum):
        return _member(value, cls)
    raise Mismatch(type_name(cls), value)


def _member(value: Any, cls: Any) -> Any:
    try:
        return cls(value)
    except ValueError:
        members = ", ".join(repr(member.value) for member in cls)
        raise Mismatch(f"{cls.__name__} ({members})", value) from None


def _datetime(text: str) -> datetime:
    return datetime.fromisoformat(text)


_PARSERS: dict[type, Callable[[str], Any]] = {
    datetime: _datetime,
    date: date.fromisoformat,
    time: time.fromisoformat,
    UUID: UUID,
    Decimal: Decimal,
}


def _from_text(parse: Callable[[str], T]) -> Callable[[Any, Any], T]:
    def read(value: Any, cls: Any) -> T:
        if type(value) is not str:
            raise Mismatch(f"{type_name(cls)} as text", value)
        try:
            return parse(value)
        except (ValueError, InvalidOperation):
            raise Mismatch(f"{type_name(cls)} as text", value) from None

    return read


def _duration(value: Any, _cls: Any) -> timedelta:
    if type(value) not in (int, float):
        raise Mismatch("timedelta in seconds", value)
    return timedelta(seconds=value)


def _is_named_tuple(annotation: Any) -> bool:
    return (
        isinstance(annotation, type)
        and issubclass(annotation, tuple)
        and hasattr(annotation, "_fields")
    )


def _named_tuple(cls: Any) -> Callable[[Any, Any], Any]:
    """cattrs does not resolve the annotations of a named tuple where they are text."""
    hints = typing.get_type_hints(cls)
    items = tuple(hints.get(name, Any) for name in cls._fields)
    as_tuple: Any = tuple.__class_getitem__(items)
    hook = converter().get_structure_hook(as_tuple)
    return lambda value, _: cls(*hook(value, as_tuple))


_sound: WeakSet[type] = WeakSet()
"""Classes that were checked: to look at their annotations again would be to compile them again."""

_LEAVES = (bool, int, float, str, bytes, type(None), object, *_PARSERS, timedelta)


def _check(annotation: Any, seen: dict[int, Any]) -> None:
    """TypeError for the first class within the annotation of which no value can be made."""
    while hasattr(annotation, "__supertype__"):  # NewType
        annotation = annotation.__supertype__
    if id(annotation) in seen or annotation in (Any, None, Ellipsis):
        return
    seen[id(annotation)] = annotation  # kept, so that no other one gets its id
    origin = typing.get_origin(annotation)
    if origin is typing.Literal:
        return
    for argument in typing.get_args(annotation):
        _check(argument, seen)
    if origin is None and isinstance(annotation, type):
        _check_class(annotation, seen)


def _check_class(cls: type, seen: dict[int, Any]) -> None:
    if (
        cls in _LEAVES
        or cls in _sound
        or issubclass(cls, (Enum, list, dict, set, frozenset, tuple))
    ):
        return
    fields = fields_of(cls)
    if fields is None:
        raise TypeError(
            f"{type_name(cls)} cannot be in a message: use an attrs class, a dataclass,"
            f" or msgpack's own types"
        )
    hints = typing.get_type_hints(cls)
    for field in fields:
        _check(hints.get(field, Any), seen)
