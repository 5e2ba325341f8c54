"""Says which replica it is, to callers and to whoever connects."""

import asyncio
import os

from meshkernel import on_start, rpc

kept: list[asyncio.Server] = []


@on_start
async def begin() -> None:
    kept.append(await asyncio.start_server(greet, "0.0.0.0", 81))


async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(f"{name()}\n".encode())
    await writer.drain()
    await reader.read()
    writer.close()


def name() -> str:
    return os.uname().nodename


@rpc(idempotent=True)
async def where(seconds: float = 0.0) -> str:
    await asyncio.sleep(seconds)
    return name()


@rpc
async def keep(seconds: float = 0.0) -> str:
    await asyncio.sleep(seconds)
    return name()
