"""Ways out for tests: a plan, servers of the host, and as much of TCP as a machine needs."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from ipaddress import IPv4Address

from attrs import evolve

from meshkernel.network.counters import Counters, EgressCounters
from meshkernel.network.switch import Switch
from meshkernel.plan.model import Plan, Way

from .conftest import ADDRESS, make_plan
from .frames import ACK, FIN, SYN, SYN_ACK, Machine, tcp

A, C = ADDRESS["a"], ADDRESS["c"]
PLACE, LITERAL = "10.9.0.200", "192.0.2.7"
FLAGS = 47
"""Of TCP, in a frame without options of IP."""


def reaching(host_port: int, *, literal_port: int | None = None, host: str = "127.0.0.1") -> Plan:
    """a may reach two numbers of a place with a name, and one of an address, which is that of a
    host; c has no way.
    """
    plan = make_plan()
    ways = (
        Way("db", IPv4Address(PLACE), 5432, "127.0.0.1", host_port),
        Way("db", IPv4Address(PLACE), 5433, "host.invalid", 1),
        Way(LITERAL, IPv4Address(LITERAL), 80, host, literal_port or host_port),
    )
    services = dict(plan.services) | {"a": evolve(plan.services["a"], ways=ways)}
    return evolve(plan, services=services)


@asynccontextmanager
async def server(*, backlog: int = 100) -> AsyncIterator[tuple[int, asyncio.Queue]]:
    """A server of the host: its port, and the connections that it accepts."""
    accepted: asyncio.Queue = asyncio.Queue()

    async def keep(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        accepted.put_nowait((reader, writer))

    listening = await asyncio.start_server(keep, "127.0.0.1", 0, backlog=backlog)
    try:
        yield listening.sockets[0].getsockname()[1], accepted
    finally:
        listening.close()
        while not accepted.empty():
            accepted.get_nowait()[1].close()


class Connection:
    """As much of TCP as a test needs: every segment is acknowledged, and nothing is sent again."""

    def __init__(self, machine: Machine, place: str, ports: tuple[int, int]) -> None:
        self.machine, self.place, self.ports = machine, place, ports
        self.seq, self.ack = 1000, 0

    async def send(self, flags: int, data: bytes = b"") -> None:
        segment = tcp(A, self.place, self.ports, flags, data, seq=self.seq, ack=self.ack)
        await self.machine.send(segment)
        self.seq += len(data) + bool(flags & (SYN | FIN))

    async def receive(self) -> tuple[int, bytes]:
        """Flags and data of the next segment of this connection."""
        while True:
            frame = await self.machine.receive()
            source, target, seq, _, offset, flags = struct.unpack("!HHIIBB", frame[34:48])
            if (target, source) == self.ports:
                break
        assert frame[26:34] == IPv4Address(self.place).packed + IPv4Address(A).packed
        size = struct.unpack("!H", frame[16:18])[0] - 20 - (offset >> 4) * 4
        data = frame[34 + (offset >> 4) * 4 :][:size]
        self.ack = seq + len(data) + bool(flags & (SYN | FIN))
        return flags, data

    async def open(self) -> None:
        await self.send(SYN)
        flags, _ = await self.receive()
        assert flags == SYN_ACK
        await self.send(ACK)

    async def read(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            data += (await self.receive())[1]
            await self.send(ACK)
        return data


async def way(switch: Switch, port: int = 5432) -> EgressCounters:
    return way_of(await switch.counters(), port)


def way_of(counters: Counters, port: int = 5432) -> EgressCounters:
    return next(each for each in counters.egress if each.port == port)


async def drops(switch: Switch, name: str) -> dict[str, int]:
    return dict((await switch.counters()).ports[name].drops)
