"""The order of all tests: what is quick first, so that a plain mistake is seen soon."""

from __future__ import annotations

from pathlib import Path

import pytest

HERE = Path(__file__).parent
ORDER = ("unit", "services", "guest", "mesh", "demo")
"""Folders: in process, then on ever more machines."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--cold``: tests of whole meshes boot all images cold; otherwise warm, and some both."""
    parser.addoption("--cold", action="store_true", help="boot images of test meshes cold")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort the tests by their folders; within one, their order stays."""
    items.sort(key=_place)


def _place(item: pytest.Item) -> int:
    try:
        folder = item.path.relative_to(HERE).parts[0]
    except ValueError:  # a test of somebody else's
        return len(ORDER)
    return ORDER.index(folder) if folder in ORDER else len(ORDER)
