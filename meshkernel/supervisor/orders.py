"""Commands to the switch of which nobody waits for the answer."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

from meshkernel.errors import SupervisorError

Order = Coroutine[Any, Any, None]


class Orders:
    """Has the switch carry out commands in the background, in the order in which they are given."""

    def __init__(self) -> None:
        self._given: set[asyncio.Task[None]] = set()

    def give(self, order: Order) -> None:
        """Have the switch carry out a command, behind those before it."""
        task = asyncio.create_task(quietly(order))
        self._given.add(task)
        task.add_done_callback(self._given.discard)

    def close(self) -> None:
        """Wait for no answer any more."""
        for task in self._given:
            task.cancel()


async def quietly(order: Order) -> None:
    """Have the switch carry out a command; nothing happens where it cannot."""
    with suppress(SupervisorError):  # it has ended, and the mesh with it; or the machine just has
        await order
