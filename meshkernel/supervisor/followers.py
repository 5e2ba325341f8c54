"""Those who follow what a running mesh tells, each with a queue of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Generic, TypeVar

BEHIND = 10_000
"""News that a follower may be behind before the oldest are left out."""

News = TypeVar("News")


class Followers(Generic[News]):
    """Whoever follows hears of all that is told from then on."""

    def __init__(self) -> None:
        self._queues: set[asyncio.Queue[News | None]] = set()
        self._closed = False

    def tell(self, news: News) -> None:
        """Let everybody hear of it; nobody is waited for."""
        for queue in self._queues:
            _put(queue, news)

    def close(self) -> None:
        """Nothing more is told: whoever follows comes to an end behind the last news."""
        self._closed = True
        for queue in self._queues:
            _put(queue, None)

    @asynccontextmanager
    async def following(self, wanted: Callable[[News], bool]) -> AsyncIterator[AsyncIterator[News]]:
        """What is wanted of the news from now on, for as long as the block runs."""
        queue: asyncio.Queue[News | None] = asyncio.Queue(BEHIND)
        if self._closed:
            _put(queue, None)

        async def news() -> AsyncIterator[News]:
            while (each := await queue.get()) is not None:
                if wanted(each):
                    yield each

        self._queues.add(queue)
        try:
            yield news()
        finally:
            self._queues.discard(queue)


def _put(queue: asyncio.Queue[News | None], news: News | None) -> None:
    if queue.full():
        queue.get_nowait()
    queue.put_nowait(news)
