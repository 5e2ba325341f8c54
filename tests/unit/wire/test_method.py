"""Arguments by name, checked before a function runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import pytest

from meshkernel.wire.method import Method, Refused

if TYPE_CHECKING:
    from nowhere import Missing


@attrs.frozen
class Item:
    name: str


async def add(user: str, item: Item, quantity: int = 1, *, gift: bool, note: str = "") -> None: ...


def collect(first: int, *rest: int, **options: float) -> None: ...


ADD = Method("cart.add", add)
GOOD = {"user": "u", "item": {"name": "x"}, "gift": True}


def test_arguments_become_what_they_are_annotated() -> None:
    assert ADD.bind(GOOD) == {"user": "u", "item": Item("x"), "gift": True}
    assert ADD.bind(GOOD | {"quantity": 2, "note": "n"})["quantity"] == 2


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (GOOD | {"quantity": "2"}, "cart.add: argument 'quantity': expected int, got str '2'"),
        (GOOD | {"item": {"name": 5}}, "argument 'item': expected str, got int 5 at .name"),
        (GOOD | {"item": {}}, "argument 'item': the field is missing at .name"),
        (
            GOOD | {"qty": 2},
            "there is no argument 'qty' (it takes user, item, quantity, gift, note)",
        ),
        ({"user": "u", "gift": True}, "cart.add: argument 'item' is missing"),
        ({"user": "u", "item": {"name": "x"}}, "cart.add: argument 'gift' is missing"),
        ({"user": 1}, "expected str, got int 1; argument 'item' is missing; argument 'gift' is"),
    ],
)
def test_a_bad_call_is_refused_by_name(arguments: dict[str, Any], told: str) -> None:
    with pytest.raises(Refused) as caught:
        ADD.bind(arguments)
    assert told in str(caught.value)


def test_further_arguments_have_the_type_of_the_rest() -> None:
    method = Method("x.collect", collect)
    assert method.bind({"first": 1, "a": 2.5, "b": 3}) == {"first": 1, "a": 2.5, "b": 3.0}
    with pytest.raises(Refused, match="argument 'a': expected float"):
        method.bind({"first": 1, "a": "x"})


def test_async_functions_are_told_from_plain_ones() -> None:
    assert ADD.is_async
    assert not Method("x.collect", collect).is_async


def unresolvable(thing: Missing) -> None: ...


def by_place(thing: int, /) -> None: ...


def not_a_message(thing: Method) -> None: ...


def returns_none_either() -> Method: ...


@pytest.mark.parametrize(
    ("function", "told"),
    [
        (
            unresolvable,
            r"x\.unresolvable: an annotation cannot be resolved: .*Missing.*TYPE_CHECKING",
        ),
        (by_place, r"x\.by_place: arguments come by name, so take the `/` out"),
        (not_a_message, r"x\.not_a_message: thing: Method cannot be in a message"),
        (returns_none_either, r"x\.returns_none_either: the result: Method cannot be in a message"),
    ],
)
def test_what_cannot_be_served_is_told_at_start(function: Any, told: str) -> None:
    with pytest.raises(TypeError, match=told):
        Method(f"x.{function.__name__}", function)
