"""Gives back what it gets."""

from meshkernel import rpc


@rpc
async def echo(text: str) -> str:
    return text
