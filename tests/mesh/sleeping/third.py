"""The end of a chain."""

from meshkernel import rpc


@rpc
async def through(value: int) -> list[str]:
    return ["third", str(value)]
