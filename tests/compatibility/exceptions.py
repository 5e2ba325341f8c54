"""Methods that pass on the host and cannot in a unikernel: `exceptions.toml`."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path

from attrs import frozen

FILE = Path(__file__).with_name("exceptions.toml")


@frozen
class Exempt:
    """``tests`` are identifiers, or patterns with ``*``, without the leading ``test.``."""

    reason: str
    tests: tuple[str, ...]


@functools.cache
def load(path: Path = FILE) -> tuple[Exempt, ...]:
    """Reads the file; ValueError for a pattern that is there twice."""
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    found = tuple(Exempt(each["reason"], tuple(each["tests"])) for each in table["exception"])
    patterns = [pattern for each in found for pattern in each.tests]
    if twice := {pattern for pattern in patterns if patterns.count(pattern) > 1}:
        raise ValueError(f"{path.name}: {min(twice)} is there twice")
    return found


def reason_of(test: str, exempt: Iterable[Exempt]) -> str | None:
    """Why a method is excepted, if it is."""
    name = test.removeprefix("test.")
    for each in exempt:
        if any(fnmatchcase(name, pattern) for pattern in each.tests):
            return each.reason
    return None


def stale(exempt: Iterable[Exempt], known: Iterable[str], needed: Iterable[str]) -> list[str]:
    """The patterns that excuse nothing, although methods of their module ran.

    Args:
        exempt: all exceptions.
        known: every method of the modules that ran.
        needed: those that an exception excuses.
    """
    modules = {_module(test) for test in known}
    names = {test.removeprefix("test.") for test in needed}
    return [
        pattern
        for each in exempt
        for pattern in each.tests
        if _module(pattern) in modules and not any(fnmatchcase(name, pattern) for name in names)
    ]


def _module(test: str) -> str:
    return test.removeprefix("test.").partition(".")[0]
