"""Ports that hold: who calls a machine that sleeps waits for it, and sees nothing but time."""

from __future__ import annotations

import asyncio
import socket
import struct

import pytest

from meshkernel.errors import SupervisorError
from meshkernel.network.dial import DialError, open_dial
from meshkernel.network.switch import Switch
from meshkernel.topology.model import Expose

from .conftest import ADDRESS, Attach, StartPeer, StartSwitch, make_plan, until
from .frames import ACK, RST, SECONDS, SYN, SYN_ACK, tcp, udp

A, B = ADDRESS["a"], ADDRESS["b"]
ECHO = 7
OPEN = tcp(A, B, (4000, 7000), SYN)
OTHER = tcp(A, B, (4001, 7000), SYN)
DATAGRAM = udp(A, B, (5000, 53))


class Summons:
    """Who was wanted, in order."""

    def __init__(self, switch: Switch) -> None:
        self.seen: list[str] = []
        self._news = asyncio.Event()
        switch.on_summon = self._note

    def _note(self, service: str) -> None:
        self.seen.append(service)
        self._news.set()

    async def next(self) -> str:
        async with asyncio.timeout(SECONDS):
            await self._news.wait()
        self._news.clear()
        return self.seen[-1]


@pytest.fixture
async def sleeping(start_switch: StartSwitch) -> Switch:
    """b sleeps; one of its ports is exposed."""
    return await start_switch(make_plan(asleep=["b"], b=(Expose(host=0, port=ECHO),)))


async def test_what_opens_a_connection_waits_and_summons_once(
    sleeping: Switch, attach: Attach
) -> None:
    summons = Summons(sleeping)
    a = await attach(sleeping, "a")
    await a.send(OPEN, OTHER, OPEN, DATAGRAM)
    assert await summons.next() == "b"
    await until(sleeping, lambda counters: counters.ports["b"].kept == 3)
    b = await attach(sleeping, "b")  # it boots: nothing yet
    await a.send(OPEN)
    counters = await until(sleeping, lambda counters: counters.ports["a"].sent.frames == 5)
    assert (counters.ports["b"].holds, counters.ports["b"].kept) == (True, 3)
    assert counters.ports["b"].received.frames == 0
    await sleeping.release("b")
    await b.receives(OTHER, DATAGRAM, OPEN)  # the one that was sent again came last
    answer = tcp(B, A, (7000, 4000), SYN_ACK, seq=1, ack=1001)
    await b.send(answer)
    await a.receives(answer)
    counters = await sleeping.counters()
    assert (counters.ports["b"].holds, counters.ports["b"].kept) == (False, 0)
    assert counters.ports["a"].drops == {}
    assert summons.seen == ["b"]


async def test_a_booting_machine_may_call_others(start_switch: StartSwitch, attach: Attach) -> None:
    switch = await start_switch(make_plan([("a", "b"), ("b", "c")], ["b"]))
    summons = Summons(switch)
    b, c = await attach(switch, "b"), await attach(switch, "c")
    question = tcp(B, ADDRESS["c"], (4000, 7000), SYN)
    answer = tcp(ADDRESS["c"], B, (7000, 4000), SYN_ACK, seq=1, ack=1001)
    await b.send(question)
    await c.receives(question)
    await c.send(answer)
    await b.receives(answer)
    assert summons.seen == []


async def test_what_does_not_come_up_is_refused(sleeping: Switch, attach: Attach) -> None:
    summons = Summons(sleeping)
    a = await attach(sleeping, "a")
    await a.send(OPEN)
    assert await summons.next() == "b"
    await sleeping.refuse("b")
    reset = await a.receive()
    assert reset[47] == RST | ACK
    await a.send(OPEN)
    await until(sleeping, lambda counters: counters.ports["a"].drops == {"not-attached": 1})
    await sleeping.hold("b")
    await a.send(OPEN)
    await until(sleeping, lambda counters: counters.ports["b"].kept == 1)
    assert summons.seen == ["b", "b"]


