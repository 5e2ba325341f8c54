"""Writes down when it starts and stops; some of it only into a map of a file."""

import asyncio
import mmap
from pathlib import Path

from meshkernel import on_start, on_stop, rpc

PAGES = Path("/data/pages")
MAPPED = Path("/data/mapped")
SIZE = 4096
kept = {}


@on_start
def begin() -> None:
    if not MAPPED.exists():
        MAPPED.write_bytes(bytes(SIZE))
    with MAPPED.open("r+b") as file:
        kept["map"] = mmap.mmap(file.fileno(), SIZE)
    note("start")


@on_start
async def listen() -> None:
    kept["server"] = await asyncio.start_server(answer, "0.0.0.0", 9000)


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(await reader.readline())
    writer.close()


def note(text: str) -> None:
    with PAGES.open("a") as file:
        file.write(f"{text}\n")
    kept["map"][0] += 1  # nothing syncs it


@on_stop
def end() -> None:
    note("stop")


@rpc
async def echo(value: int) -> int:
    return value


@rpc
async def compute(seconds: float) -> str:
    await asyncio.sleep(seconds)
    return "done"


@rpc
def pages() -> list[str]:
    return PAGES.read_text().split()


@rpc
def mapped() -> int:
    return kept["map"][0]
