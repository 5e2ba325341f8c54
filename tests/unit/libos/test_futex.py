"""Futexes on the host."""

from __future__ import annotations

from collections.abc import Callable


def test_futex(c_test: Callable[..., str]) -> None:
    c_test("futex", ["linux/robust.c", "linux/futex/futex.c"])
