"""Calls services that may sleep."""

import asyncio

from meshkernel import NotDelivered, link, rpc

diary, first, absent = link("diary"), link("first"), link("absent")


@rpc
async def many(count: int) -> list[int]:
    """So many calls at once."""
    return await asyncio.gather(*(diary.echo(value=number) for number in range(count)))


@rpc
async def one_by_one(count: int, pause: float) -> int:
    """Calls with pauses that are about as long as the callee waits before it sleeps."""
    for number in range(count):
        assert await diary.echo(value=number) == number
        await asyncio.sleep(pause)
    return count


@rpc
async def chain(value: int) -> list[str]:
    return await first.through(value=value)


@rpc
async def try_absent() -> str:
    try:
        await absent.never()
    except NotDelivered as error:
        return str(error)
    return "it answered"


@rpc
async def knock(count: int) -> int:
    """So many connections of its own at once, to a port that the callee listens on by itself."""

    async def connection(number: int) -> bool:
        reader, writer = await asyncio.open_connection("diary", 9000)
        writer.write(b"%d\n" % number)
        answer = await reader.readline()
        writer.close()
        return answer == b"%d\n" % number

    return sum(await asyncio.gather(*(connection(number) for number in range(count))))
