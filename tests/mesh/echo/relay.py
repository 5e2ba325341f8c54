"""The service that calls: over its link to the store, and on a port of its own."""

from __future__ import annotations

import asyncio
import logging

from meshkernel import link, on_start, rpc

store = link("store")


@on_start
async def listen() -> None:
    await asyncio.start_server(_answer, "0.0.0.0", 8000)
    logging.getLogger("relay").info("the relay opens")


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    text = (await reader.readline()).decode().strip()
    writer.write(f"{await store.echo(text=text)}\n".encode())
    await writer.drain()
    writer.close()


@rpc
async def relay(text: str) -> str:
    return await store.echo(text=text)


@rpc
async def divide(value: int, by: int) -> float:
    return await store.divide(value=value, by=by)


@rpc
async def wait(seconds: float) -> str:
    return await store.wait(seconds=seconds)
