"""Does not come up."""

from meshkernel import on_start, rpc


@on_start
def begin() -> None:
    raise OSError("no shelf is left")


@rpc
async def never() -> None: ...
