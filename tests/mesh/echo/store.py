"""The service that is called: it answers, fails, waits, and dies in several ways."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import threading

from meshkernel import on_start, on_stop, rpc

log = logging.getLogger("store")
taps: list[socket.socket] = []
seen: list[bytes] = []


@on_start
async def begin() -> None:
    log.info("the store opens")


@on_stop
async def end() -> None:
    log.info("the store closes")


@rpc
async def echo(text: str) -> str:
    return text


@rpc
def divide(value: int, by: int) -> float:
    log.info("dividing by %s", by)
    return value / by


@rpc
async def wait(seconds: float) -> str:
    await asyncio.sleep(seconds)
    return "waited"


@rpc
def leave(status: int) -> None:
    os._exit(status)


@rpc
def eat(megabytes: int) -> int:
    """Use so much memory, really: bit by bit, so that no single wish is hopeless."""
    return len([b"x" * (1 << 20) for _ in range(megabytes)])


@rpc
def watch() -> None:
    """Keep every frame that arrives at this machine from now on."""
    if not taps:
        taps.append(socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)))
        threading.Thread(target=receive, args=taps, daemon=True).start()
    seen.clear()


def receive(tap: socket.socket) -> None:
    while True:
        seen.append(tap.recv(2048))


@rpc
def frames_with(backwards: bytes) -> int:
    """How many of the frames have these bytes in them; backwards, for this call is one, too."""
    return sum(backwards[::-1] in frame for frame in seen)


@rpc
async def connect(address: str, port: int) -> str:
    """Try to open a connection; say how it went."""
    try:
        async with asyncio.timeout(1.0):
            await asyncio.open_connection(address, port)
    except (TimeoutError, OSError) as error:
        return type(error).__name__
    return "connected"
