"""Annotations: what values become, what is refused, what callers are told of results."""

# ruff: noqa: UP007, UP045 - both ways of writing a union are tested
from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum, IntEnum, StrEnum
from typing import Any, Literal, NamedTuple, NewType, Optional, TypedDict, Union
from uuid import UUID

import attrs
import pytest

from meshkernel.wire.codec import pack, unpack
from meshkernel.wire.types import Invalid, Mismatch, describe, reader, resolve, type_name


class Taste(StrEnum):
    NEAR = "near"
    FAR = "far"


class Size(IntEnum):
    SMALL = 1


class Colour(Enum):
    RED = "r"


UserName = NewType("UserName", str)


@attrs.frozen
class Route:
    origin: str
    destination: str
    stops: list[Route] = attrs.field(factory=list)


@attrs.frozen
class Fare:
    cents: int = attrs.field(validator=attrs.validators.ge(0))


@dataclass(frozen=True)
class Booking:
    route: Route
    day: date
    at: datetime
    key: UUID
    price: Decimal
    took: timedelta
    seats: tuple[tuple[int, str], ...]
    tags: frozenset[str]
    taste: Taste
    note: str | None = None
    weight: float = 1


class Options(TypedDict, total=False):
    limit: int


class Pair(NamedTuple):
    left: int
    route: Route


ROUTE = Route("EDDF", "LPPT", [Route("LPPT", "LPPR")])
BOOKING = Booking(
    ROUTE,
    date(2026, 1, 2),
    datetime(2026, 1, 2, 3, 4, 5, 6, UTC),
    UUID(int=7),
    Decimal("1.50"),
    timedelta(seconds=1.5),
    ((12, "C"), (13, "D")),
    frozenset({"a", "b"}),
    Taste.FAR,
)

ROUND_TRIPS = [
    (3, int),
    (3, float),
    (3, int | float),
    (2.5, int | float),
    ("x", str),
    (b"x", bytes),
    (None, None),
    ([1, 2], list[int]),
    ({"a": [1.5]}, dict[str, list[float]]),
    ({1: None}, dict[int, str | None]),
    ([1, "a", None], list[Any]),
    (["a"], list),
    (ROUTE, Route),
    ([ROUTE], list[Route]),
    ({"x": ROUTE}, dict[str, Route]),
    (ROUTE, Route | None),
    (None, Optional[Route]),
    (ROUTE, Union[Route, Fare]),
    (Fare(3), Route | Fare),
    (BOOKING, Booking),
    (date(2026, 1, 1), date | None),
    (time(1, 2, 3), time),
    ((48.5, 2.0), tuple[float, float]),
    ({1, 2}, set[int]),
    (Taste.NEAR, Taste),
    ([Size.SMALL], list[Size]),
    (Colour.RED, Colour),
    ("b", Literal["a", "b"]),
    ({"limit": 3}, Options),
    (Pair(1, ROUTE), Pair),
    ("me", UserName),
    ({date(2026, 1, 1): 1}, dict[date, int]),
]


@pytest.mark.parametrize(("value", "annotation"), ROUND_TRIPS)
def test_a_value_arrives_as_what_it_is_annotated(value: Any, annotation: Any) -> None:
    read = reader(annotation)(unpack(pack(value)))
    assert read == value
    assert type(read) is type(value) or annotation is float


@pytest.mark.parametrize(("value", "annotation"), ROUND_TRIPS)
def test_a_caller_can_read_results_by_their_description(value: Any, annotation: Any) -> None:
    description = unpack(pack(describe(annotation)))
    if description is not None:
        read = reader(resolve(description))(unpack(pack(value)))
        assert read == value
    else:
        assert unpack(pack(value)) == value


