"""libuv's event loop: timers, threads, pipes, local sockets, TCP, UDP, signals, name look-up."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import tempfile
import time

import uvloop


class Echo(asyncio.DatagramProtocol):
    def connection_made(self, transport) -> None:
        self.transport = transport

    def datagram_received(self, data, sender) -> None:
        self.transport.sendto(data.upper(), sender)


class Ask(asyncio.DatagramProtocol):
    def __init__(self, answer) -> None:
        self.answer = answer

    def datagram_received(self, data, sender) -> None:
        self.answer.set_result(data)


async def upper(reader, writer) -> None:
    while line := await reader.readline():
        writer.write(line.upper())
        await writer.drain()
    writer.close()


async def ask(reader, writer) -> list[bytes]:
    answers = []
    for word in (b"one\n", b"two\n", b"x" * 50_000 + b"\n"):
        writer.write(word)
        answers.append((await reader.readline())[:5])
    writer.close()
    await writer.wait_closed()
    return answers


async def tcp() -> None:
    server = await asyncio.start_server(upper, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    pairs = [await asyncio.open_connection("127.0.0.1", port) for _ in range(5)]
    print(await asyncio.gather(*(ask(*pair) for pair in pairs)))
    try:
        await asyncio.open_connection("127.0.0.1", 1)
    except OSError as error:
        print(type(error).__name__)
    server.close()
    await server.wait_closed()


async def local(folder: str) -> None:
    path = f"{folder}/socket"
    server = await asyncio.start_unix_server(upper, path, limit=100_000)
    print(await ask(*await asyncio.open_unix_connection(path, limit=100_000)))
    server.close()
    await server.wait_closed()


async def udp() -> None:
    loop = asyncio.get_running_loop()
    server, _ = await loop.create_datagram_endpoint(Echo, local_addr=("127.0.0.1", 0))
    answer = loop.create_future()
    client, _ = await loop.create_datagram_endpoint(
        lambda: Ask(answer), remote_addr=server.get_extra_info("sockname")
    )
    client.sendto(b"datagram")
    print(await answer)
    client.close()
    server.close()


async def signals() -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGUSR1, signal.SIGTERM):
        arrived = asyncio.Event()
        loop.add_signal_handler(number, arrived.set)
        os.kill(os.getpid(), number)
        await arrived.wait()
        print(number.name, loop.remove_signal_handler(number))


async def pipes() -> None:
    loop = asyncio.get_running_loop()
    reading, writing = os.pipe()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(reading, "rb", 0)
    )
    transport, _ = await loop.connect_write_pipe(asyncio.BaseProtocol, os.fdopen(writing, "wb", 0))
    transport.write(b"through a pipe\n" * 10_000)
    print(len([await reader.readline() for _ in range(10_000)]))
    transport.close()
    print(await reader.read())


async def threads_and_timers() -> None:
    loop = asyncio.get_running_loop()
    before = time.monotonic()
    order: list[str] = []
    for delay, name in ((0.03, "third"), (0.01, "first"), (0.02, "second")):
        loop.call_later(delay, order.append, name)
    await asyncio.sleep(0.05)
    # libuv counts from the whole millisecond in which it last looked at the clock.
    print(order, time.monotonic() - before >= 0.045)
    print(await asyncio.gather(*(asyncio.to_thread(pow, 3, n) for n in range(5))))
    print((await loop.getaddrinfo("localhost", 80, type=socket.SOCK_STREAM))[0][4][1])
    try:
        await asyncio.wait_for(asyncio.Event().wait(), 0.01)
    except TimeoutError:
        print("timed out")


async def reading_watched() -> None:
    loop = asyncio.get_running_loop()
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    got = loop.create_future()
    loop.add_reader(ours, lambda: got.set_result(ours.recv(10)))
    theirs.send(b"watched")
    print(await got, loop.remove_reader(ours))
    ours.close()
    theirs.close()


async def main() -> None:
    loop = asyncio.get_running_loop()
    print(type(loop).__module__, type(loop).__name__, uvloop.loop.__file__.endswith(".so"))
    with tempfile.TemporaryDirectory() as folder:
        await tcp()
        await local(folder)
    await udp()
    await pipes()
    await threads_and_timers()
    await reading_watched()
    await signals()


uvloop.run(main())
