"""Keeps files in memory, as its code says, and calls another service, as its topology says."""

from __future__ import annotations

import os

from meshkernel import link, rpc

plain = link("plain")


@rpc
def remember(text: str) -> str:
    with os.fdopen(os.memfd_create("memory"), "w+") as file:
        file.write(text)
        file.seek(0)
        return file.read()


@rpc
async def quadruple(value: int) -> int:
    return 2 * int(await plain.double(value=value))
