"""Is awake, and calls the one that sleeps."""

from __future__ import annotations

from meshkernel import link, rpc

sleeper = link("sleeper")


@rpc
async def ask() -> int:
    return await sleeper.memory()
