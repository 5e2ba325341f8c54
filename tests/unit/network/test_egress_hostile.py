"""Machines and servers that mean ill, or know no better, at the ways out."""

from __future__ import annotations

import asyncio
import random
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from meshkernel.network.switch import Switch

from .conftest import Attach, StartSwitch, until
from .frames import ACK, FIN, RST, SECONDS, SYN, Machine, tcp
from .outside import FLAGS, PLACE, A, Connection, drops, reaching, server, way, way_of

OUTGOING = 1024
"""Connections of one service at a time: OUTGOING_PER_PORT in attempt.h."""
BATCH = 64

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


def mute_server() -> socket.socket:
    """Its host's kernel completes connections and buffers; nobody ever accepts or reads."""
    return socket.create_server(("127.0.0.1", 0), backlog=2 * OUTGOING)


async def stand(machine: Machine, ports: range) -> dict[int, int]:
    """Opens a connection from each port; returns what the machine would acknowledge on it."""
    expected: dict[int, int] = {}
    await machine.send(*(tcp(A, PLACE, (port, 5432), SYN) for port in ports))
    while len(expected) < len(ports):
        frame = await machine.receive()
        port, sequence = struct.unpack("!HI", frame[36:42])
        assert frame[FLAGS] == SYN | ACK
        expected[port] = sequence + 1
    await machine.send(
        *(tcp(A, PLACE, (port, 5432), ACK, seq=1001, ack=ack) for port, ack in expected.items())
    )
    return expected


async def test_connections_that_stand_are_bounded_per_machine(
    start_switch: StartSwitch, attach: Attach
) -> None:
    with mute_server() as mute:
        switch = await start_switch(reaching(mute.getsockname()[1]))
        machine = await attach(switch, "a")
        standing: dict[int, int] = {}
        for first in range(2000, 2000 + OUTGOING, BATCH):
            standing |= await stand(machine, range(first, first + BATCH))
        await machine.send(*(tcp(A, PLACE, (port, 5432), SYN) for port in range(9000, 9100)))
        counters = await until(switch, lambda counters: way_of(counters).crowded >= 100)
        assert counters.tunnels == OUTGOING
        assert way_of(counters).connected == OUTGOING

        await machine.send(tcp(A, PLACE, (2000, 5432), RST | ACK, seq=1001, ack=standing[2000]))
        await until(switch, lambda counters: counters.tunnels == OUTGOING - 1)
        await stand(machine, range(9000, 9001))
        await until(switch, lambda counters: counters.tunnels == OUTGOING)

        machine.close()
        await until(switch, lambda counters: not counters.tunnels)


@asynccontextmanager
async def standing(
    start_switch: StartSwitch, attach: Attach
) -> AsyncIterator[tuple[Switch, Connection, Streams]]:
    """A connection to a server outside, and the server's end of it."""
    async with server() as (port, accepted):
        switch = await start_switch(reaching(port))
        connection = Connection(await attach(switch, "a"), PLACE, (4000, 5432))
        await connection.open()
        async with asyncio.timeout(SECONDS):
            yield switch, connection, await accepted.get()


async def hear_the_end(connection: Connection) -> None:
    while not (await connection.receive())[0] & FIN:
        pass


async def test_what_a_machine_does_not_take_is_counted_until_it_does(
    start_switch: StartSwitch, attach: Attach
) -> None:
    async with standing(start_switch, attach) as (switch, connection, (reader, writer)):
        await connection.send(FIN | ACK)
        assert await reader.read() == b""
        writer.write(b"x" * 1000)
        writer.close()
        await hear_the_end(connection)
        assert (await switch.counters()).tunnels == 1  # both have ended, and 1,000 bytes are left
        await connection.send(ACK)
        await until(switch, lambda counters: not counters.tunnels)


async def test_two_ends_at_the_same_time_leave_nothing(
    start_switch: StartSwitch, attach: Attach
) -> None:
    """The machine's end crosses the server's, and its acknowledgement comes last."""
    async with standing(start_switch, attach) as (switch, connection, (_, writer)):
        before = connection.ack
        writer.close()
        await hear_the_end(connection)
        behind, connection.ack = connection.ack, before
        await connection.send(FIN | ACK)
        connection.ack = behind
        await connection.send(ACK)
        await until(switch, lambda counters: not counters.tunnels)


async def test_a_server_that_reads_nothing_holds_up_its_own_connection_alone(
    start_switch: StartSwitch, attach: Attach
) -> None:
    with mute_server() as mute:
        async with server() as (port, accepted):
            plan = reaching(mute.getsockname()[1], literal_port=port)
            switch = await start_switch(plan)
            machine = await attach(switch, "a")
            stuck = Connection(machine, PLACE, (4000, 5432))
            await stuck.open()
            for _ in range(2048):  # 16 MiB, more than the host's kernel and the window hold
                await stuck.send(ACK, b"x" * 8192)
            other = Connection(machine, "192.0.2.7", (4001, 80))
            await other.open()
            await other.send(ACK, b"question")
            async with asyncio.timeout(SECONDS):
                reader, _ = await accepted.get()
                assert await reader.readexactly(8) == b"question"
            assert (await switch.counters()).tunnels == 2


async def test_segments_that_make_no_sense(start_switch: StartSwitch, attach: Attach) -> None:
    """The switch is built with ASan and UBSan: it ends where one of these is not looked at well."""
    chance = random.Random(5)
    async with server() as (port, accepted):
        switch = await start_switch(reaching(port))
        machine = await attach(switch, "a")
        listener = asyncio.create_task(take_all(machine))
        for _ in range(100):
            await machine.send(*(nonsense(chance) for _ in range(50)))
        await until(switch, lambda counters: counters.ports["a"].sent.frames == 5000)
        listener.cancel()
        while not accepted.empty():
            accepted.get_nowait()[1].close()
        machine.close()
        await until(switch, lambda counters: not counters.ports["a"].attached)
        again = await attach(switch, "a")
        await Connection(again, PLACE, (5000, 5432)).open()
        assert (await way(switch)).connected > 1
        assert "egress" in await drops(switch, "a")


def nonsense(chance: random.Random) -> bytes:
    """A segment with sound lengths; few ports, so that it meets connections in every state."""
    options = chance.randbytes(4 * chance.choice((0, 0, 1, 5, 10)))
    ports = (chance.randrange(4000, 4004), chance.choice((5432, 5432, 5432, 5433, 80)))
    flags = chance.choice((SYN, ACK, ACK | 8, FIN | ACK, RST, RST | ACK, chance.randrange(256)))
    return tcp(
        A,
        PLACE,
        ports,
        flags,
        chance.randbytes(chance.choice((0, 0, 1, 1000))),
        seq=chance.choice((1000, 1001, 1002, chance.randrange(1 << 32))),
        ack=chance.randrange(1 << 32),
        window=chance.choice((0, 1, 65535)),
        options=options,
    )


async def take_all(machine: Machine) -> None:
    while await machine.reader.read(1 << 16):
        pass
