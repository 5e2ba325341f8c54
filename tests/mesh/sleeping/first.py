"""Passes on what it is asked."""

from meshkernel import link, rpc

second = link("second")


@rpc
async def through(value: int) -> list[str]:
    return ["first", *await second.through(value=value)]
