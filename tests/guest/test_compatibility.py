"""A few minutes of CPython's own tests: what passes as a process passes in a machine, but for the
exceptions that have a reason. All of them: ``python -m tests.compatibility``."""

from __future__ import annotations

import pytest

from meshkernel.errors import UserError
from meshkernel.image.images import Image
from meshkernel.image.standard import require_tests
from tests.compatibility import exceptions, sides
from tests.compatibility.comparing import Compared

MODULES = [
    "test_epoll",
    "test_fcntl",
    "test_mmap",
    "test_os",
    "test_poll",
    "test_posix",
    "test_select",
    "test_shutil",
    "test_signal",
    "test_threadsignals",
]
"""Those that ask most of the library OS for the time that they take."""

pytestmark = pytest.mark.machine


@pytest.fixture(scope="module")
def whole_image() -> Image:
    """The interpreter with all of its library and its tests."""
    try:
        require_tests()
    except UserError as error:
        pytest.skip(str(error))
    return sides.build()


@pytest.mark.parametrize("module", MODULES)
async def test_passes_as_on_the_host(whole_image: Image, module: str) -> None:
    host = await sides.on_host(module)
    compared = Compared.of(module, host, await sides.in_machine(whole_image, module))
    assert compared.passed_on_host, compared.host_said
    assert not compared.unexplained(exceptions.load()), compared.inside_said
