from meshkernel import rpc


@rpc
async def one() -> int:
    return 1
