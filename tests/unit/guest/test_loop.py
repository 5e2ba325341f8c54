"""The event loop of a service does what asyncio's own does, through less code."""

from __future__ import annotations

import asyncio
import os
import selectors
import socket
from collections.abc import Iterator
from selectors import EVENT_READ, EVENT_WRITE, EpollSelector

import pytest

from meshkernel.guest import loop as loops
from meshkernel.guest.listening import Port


@pytest.fixture
def pairs() -> Iterator[list[socket.socket]]:
    """One that has something to read, one whose peer has gone, one that can only be written to."""
    ours, theirs = zip(*(socket.socketpair() for _ in range(3)), strict=True)
    theirs[0].send(b"x")
    theirs[1].close()
    yield list(ours)
    for each in (*ours, *theirs):
        each.close()


def answers(selector: selectors.BaseSelector, found: list[socket.socket]) -> list[object]:
    with selector:
        for each, events in zip(found, (EVENT_READ, EVENT_READ | EVENT_WRITE, 3), strict=True):
            selector.register(each, events, data=found.index(each))
        ready = sorted((key.fd, events, key.data) for key, events in selector.select(-1))
        selector.modify(found[2], EVENT_READ)
        selector.unregister(found[0])
        later = sorted((key.fd, events) for key, events in selector.select(0.01))
        return [ready, later, selector.get_key(found[1]).fd, len(selector.get_map())]


def test_the_selector_answers_as_that_of_the_standard_library(
    pairs: list[socket.socket],
) -> None:
    assert answers(loops.Selector(), pairs) == answers(EpollSelector(), pairs)


def test_more_descriptors_than_a_turn_takes_are_all_heard() -> None:
    heard: set[int] = set()
    with asyncio.Runner(loop_factory=loops.new_event_loop) as runner:
        loop = runner.get_loop()
        assert asyncio.get_event_loop_policy().get_event_loop() is loop

        async def listen() -> None:
            done = loop.create_future()
            ends = [os.pipe() for _ in range(3 * loops.AT_ONCE)]

            def readable(number: int) -> None:
                heard.add(number)
                loop.remove_reader(number)
                if len(heard) == len(ends):
                    done.set_result(None)

            for reading, writing in ends:
                loop.add_reader(reading, readable, reading)
                loop.add_reader(reading, readable, reading)  # in place of the first
                os.write(writing, b"x")
            await asyncio.wait_for(done, 10)
            for pair in ends:
                os.close(pair[0])
                os.close(pair[1])

        runner.run(listen())


async def test_a_port_answers_from_its_opening_on_and_many_at_once() -> None:
    delayed: list[int] = []
    all_here = asyncio.get_running_loop().create_future()

    class Protocol(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            end = transport.get_extra_info("socket")
            delayed.append(end.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            if len(delayed) == 50:
                all_here.set_result(None)

    port = await Port.take("127.0.0.1", 0, Protocol)
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port.number)
    await port.open()
    clients = [socket.create_connection(("127.0.0.1", port.number)) for _ in range(50)]
    await asyncio.wait_for(all_here, 10)
    assert all(delayed)
    for client in clients:
        client.close()
    port.server.close()


async def test_a_port_that_is_taken_is_told_and_nothing_is_left_open() -> None:
    first = await Port.take("127.0.0.1", 0, asyncio.Protocol)
    await first.open()
    with pytest.raises(OSError, match="in use"):
        await Port.take("127.0.0.1", first.number, asyncio.Protocol)
    first.server.close()
