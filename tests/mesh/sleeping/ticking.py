"""Has something to do, and does not sleep."""

from meshkernel import every, rpc


@every("1h")
def tick() -> None: ...


@rpc
async def echo(value: int) -> int:
    return value
