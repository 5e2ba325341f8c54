"""Exceptions as they travel."""

from __future__ import annotations

import pytest

from meshkernel.errors import NotDelivered, RemoteError
from meshkernel.wire import faults
from meshkernel.wire.codec import pack, unpack


class SeatTaken(ValueError):  # noqa: N818
    pass


class Picky(Exception):  # noqa: N818
    def __init__(self, one: int, two: int) -> None:
        super().__init__(f"{one} and {two}")


class Unspeakable(Exception):  # noqa: N818
    def __str__(self) -> str:
        raise RuntimeError("no")


SHARED = {f"{__name__}.{cls.__qualname__}": cls for cls in (SeatTaken, Picky)}


def travel(error: BaseException, callee: dict = SHARED, caller: dict = SHARED) -> Exception:
    return faults.rebuild(unpack(pack(faults.raised(error, callee))), "shop.buy", caller)


def caught(error: BaseException) -> BaseException:
    """With a stack of its own, below one frame of machinery."""
    namespace = {"__name__": "meshkernel.wire.server"}
    exec("def serve(function): function()", namespace)

    def users_function() -> None:
        raise error

    try:
        namespace["serve"](users_function)
    except BaseException as raised:
        raised.__traceback__ = raised.__traceback__.tb_next  # without this function
        return raised
    raise AssertionError


def test_other_exceptions_arrive_as_remote_errors() -> None:
    error = travel(caught(KeyError("k")))
    assert isinstance(error, RemoteError)
    assert (error.type, error.message) == ("KeyError", "'k'")


def test_the_class_is_named_with_its_module() -> None:
    error = travel(SeatTaken("12C"), callee={})
    assert isinstance(error, RemoteError)
    assert error.type == f"{__name__}.SeatTaken"


def test_the_stack_begins_with_the_users_code() -> None:
    stack = faults.stack_of(caught(ValueError("v")))
    assert "users_function" in stack
    assert "in serve" not in stack
    assert stack.endswith("ValueError: v\n")


def test_a_stack_of_machinery_alone_stays_whole() -> None:
    namespace = {"__name__": "asyncio.tasks"}
    exec("def step(): raise OSError('inside')", namespace)
    try:
        namespace["step"]()
    except OSError as error:
        error.__traceback__ = error.__traceback__.tb_next
        assert "in step" in faults.stack_of(error)


def test_a_remote_error_carries_the_stack_beyond_it() -> None:
    outer = ValueError("outer")
    outer.__cause__ = RemoteError("KeyError", "'k'", "the stack far away\n")
    stack = faults.stack_of(outer)
    assert stack.index("ValueError: outer") < stack.index("the stack far away")


def test_a_remote_error_that_a_function_lets_pass_keeps_what_it_is() -> None:
    passed = caught(RemoteError("shop.SoldOut", "milk", "the stack far away\n"))
    error = travel(passed)
    assert isinstance(error, RemoteError)
    assert (error.type, error.message) == ("shop.SoldOut", "milk")
    assert error.stack.index("users_function") < error.stack.index("the stack far away")


def test_machinery_between_the_users_frames_is_left_out() -> None:
    ours = {"__name__": "meshkernel.guest.peers"}
    exec("def relay(function): function()", ours)

    def inner() -> None:
        raise ValueError("v")

    def outer() -> None:
        ours["relay"](inner)

    with pytest.raises(ValueError, match="v") as raised:
        outer()
    stack = faults.stack_of(raised.value)
    assert "in outer" in stack
    assert "in inner" in stack
    assert "in relay" not in stack


def test_shared_exceptions_arrive_as_themselves() -> None:
    error = travel(caught(SeatTaken("12C", 3)))
    assert type(error) is SeatTaken
    assert error.args == ("12C", 3)
    assert "users_function" in error.__notes__[0]


@pytest.mark.parametrize("error", [Picky(1, 2), SeatTaken(object())])
def test_what_cannot_be_built_anew_is_a_remote_error(error: Exception) -> None:
    assert isinstance(travel(error), RemoteError)


def test_an_exception_that_has_no_text_is_told_all_the_same() -> None:
    error = travel(Unspeakable())
    assert isinstance(error, RemoteError)
    assert "RuntimeError" in error.message


def test_a_refusal_is_safe_to_retry() -> None:
    error = faults.rebuild(faults.refusal("no such argument"), "shop.buy", {})
    assert type(error) is NotDelivered
    assert str(error) == "no such argument"


@pytest.mark.parametrize("payload", [None, {}, {"kind": "other"}, {"kind": "raised", "type": 3}])
def test_an_error_of_unknown_form_is_an_error_still(payload: object) -> None:
    assert "unknown form" in str(faults.rebuild(payload, "shop.buy", {}))