async def test_a_thousand_clients_from_outside_wait_for_one_machine(
    sleeping: Switch, start_peer: StartPeer
) -> None:
    summons = Summons(sleeping)
    port = sleeping.exposed[0].port

    async def client(number: int) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"hello %d" % number)
        writer.write_eof()
        try:
            return await reader.read(-1)
        finally:
            writer.close()

    async with asyncio.timeout(3 * SECONDS):
        clients = [asyncio.create_task(client(number)) for number in range(1000)]
        assert await summons.next() == "b"
        await until(sleeping, lambda counters: counters.tunnels == 1000)
        await start_peer(sleeping, "b")
        await sleeping.release("b")
        assert await asyncio.gather(*clients) == [b"hello %d" % each for each in range(1000)]
    assert summons.seen == ["b"]


async def test_a_dialer_waits_too_and_is_told_what_went_wrong(sleeping: Switch) -> None:
    summons = Summons(sleeping)
    dialing = asyncio.create_task(open_dial(sleeping.dial_socket, B, ECHO, patience=SECONDS))
    assert await summons.next() == "b"
    await sleeping.refuse("b")
    with pytest.raises(DialError, match="the service did not start"):
        await dialing
    await sleeping.hold("b")
    with pytest.raises(DialError, match="the service did not start in time"):
        await open_dial(sleeping.dial_socket, B, ECHO, patience=0.05)
    assert summons.seen == ["b", "b"]


async def test_a_machine_that_ends_before_it_answers_is_wanted_again(
    sleeping: Switch, attach: Attach
) -> None:
    """As when a caller comes while a service is just going to sleep."""
    summons = Summons(sleeping)
    await sleeping.release("b")
    b = await attach(sleeping, "b")
    dialing = asyncio.create_task(open_dial(sleeping.dial_socket, B, ECHO, patience=SECONDS))
    await b.receive()
    await sleeping.hold("b")
    assert summons.seen == []
    b.close()
    assert await summons.next() == "b"
    dialing.cancel()


async def test_whoever_waits_for_a_port_that_begins_to_hold_wants_it(
    start_switch: StartSwitch,
) -> None:
    switch = await start_switch(make_plan())
    summons = Summons(switch)
    dialing = asyncio.create_task(open_dial(switch.dial_socket, B, ECHO, patience=SECONDS))
    await until(switch, lambda counters: counters.tunnels == 1)
    await switch.hold("b")
    assert await summons.next() == "b"
    dialing.cancel()


async def test_only_an_unused_machine_may_sleep(sleeping: Switch, attach: Attach) -> None:
    await sleeping.release("b")
    a, b = await attach(sleeping, "a"), await attach(sleeping, "b")
    await a.send(OPEN)
    await b.receives(OPEN)
    assert not await sleeping.sleep("b", 7000)  # half-open
    answer = tcp(B, A, (7000, 4000), SYN_ACK, seq=1, ack=1001)
    await b.send(answer)
    await a.receives(answer)
    assert not await sleeping.sleep("b", 80)
    assert not (await sleeping.counters()).ports["b"].holds
    assert await sleeping.sleep("b", 7000)  # a connection that is there for calls
    data = tcp(A, B, (4000, 7000), ACK, b"a call", seq=1001, ack=2)
    await a.send(OTHER, data)
    await b.receives(data)  # which goes on, while a new one waits
    counters = await sleeping.counters()
    assert (counters.ports["b"].holds, counters.ports["b"].kept) == (True, 1)


async def test_commands_for_no_service(sleeping: Switch) -> None:
    for command in (sleeping.hold, sleeping.release, sleeping.refuse):
        for name in ("nobody", "gateway"):
            with pytest.raises(SupervisorError, match="no such"):
                await command(name)
    with pytest.raises(SupervisorError, match="expected PORT NUMBER"):
        await sleeping.sleep("gateway", 7000)


async def test_a_client_that_gives_up_leaves_nothing(sleeping: Switch) -> None:
    summons = Summons(sleeping)
    client = socket.create_connection(("127.0.0.1", sleeping.exposed[0].port))
    assert await summons.next() == "b"
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()
    await until(sleeping, lambda counters: counters.tunnels == 0)
    assert (await sleeping.counters()).ports["b"].holds


async def test_who_listens_late_is_told_of_the_summons_before(sleeping: Switch) -> None:
    with pytest.raises(DialError, match="did not start in time"):
        await open_dial(sleeping.dial_socket, B, ECHO, patience=0.05)
    assert Summons(sleeping).seen == ["b"]
