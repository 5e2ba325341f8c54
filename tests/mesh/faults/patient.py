"""A service that is looked into, and that dies in every way."""

from __future__ import annotations

import asyncio
import ctypes
import logging
import os
import signal
import sys
import threading
import time

from meshkernel import on_start, on_stop, rpc

log = logging.getLogger("patient")
state = {"told": 0}


def terminated(number: int, frame: object) -> None:
    sys.stdout.write(f"signal {number} is handled\n")


@on_start
async def begin() -> None:
    threading.Thread(target=linger_on, daemon=True, name="lingers").start()


@on_stop
async def end() -> None:
    log.info("the patient leaves")


def linger_on() -> None:
    threading.Event().wait()


@rpc
async def tell(text: str) -> str:
    state["told"] += 1
    return text


@rpc
def look(path: str) -> int:
    return os.stat(path).st_size  # noqa: PTH116 - one call


@rpc
async def handle_signals() -> None:
    """Handle SIGTERM in Python's own way."""
    signal.signal(signal.SIGTERM, terminated)


@rpc
async def handle_in_loop() -> None:
    """Handle it in asyncio's way."""
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, terminated, signal.SIGTERM, None)


@rpc
async def hang() -> None:
    """Answer nobody any more."""
    log.info("the patient hangs")
    time.sleep(3600)  # noqa: ASYNC251 - that is the point


@rpc
def follow_null() -> None:
    ctypes.string_at(0)


@rpc
def leave(status: int) -> None:
    os._exit(status)


@rpc
def eat(megabytes: int) -> int:
    return len([b"x" * (1 << 20) for _ in range(megabytes)])


@rpc
def abort() -> None:
    os.abort()


@rpc
async def leave_soon() -> None:
    asyncio.get_running_loop().call_later(0.2, os._exit, 1)
