"""What a service module writes with: ``from meshkernel import link, rpc``.

This module runs inside the unikernel, where every import costs start-up time: it stays tiny, and
nothing of the host may be reached from it.
"""

from __future__ import annotations

from meshkernel.errors import (
    CallError,
    DeadlineExceeded,
    LinkError,
    MayHaveRun,
    MeshkernelError,
    NotDelivered,
    RemoteError,
)
from meshkernel.service import (
    after_seal,
    before_seal,
    bind_links,
    every,
    link,
    on_start,
    on_stop,
    rpc,
    shared_error,
)

__all__ = [
    "CallError",
    "DeadlineExceeded",
    "LinkError",
    "MayHaveRun",
    "MeshkernelError",
    "NotDelivered",
    "RemoteError",
    "after_seal",
    "before_seal",
    "bind_links",
    "every",
    "link",
    "on_start",
    "on_stop",
    "rpc",
    "shared_error",
]
