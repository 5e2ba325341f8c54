"""Values to msgpack by what they are."""

from __future__ import annotations

import uuid
from collections import OrderedDict
from dataclasses import InitVar, dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from types import MappingProxyType
from typing import Any, ClassVar, NamedTuple

import attrs
import pytest

from meshkernel.wire import codec
from meshkernel.wire.codec import pack, unpack


class Colour(Enum):
    RED = "r"


class Size(IntEnum):
    SMALL = 1


class Taste(StrEnum):
    NEAR = "near"


class Pair(NamedTuple):
    left: int
    right: int


@attrs.frozen
class Point:
    x: int
    _y: int
    sum: int = attrs.field(init=False, default=0)


@dataclass
class Record:
    kinds: ClassVar[int] = 3
    when: date
    factor: InitVar[int] = 1
    hidden: int = field(default=0, init=False)


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (None, None),
        (2**64 - 1, 2**64 - 1),
        (b"\0\xff", b"\0\xff"),
        ((1, (2,)), [1, [2]]),
        ({1: {"a": []}}, {1: {"a": []}}),
        ({3}, [3]),
        (frozenset("a"), ["a"]),
        (OrderedDict(a=1), {"a": 1}),
        (MappingProxyType({"a": 1}), {"a": 1}),
        (date(2026, 2, 3), "2026-02-03"),
        (datetime(2026, 2, 3, 4, 5, 6, 7, UTC), "2026-02-03T04:05:06.000007+00:00"),
        (datetime(2026, 2, 3), "2026-02-03T00:00:00"),
        (time(1, 2), "01:02:00"),
        (timedelta(milliseconds=1500), 1.5),
        (uuid.UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (Decimal("1.50"), "1.50"),
        ([Colour.RED, Size.SMALL, Taste.NEAR], ["r", 1, "near"]),
        (Pair(1, 2), [1, 2]),
        (Point(1, 2), {"x": 1, "_y": 2}),
        ([Record(date(2026, 1, 1))], [{"when": "2026-01-01"}]),
        ({"deep": [Point(1, 2)]}, {"deep": [{"x": 1, "_y": 2}]}),
    ],
)
def test_what_a_value_is_on_the_wire(value: Any, plain: Any) -> None:
    assert unpack(pack(value)) == plain


class Other:
    pass


@pytest.mark.parametrize("value", [Other(), [Other()], object, 2**64, 1j, print, "\ud800"])
def test_what_no_message_can_hold_is_refused(value: Any) -> None:
    with pytest.raises((TypeError, ValueError, OverflowError)):
        pack(value)


def test_the_refusal_names_the_class() -> None:
    with pytest.raises(TypeError, match=r"cannot hold a .*Other: attrs classes"):
        pack({"a": [Other()]})


def test_a_value_that_holds_itself_is_refused() -> None:
    loop: list[Any] = []
    loop.append(loop)
    with pytest.raises(ValueError, match="recursion"):
        pack(loop)


@pytest.mark.parametrize(
    "payload", [b"", b"\xc1", b"\x92\x01", b"\x01\x02", b"\xa2\xff\xff", b"\x91" * 5000 + b"\x00"]
)
def test_what_is_not_one_msgpack_value_is_refused(payload: bytes) -> None:
    with pytest.raises(ValueError, match="not msgpack"):
        unpack(payload)


def test_a_map_that_is_a_key_is_refused() -> None:
    with pytest.raises(ValueError, match="not msgpack"):
        unpack(b"\x81\x80\x01")


def test_what_is_packed_in_the_midst_of_another_message_does_not_touch_it() -> None:
    class Day(date):
        def isoformat(self) -> str:
            return str(unpack(pack(["inner", self.day])))

    assert unpack(pack(["outer", Day(2026, 7, 3), "end"])) == ["outer", "['inner', 3]", "end"]


def test_a_message_that_failed_or_was_large_leaves_nothing_behind() -> None:
    for _ in range(3):
        with pytest.raises(TypeError):
            pack(["lost", object()])
        assert unpack(pack(bytes(codec.KEPT + 1))) == bytes(codec.KEPT + 1)
        assert pack(1) == b"\x01"
