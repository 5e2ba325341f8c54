"""Futexes on the host."""

from __future__ import annotations

from collections.abc import Callable

from .conftest import sources_of


def test_futex(c_test: Callable[..., str]) -> None:
    sources = sources_of("linux/futex", "linux/futex/operations")
    c_test("futex", ["core/start.c", "linux/robust.c", *sources])
