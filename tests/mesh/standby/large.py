"""Says how much memory it has."""

from __future__ import annotations

import os

from meshkernel import rpc


@rpc
async def memory() -> int:
    """Bytes."""
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
