"""What Python's own modules do in the child of a fork, and a sealed process can do without.

They make locks anew which another thread may have held, forget the other threads, and forget the
event loop. A process that is sealed has one thread, which holds none of these locks, and it goes on
with its loop. So there is nothing to do; but the hooks would run through 2,000 blocks of code, most
of which a service needs for nothing else. Hooks of other modules run as ever.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

_lock: Any = None  # stands for that of the hook's module


def _nothing() -> None:
    """Instead of a hook, with its globals."""


def _release() -> None:
    """The lock is taken by a hook in front of the fork."""
    _lock.release()


INSTEAD: dict[tuple[str, str], Callable[[], None]] = {
    ("threading", "_after_fork"): _nothing,
    ("logging", "_after_at_fork_child_reinit_locks"): _release,
    ("asyncio.events", "on_fork"): _nothing,  # since 3.12
}


def quiet() -> None:
    """For the fork that seals, which is the last one of this process: there is none behind it.

    A hook cannot be taken back, so its function gets other code.
    """
    for (module, name), instead in INSTEAD.items():
        hook = getattr(sys.modules.get(module), name, None)
        if hook is not None:
            hook.__code__ = instead.__code__
