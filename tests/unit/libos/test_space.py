"""The address space against a model, on the host."""

from __future__ import annotations

from collections.abc import Callable

SOURCES = [
    f"mm/{name}.c" for name in ("areas", "break", "fault", "place", "remap", "space", "user")
]


def test_space(c_test: Callable[..., str]) -> None:
    c_test("space", SOURCES)
