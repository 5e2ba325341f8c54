"""Asks the shelf with aiohttp's client."""

import aiohttp

from meshkernel import rpc


@rpc
async def work(name: str, size: int) -> dict:
    """Put a book of so many bytes on the shelf, and fetch it."""
    book = bytes(range(256)) * (size // 256)
    address = f"http://shelf:8080/{name}"
    async with aiohttp.ClientSession() as session:
        async with session.put(address, data=book) as answer:
            put = answer.status
        async with session.get(address) as answer:
            return {"put": put, "got": answer.status, "same": await answer.read() == book}
