"""The event loop of a service: asyncio's own, with a selector that goes through less code.

What it leaves out is executed nowhere else in most services, so each piece would have to be
translated once behind the seal, where a processor is emulated.
"""

from __future__ import annotations

import asyncio
import select
import sys
from asyncio import selector_events
from collections.abc import Callable
from selectors import EVENT_READ, EVENT_WRITE, EpollSelector, SelectorKey
from typing import Any

AT_ONCE = 32
"""Descriptors that one turn of the loop hears of; of more the next turn does. Room for so many
comes from Python's own allocator, and not from the C library's.
"""

LARGEST_READ = 1 << 16
"""Bytes that a transport asks for at once. With asyncio's own 256 KiB each read would be a map of
fresh memory, and its end: the C library maps what is larger than 128 KiB (mallopt(3)).
"""


class Selector(EpollSelector):
    """The standard library's, but for what surrounds each wait and each new descriptor."""

    _fd_to_key: dict[int, SelectorKey]
    _selector: select.epoll

    def select(self, timeout: float | None = None) -> list[tuple[SelectorKey, int]]:
        """epoll itself takes None and rounds up; what is negative is over."""
        if timeout is not None and timeout < 0:
            timeout = 0
        ready: list[tuple[SelectorKey, int]] = []
        try:
            found = self._selector.poll(timeout, AT_ONCE)
        except InterruptedError:
            return ready
        for descriptor, event in found:
            key = self._fd_to_key.get(descriptor)
            if key is not None:
                events = EVENT_READ if event & ~select.EPOLLOUT else 0
                if event & ~select.EPOLLIN:
                    events |= EVENT_WRITE
                ready.append((key, events & key.events))
        return ready


class Loop(asyncio.SelectorEventLoop):
    """asyncio's, whose readers are new ones mostly; it finds that out by an error until 3.12."""

    _selector: Selector

    if sys.version_info < (3, 13):

        def _add_reader(self, fd: Any, callback: Callable[..., Any], *args: Any) -> asyncio.Handle:
            if type(fd) is not int or fd in self._selector._fd_to_key:
                known: asyncio.Handle = super()._add_reader(fd, callback, *args)  # type: ignore[misc]
                return known
            self._check_closed()  # type: ignore[attr-defined]
            handle = asyncio.Handle(callback, args, self, None)
            self._selector.register(fd, EVENT_READ, (handle, None))
            return handle


def new_event_loop() -> asyncio.AbstractEventLoop:
    """Is the current one from now on, as that which asyncio would have made."""
    selector_events._SelectorTransport.max_size = LARGEST_READ  # type: ignore[attr-defined]
    loop = Loop(Selector())
    asyncio.set_event_loop(loop)
    return loop
