"""Calls a service from several places at a time, for as long as it is told to."""

import asyncio
import os
import socket
from collections import Counter
from contextvars import Context

from meshkernel import link, rpc

ending = asyncio.Event()
news = asyncio.Event()
answers: Counter[str] = Counter()
errors: list[str] = []
tasks: list[asyncio.Task[None]] = []


@rpc
async def meet(service: str, names: list[str]) -> None:
    """Call until each of these replicas has answered: connections are opened in the background."""
    missing = set(names)
    while missing:
        missing.discard(await link(service).where())


@rpc
async def spread(service: str, count: int) -> dict[str, int]:
    """So many calls, four at a time."""
    found: Counter[str] = Counter()
    for _ in range(count // 4):
        found.update(await asyncio.gather(*(link(service).where() for _ in range(4))))
    return dict(found)


@rpc
async def known(name: str) -> list[str]:
    """The addresses that a link's name stands for."""
    found = await asyncio.get_running_loop().getaddrinfo(name, 81, type=socket.SOCK_STREAM)
    return [address[0] for *_, address in found]


@rpc
async def who() -> str:
    return os.uname().nodename


@rpc
async def begin(service: str, method: str, clients: int, seconds: float) -> None:
    """From now on so many clients make one call after the other."""
    ending.clear()
    answers.clear()
    errors.clear()

    async def client() -> None:
        while not ending.is_set():
            try:
                answers[await getattr(link(service), method)(seconds=seconds)] += 1
                news.set()
            except Exception as error:
                errors.append(repr(error))
                await asyncio.sleep(0.1)

    # In contexts of their own: this call's deadline is not theirs.
    tasks.extend(asyncio.create_task(client(), context=Context()) for _ in range(clients))


@rpc
async def answered(names: list[str], count: int) -> None:
    """Wait until each of these replicas has answered so many calls from now on."""
    aims = {name: answers[name] + count for name in names}
    while any(answers[name] < aim for name, aim in aims.items()):
        news.clear()
        await news.wait()


@rpc
async def end() -> list[str]:
    """What went wrong meanwhile."""
    ending.set()
    await asyncio.gather(*tasks)
    tasks.clear()
    return errors