@pytest.mark.parametrize(
    ("value", "annotation", "told"),
    [
        ("3", int, "expected int, got str '3'"),
        (True, int, "expected int, got bool True"),
        (1, bool, "expected bool, got int 1"),
        (1.0, int, "expected int, got float 1.0"),
        ("1", float, "expected float, got str '1'"),
        (1, str, "expected str, got int 1"),
        ("x", bytes, "expected bytes, got str 'x'"),
        (None, str, "expected str, got None"),
        ("x", None, "expected None, got str 'x'"),
        (1.5, int | None, "expected int | None, got float 1.5"),
        ("ab", list[str], "expected list[str], got str 'ab'"),
        ("x" * 100, int, f"expected int, got str '{'x' * 56}..."),
        (5, Route, "expected Route, got int 5"),
        (5, list[Route], "expected list[Route], got int 5"),
        ("2026-13-01", date, "expected date as text, got str '2026-13-01'"),
        (5, date, "expected date as text, got int 5"),
        ("soon", timedelta, "expected timedelta in seconds, got str 'soon'"),
        ("sour", Taste, "expected Taste ('near', 'far'), got str 'sour'"),
        ("x", Decimal, "expected Decimal as text, got str 'x'"),
        ("c", Literal["a"], "expected Literal['a'], got str 'c'"),
    ],
)
def test_a_wrong_value_is_told_with_what_was_expected(
    value: Any, annotation: Any, told: str
) -> None:
    with pytest.raises((Mismatch, Invalid)) as caught:
        reader(annotation)(value)
    assert str(caught.value) == told


@pytest.mark.parametrize(
    ("value", "annotation", "path"),
    [([1, "a"], list[int], "[1]"), ({"k": [1, None]}, dict[str, list[int]], "['k'][1]")],
)
def test_a_wrong_value_is_told_with_its_place(value: Any, annotation: Any, path: str) -> None:
    with pytest.raises(Mismatch) as caught:
        reader(annotation)(value)
    assert caught.value.path == path


@pytest.mark.parametrize(
    ("value", "annotation", "told"),
    [
        ({"origin": "a"}, Route, ["the field is missing at .destination"]),
        (
            {"origin": 1, "destination": "b", "dest": 2},
            Route,
            ["expected str, got int 1 at .origin", "Route has no field dest"],
        ),
        (
            [{"origin": "a", "destination": "b", "stops": [{"origin": "c", "destination": None}]}],
            list[Route],
            ["expected str, got None at [0].stops[0].destination"],
        ),
        ({"cents": -1}, Fare, ["must be >= 0: -1"]),
    ],
)
def test_every_wrong_field_is_told(value: Any, annotation: Any, told: list[str]) -> None:
    with pytest.raises(Invalid) as caught:
        reader(annotation)(value)
    for part in told:
        assert part in str(caught.value)


class NotAMessage:
    pass


@attrs.frozen
class HoldsOne:
    inner: list[NotAMessage]


@pytest.mark.parametrize(
    "annotation",
    [NotAMessage, list[NotAMessage], dict[str, NotAMessage], HoldsOne, Route | HoldsOne],
)
def test_a_class_that_no_message_can_be_is_refused_at_start(annotation: Any) -> None:
    with pytest.raises(TypeError, match="NotAMessage cannot be in a message: use an attrs class"):
        reader(annotation)


def test_plain_results_need_no_description() -> None:
    assert describe(dict[str, list[int | None]]) is None
    assert describe(list[Route]) == [
        "of",
        ["class", "builtins", "list"],
        ["class", __name__, "Route"],
    ]


@pytest.mark.parametrize(
    "description",
    [
        ["class", "meshkernel.nowhere", "Thing"],
        ["class", __name__, "NoSuchThing"],
        ["class", __name__, "NotAMessage"],
        ["class", "os", "system"],
        ["class", "subprocess", "Popen"],
        ["of", ["class", "builtins", "list"], ["class", "shop", "Cart"]],
        ["what"],
        "text",
        None,
    ],
)
def test_only_classes_of_messages_that_are_imported_are_found(description: Any) -> None:
    with pytest.raises(LookupError):
        resolve(description)


def test_a_description_imports_nothing_of_the_user() -> None:
    modules = dict(sys.modules)
    with pytest.raises(LookupError):
        resolve(["class", "services.messages", "Nearby"], {})
    assert set(sys.modules) == set(modules)


@pytest.mark.parametrize(
    ("annotation", "name"),
    [
        (dict[str, list[Route]], "dict[str, list[Route]]"),
        (tuple[int, ...], "tuple[int, ...]"),
        (Optional[int], "int | None"),
        (Any, "Any"),
    ],
)
def test_annotations_are_told_as_written(annotation: Any, name: str) -> None:
    assert type_name(annotation) == name


def test_plain_annotations_do_not_import_cattrs() -> None:
    code = """
import sys
from meshkernel.wire.method import Method
async def get(a: int, b: list[str] | None = None, **c: dict[str, float]) -> list[int]: ...
Method("x.get", get)
assert not {"cattrs", "attr", "decimal", "uuid"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", code], check=True)
