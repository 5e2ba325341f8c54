"""Sockets of the library OS against Linux'."""

from __future__ import annotations

from meshkernel.image.builder import Image

from .running import in_machine, python_on_linux, python_run


async def test_sockets(python_image: Image) -> None:
    done = await in_machine(python_run("sockets"), python_image)
    assert done.ended == python_on_linux("sockets")
    assert not done.said
