"""The deadline of the call that is being served: calls made on its behalf inherit it."""

from __future__ import annotations

import asyncio
from contextvars import ContextVar

_deadline: ContextVar[float | None] = ContextVar("meshkernel_deadline", default=None)


def inherit(seconds: float | None) -> None:
    """For the running task and what it calls: this much time is left."""
    _deadline.set(None if seconds is None else asyncio.get_running_loop().time() + seconds)


def seconds_for(limit: float) -> float:
    """How long a call may take: the limit, or what is left of the deadline if that is less. May be
    negative.
    """
    deadline = _deadline.get()
    if deadline is None:
        return limit
    return min(limit, deadline - asyncio.get_running_loop().time())
