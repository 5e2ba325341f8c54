"""Values to and from msgpack.

Encoding looks at the values alone, so it needs no annotations and no cattrs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from typing import Any

import msgpack

TEXT: dict[str, Callable[[Any], Any]] = {
    "datetime.datetime": lambda value: value.isoformat(),
    "datetime.date": lambda value: value.isoformat(),
    "datetime.time": lambda value: value.isoformat(),
    "datetime.timedelta": lambda value: value.total_seconds(),
    "uuid.UUID": str,
    "decimal.Decimal": str,
    "enum.Enum": lambda value: value.value,
}
"""How values of these classes, and of those derived from them, travel; by name, so that none is
imported for it.
"""

KEPT = 1 << 16
"""Bytes of a message: a packer that has made a larger one is not kept with its buffer."""

_encoders: dict[type, Callable[[Any], Any]] = {}
_packers: list[Any] = []  # those that rest: one, or more where several threads pack


def pack(value: Any) -> bytes:
    """The value as msgpack; TypeError, ValueError or OverflowError where it is none of what a
    message may hold.
    """
    packer = _packers.pop() if _packers else msgpack.Packer(default=_encode)
    packed: bytes = packer.pack(value)
    if len(packed) <= KEPT:
        _packers.append(packer)
    return packed


def unpack(payload: bytes) -> Any:
    """The one msgpack value of a payload; ValueError for anything else."""
    try:
        return msgpack.unpackb(payload, strict_map_key=False)
    except (ValueError, TypeError, msgpack.UnpackException) as error:
        # TypeError: a map that is the key of a map.
        raise ValueError(f"the payload is not msgpack: {error}") from error


def fields_of(cls: type) -> list[str] | None:
    """The fields that an attrs class or dataclass is made from, None for other classes."""
    if hasattr(cls, "__attrs_attrs__"):
        return [field.name for field in cls.__attrs_attrs__ if field.init]
    if hasattr(cls, "__dataclass_fields__"):
        import dataclasses  # noqa: PLC0415 - whoever made the class has imported it

        return [field.name for field in dataclasses.fields(cls) if field.init]
    return None


def _encode(value: Any) -> Any:
    cls = type(value)
    encoder = _encoders.get(cls)
    if encoder is None:
        encoder = _encoders[cls] = _encoder_of(cls)
    return encoder(value)


def _encoder_of(cls: type) -> Callable[[Any], Any]:
    fields = fields_of(cls)
    if fields is not None:
        names = tuple(fields)
        return lambda value: {name: getattr(value, name) for name in names}
    for base in cls.__mro__:
        encoder = TEXT.get(f"{base.__module__}.{base.__qualname__}")
        if encoder is not None:
            return encoder
    if issubclass(cls, Set):
        return list
    if issubclass(cls, Mapping):
        return dict
    raise TypeError(
        f"a message cannot hold a {cls.__module__}.{cls.__qualname__}: attrs classes, dataclasses,"
        f" dates, times, UUIDs, decimals, enums and msgpack's own types can be sent"
    )
