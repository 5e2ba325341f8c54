from __future__ import annotations

import pytest

from meshkernel.image.images import Image
from meshkernel.machine import program

from .running import python_run


@pytest.fixture(scope="session")
def python_image() -> Image:
    """One image with every program of tests/guest/python: analysing imports takes seconds."""
    return program.build(python_run())
