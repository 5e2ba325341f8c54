"""Measures how long a call takes, as a caller sees it."""

import time

from meshkernel import link, rpc

PEERS = {name: link(name) for name in ("awake", "warm", "cold")}


@rpc
async def seconds(peer: str) -> float:
    began = time.monotonic()
    assert await PEERS[peer].echo(text="hello") == "hello"
    return time.monotonic() - began
