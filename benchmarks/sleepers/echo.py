"""Answers what it is asked."""

from meshkernel import rpc


@rpc
async def echo(text: str) -> str:
    return text
