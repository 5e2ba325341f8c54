"""Passes on what it is asked."""

from meshkernel import link, rpc

third = link("third")


@rpc
async def through(value: int) -> list[str]:
    return ["second", *await third.through(value=value)]
