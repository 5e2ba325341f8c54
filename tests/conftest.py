"""The order of all tests, who may run beside whom, and the kinds of images that meshes boot."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.folders import KINDS

if TYPE_CHECKING:
    from xdist.remote import Producer
    from xdist.scheduler import LoadScopeScheduling

HERE = Path(__file__).parent
ORDER = ("unit", "services", "guest", "mesh", "demo")
"""Folders: in process, then on ever more machines, so that a plain mistake is seen soon."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--images=warm``: tests of whole meshes run with one kind of images instead of both."""
    parser.addoption("--images", choices=KINDS, help="boot one kind of images in test meshes")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Have each test that asks for it run with images of both kinds."""
    if "images" in metafunc.fixturenames:
        chosen = metafunc.config.getoption("--images")
        kinds = [chosen] if chosen else KINDS
        metafunc.parametrize("images", kinds, indirect=True, scope="session")


@pytest.fixture(scope="session")
def images(request: pytest.FixtureRequest) -> str:
    """The kind of the images that meshes boot: ``warm`` or ``cold``."""
    chosen: str = request.param
    return chosen


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort the tests by their folders; within one, their order stays."""
    items.sort(key=_place)


def _place(item: pytest.Item) -> int:
    try:
        folder = item.path.relative_to(HERE).parts[0]
    except ValueError:  # a test of somebody else's
        return len(ORDER)
    return ORDER.index(folder) if folder in ORDER else len(ORDER)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """With ``-n``, a worker takes all tests at once that share something."""
    from tests.scheduling import Together

    config.option.loadscopereorder = False  # their order stays
    return Together(config, log)
