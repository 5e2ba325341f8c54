"""Sockets of the library OS against Linux'."""

from __future__ import annotations

import pytest

from meshkernel.image.images import Image

from .running import in_machine, python_on_linux, python_run


@pytest.mark.parametrize(
    "program", ["sockets", "sockets6", "sockets_more", "local_sockets", "netlink"]
)
async def test_sockets(python_image: Image, program: str) -> None:
    done = await in_machine(python_run(program), python_image)
    assert done.ended == python_on_linux(program)
    assert not done.said
