"""A service that several services are."""

import logging
import os
import socket

from meshkernel import link, rpc

at_import = socket.gethostname()


@rpc
async def names(peer: str | None = None) -> list[str]:
    logging.getLogger(__name__).info("asked")
    own = [at_import, socket.gethostname()]
    return own if peer is None else own + await link(peer).names()


@rpc
async def double(number: int) -> int:
    return 2 * number


@rpc
async def leave() -> None:
    os._exit(9)
