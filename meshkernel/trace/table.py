"""How each call is shown: ``calls.txt``, and the request for it that follows."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import cache
from pathlib import Path

from attrs import frozen

from meshkernel.errors import Fault, UserError
from meshkernel.trace.protocol import CALLS, Kind, Request, Rule, When
from meshkernel.trace.structures import SIZES

HERE = Path(__file__).parent
NAMES = HERE.parent / "libos" / "arch" / "x86_64" / "syscall_names.h"

TEXT_SIZE = 32
"""Bytes of data that are shown of each argument, as strace has it."""

PATH_SIZE = 256
STRUCTURES = 8
"""Of an array, those that are shown at most."""

ARGUMENT = re.compile(r"([<>.]?)(!?\w+)(?:\[([=@]?)(\d*)\])?(!?)")


@frozen
class Argument:
    """One argument: ``direction`` is ``<`` in, ``>`` out, ``.`` flags, or empty for a plain number.

    ``count`` is how its elements are counted: by the ``other`` argument (``#``), by the result
    (``=``), by what ``other`` points to (``@``); or there is one (empty).
    """

    type: str
    direction: str = ""
    count: str = ""
    other: int = 0
    feature: bool = False


@frozen
class Call:
    """One system call."""

    number: int
    name: str
    arguments: tuple[Argument, ...]
    result: str = "int"


UNKNOWN = tuple(Argument("hex") for _ in range(6))


@cache
def call_names() -> dict[int, str]:
    """The name of every call of x86-64 Linux, by its number."""
    found = re.findall(r"NAME\((\d+), (\w+)\)", NAMES.read_text())
    return {int(number): name for number, name in found}


@cache
def table() -> dict[int, Call]:
    """The calls of ``calls.txt`` by their numbers."""
    numbers = {name: number for number, name in call_names().items()}
    calls = {}
    for line in (HERE / "calls.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            text, _, result = line.partition(" = ")
            name, *arguments = text.split()
            number = numbers[name]
            calls[number] = Call(
                number, name, tuple(_argument(word) for word in arguments), result or "int"
            )
    return calls


def call_of(number: int) -> Call:
    """How a call is shown; one that nobody knows as ``syscall_400`` with six numbers."""
    name = call_names().get(number, f"syscall_{number}")
    return table().get(number) or Call(number, name, UNKNOWN)


def request(
    calls: Collection[str] = (), *, once: bool = False, text_size: int = TEXT_SIZE
) -> Request:
    """What to ask a machine for.

    Args:
        calls: names of system calls; all if there are none. ``!name`` leaves one out.
        once: each call, and each feature of it, once.
        text_size: bytes of data that are shown of an argument.

    Raises:
        UserError: there is no call of such a name; has the nearest one.
    """
    numbers = _numbers(calls)
    rules = [rule for number in sorted(numbers) for rule in _rules(call_of(number), text_size)]
    return Request(numbers, tuple(rules), once)


def _numbers(calls: Collection[str]) -> frozenset[int]:
    numbers = {name: number for number, name in call_names().items()}
    plain = [name.removeprefix("!") for name in calls]
    if unknown := [name for name in plain if name not in numbers]:
        raise UserError(*(_unknown(name, numbers) for name in unknown))
    wanted = {numbers[name] for name in calls if not name.startswith("!")}
    unwanted = {numbers[name.removeprefix("!")] for name in calls if name.startswith("!")}
    return frozenset((wanted or set(range(CALLS))) - unwanted)


def _unknown(name: str, known: Collection[str]) -> Fault:
    from difflib import get_close_matches  # noqa: PLC0415 - only for a mistake

    near = get_close_matches(name, known, 1)
    remedy = f"did you mean {near[0]}?" if near else "give names as strace does"
    return Fault(f"there is no system call {name!r}", remedy, key="-e")


def _argument(word: str) -> Argument:
    found = ARGUMENT.fullmatch(word)
    if found is None:
        raise ValueError(f"calls.txt: {word!r} is no argument")
    direction, kind, mark, other, feature = found.groups()
    count = mark or ("#" if other else "")
    return Argument(kind, direction, count, int(other or 0), bool(feature))


def _rules(call: Call, text_size: int) -> Iterator[Rule]:
    for index, argument in enumerate(call.arguments):
        kind, size, unit = _reading(argument, text_size)
        when = When.END if argument.direction == ">" else When.START
        if argument.feature:
            when |= When.FEATURE
        if kind is not Kind.VALUE or argument.feature:
            yield Rule(call.number, index, kind, when, size, argument.other, unit)


def _reading(argument: Argument, text_size: int) -> tuple[Kind, int, int]:
    """How to read it, its most bytes, and the bytes of one element."""
    if argument.type == "text":
        return Kind.TEXT, max(PATH_SIZE, text_size), 1
    if argument.direction not in ("<", ">"):
        return Kind.VALUE, 0, 1
    if argument.type in ("vector", "message"):
        return Kind.VECTOR if argument.type == "vector" else Kind.MESSAGE, text_size, 1
    unit = SIZES[argument.type]
    size = {"b": text_size, "sockaddr": 128}.get(argument.type, STRUCTURES * unit)
    if argument.type == "sockaddr":
        unit = 1  # its length is in bytes
    if not argument.count:
        return Kind.BYTES, SIZES[argument.type], unit
    kinds = {"#": Kind.COUNTED, "=": Kind.RETURNED, "@": Kind.LENGTH_AT}
    return kinds[argument.count], size, unit
