"""asyncio: timers, tasks, sockets in one process, executors, cancelling, local sockets."""

from __future__ import annotations

import asyncio
import signal
import tempfile
import time


async def timers() -> None:
    order: list[int] = []

    async def after(delay: float, number: int) -> None:
        await asyncio.sleep(delay)
        order.append(number)

    start = time.monotonic()
    await asyncio.gather(after(0.03, 3), after(0.01, 1), after(0.02, 2))
    print(order, 0.03 <= time.monotonic() - start < 5)
    try:
        async with asyncio.timeout(0.01):
            await asyncio.sleep(10)
    except TimeoutError:
        print("timed out")


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()


async def talk(address: tuple[str, int], number: int) -> int:
    reader, writer = await asyncio.open_connection(*address)
    text = bytes([number]) * (1000 * number + 1)
    writer.write(text)
    writer.write_eof()
    back = await reader.read(-1)
    writer.close()
    await writer.wait_closed()
    return len(back) if back == text else -1


async def sockets() -> None:
    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    address = server.sockets[0].getsockname()
    print(await asyncio.gather(*(talk(address, number) for number in range(20))))
    server.close()
    await server.wait_closed()
    try:
        await asyncio.open_connection(*address)
    except ConnectionRefusedError:
        print("refused")


async def local_sockets() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/socket"
        server = await asyncio.start_unix_server(echo, path)
        reader, writer = await asyncio.open_unix_connection(path)
        writer.write(b"over a path\n")
        print(await reader.readline())
        writer.close()
        server.close()


async def executor() -> None:
    loop = asyncio.get_running_loop()
    print(await asyncio.gather(*(asyncio.to_thread(pow, 2, n) for n in range(10))))
    print(await loop.getaddrinfo("127.0.0.1", 80, type=1))
    names = await loop.getaddrinfo("localhost", 80, family=2, type=1)
    print(names)


async def cancelling() -> None:
    task = asyncio.create_task(asyncio.sleep(100))
    await asyncio.sleep(0)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        print("cancelled")
    done = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, done.set)
    signal.raise_signal(signal.SIGUSR1)
    await done.wait()
    print("signalled")


async def queues() -> None:
    queue: asyncio.Queue[int] = asyncio.Queue(3)

    async def produce() -> None:
        for number in range(10):
            await queue.put(number)

    async with asyncio.TaskGroup() as group:
        group.create_task(produce())
        print([await queue.get() for _ in range(10)])


async def main() -> None:
    for part in (timers, sockets, local_sockets, executor, cancelling, queues):
        print(part.__name__)
        await part()


asyncio.run(main())
