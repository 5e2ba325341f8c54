"""The ways out: machines that are no more than their frames, and real servers of the host."""

from __future__ import annotations

import asyncio
import os
import shlex
import time
from contextlib import suppress
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from meshkernel.network.counters import EgressCounters
from meshkernel.network.switch import Switch

from .conftest import GATEWAY, Attach, StartSwitch, until
from .frames import (
    ACK,
    FIN,
    RST,
    SECONDS,
    SYN,
    SYN_ACK,
    checksum,
    ethernet,
    ipv4,
    mac,
    tcp,
    udp,
)
from .outside import FLAGS, LITERAL, PLACE, A, C, Connection, drops, reaching, server, way

NETWORK_UNREACHABLE, HOST_UNREACHABLE = 0, 1
"""Codes of ICMP's "destination unreachable"."""


@pytest.mark.parametrize(("place", "number"), [(PLACE, 5432), (LITERAL, 80)])
async def test_a_connection_both_ways(
    start_switch: StartSwitch, attach: Attach, place: str, number: int
) -> None:
    async with server() as (port, accepted):
        switch = await start_switch(reaching(port))
        connection = Connection(await attach(switch, "a"), place, (4000, number))
        await connection.open()
        async with asyncio.timeout(SECONDS):
            reader, writer = await accepted.get()
            await connection.send(ACK, b"question")
            assert await reader.readexactly(8) == b"question"
            writer.write(b"answer")
            assert await connection.read(6) == b"answer"
            await connection.send(FIN | ACK)
            assert await reader.read() == b""
            writer.close()
            while not (await connection.receive())[0] & FIN:
                pass
        await connection.send(ACK)
        await until(switch, lambda counters: not counters.tunnels)
        counted = await way(switch, number)
        assert (counted.connected, counted.sent, counted.received) == (1, 8, 6)
        assert await drops(switch, "a") == {}


async def test_an_address_may_be_reached_through_the_gateway(
    start_switch: StartSwitch, attach: Attach
) -> None:
    """What is not of its own network a machine sends to the gateway's MAC."""
    async with server() as (port, _):
        switch = await start_switch(reaching(port))
        machine = await attach(switch, "a")
        segment = tcp(A, LITERAL, (4000, 80), SYN)
        await machine.send(ethernet(A, GATEWAY, segment[14:]))
        assert (await machine.receive())[FLAGS] == SYN_ACK


async def test_a_server_that_refuses(start_switch: StartSwitch, attach: Attach) -> None:
    async with server() as (port, _):
        pass  # nobody listens there any longer
    switch = await start_switch(reaching(port))
    connection = Connection(await attach(switch, "a"), PLACE, (4000, 5432))
    await connection.send(SYN)
    assert (await connection.receive())[0] == RST | ACK
    assert (await way(switch)).refused == 1
    assert (await switch.counters()).tunnels == 0


async def test_a_name_that_the_host_does_not_know(
    start_switch: StartSwitch, attach: Attach
) -> None:
    switch = await start_switch(reaching(1))
    machine = await attach(switch, "a")
    segment = tcp(A, PLACE, (4000, 5433), SYN, options=b"\2\4\5\xb4")
    await machine.send(segment)
    assert_unreachable(await machine.receive(), segment, HOST_UNREACHABLE)
    assert (await way(switch, 5433)).unresolved == 1


@pytest.mark.parametrize(
    ("route", "code"), [("", NETWORK_UNREACHABLE), ("unreachable 198.51.100.0/24", 1)]
)
async def test_a_server_without_a_way_to_it(
    program: Path, tmp_path: Path, attach: Attach, route: str, code: int
) -> None:
    """As the routes of the host are: of a network of its own."""
    plan = reaching(80, host="198.51.100.7")
    inside = in_network_of_its_own(program, tmp_path, f"ip route add {route}" if route else ":")
    async with await Switch.start(plan, tmp_path, program=inside) as switch:
        machine = await attach(switch, "a")
        segment = tcp(A, LITERAL, (4000, 80), SYN)
        await machine.send(segment)
        assert_unreachable(await machine.receive(), segment, code)
        counted = await way(switch, 80)
        assert (counted.unreachable, counted.refused, counted.connected) == (1, 0, 0)


async def test_of_several_addresses_the_one_that_answers_counts(
    program: Path, tmp_path: Path, attach: Attach
) -> None:
    """The name has an address of each version, and the host only IPv4."""
    inside = in_network_of_its_own(
        program,
        tmp_path,
        "ip link set lo up;"
        " echo 2001:db8::1 two.example > hosts; echo 127.0.0.1 two.example >> hosts;"
        " mount --bind hosts /etc/hosts",
    )
    plan = reaching(1, host="two.example")
    async with await Switch.start(plan, tmp_path, program=inside) as switch:
        connection = Connection(await attach(switch, "a"), LITERAL, (4000, 80))
        await connection.send(SYN)
        assert (await connection.receive())[0] == RST | ACK
        assert (await way(switch, 80)).refused == 1


def in_network_of_its_own(program: Path, folder: Path, prepared: str) -> Path:
    """The switch in namespaces of its own, after these commands; its working folder is this one."""
    namespaces = "-nm" if os.geteuid() == 0 else "-rnm"
    wrapper = folder / "inside"
    script = f'cd {shlex.quote(str(folder))}; {prepared}; exec {program} "$@"'
    wrapper.write_text(
        f'#!/bin/sh\nexec unshare {namespaces} sh -ec {shlex.quote(script)} - "$@"\n'
    )
    wrapper.chmod(0o755)
    return wrapper


def assert_unreachable(frame: bytes, about: bytes, code: int) -> None:
    """The gateway says so of a packet, and quotes it: RFC 792."""
    packet = frame[14:]
    assert frame[:12] == mac(A) + mac(GATEWAY)
    assert packet[12:20] == IPv4Address(GATEWAY).packed + IPv4Address(A).packed
    assert (packet[9], checksum(packet[:20]), checksum(packet[20:])) == (1, 0, 0)
    assert int.from_bytes(packet[2:4]) == len(packet)
    assert (packet[20], packet[21], packet[28:]) == (3, code, about[14:])


async def test_what_is_not_on_the_list_is_refused_and_counted(
    start_switch: StartSwitch, attach: Attach
) -> None:
    async with server() as (port, accepted):
        switch = await start_switch(reaching(port))
        a, c = await attach(switch, "a"), await attach(switch, "c")
        for number in (5431, 80, 0):
            await a.send(tcp(A, PLACE, (4000, number), SYN))
            assert (await a.receive())[FLAGS] == RST | ACK
        await a.send(udp(A, PLACE, (4000, 5432)))
        await a.send(ethernet(A, GATEWAY, ipv4(A, "198.51.100.1", 17, udp(A, C, (1, 2))[34:])))
        await c.send(tcp(C, PLACE, (4000, 5432), SYN))
        assert (await c.receive())[FLAGS] == RST | ACK
        await c.send(ethernet(C, PLACE, ipv4(A, PLACE, 6, tcp(A, PLACE, (1, 5432), SYN)[34:])))
        await until(switch, lambda counters: "spoofed-ip" in counters.ports["c"].drops)
        assert await drops(switch, "a") == {"egress": 5}
        assert await drops(switch, "c") == {"egress": 1, "spoofed-ip": 1}
        assert accepted.empty()


async def test_why_there_is_no_connection_is_told_once_a_second(
    start_switch: StartSwitch, attach: Attach
) -> None:
    switch = await start_switch(reaching(1))
    told: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
    switch.on_no_way = lambda *words: told.put_nowait(words)
    a, c = await attach(switch, "a"), await attach(switch, "c")
    begin = time.monotonic()
    for number in range(100, 200):
        await a.send(tcp(A, PLACE, (4000, number), SYN))
    await c.send(tcp(C, PLACE, (4000, 5432), SYN))
    await until(switch, lambda counters: counters.ports["c"].drops)
    first = [told.get_nowait() for _ in range(told.qsize())]
    listed = "it is not in the service's egress list"
    assert first[0] == ("a", f"no connection to {PLACE}:100: {listed}")
    assert ("c", f"no connection to {PLACE}:5432: {listed}") in first
    assert len(first) <= 3 + time.monotonic() - begin
    async with asyncio.timeout(SECONDS):
        while told.empty():
            await a.send(tcp(A, PLACE, (4001, 5433), SYN))
            await a.receive()
    what = "no connection to db:5433: the host knows no such name"
    assert told.get_nowait() == ("a", what)


async def test_a_reset_goes_on_in_both_directions(
    start_switch: StartSwitch, attach: Attach
) -> None:
    async with server() as (port, accepted):
        switch = await start_switch(reaching(port))
        machine = await attach(switch, "a")
        first = Connection(machine, PLACE, (4000, 5432))
        await first.open()
        async with asyncio.timeout(SECONDS):
            reader, _ = await accepted.get()
            await first.send(RST | ACK)
            with pytest.raises(ConnectionResetError):
                await reader.read()
            second = Connection(machine, PLACE, (4001, 5432))
            await second.open()
            _, writer = await accepted.get()
            writer.transport.abort()
            while not (await second.receive())[0] & (RST | FIN):
                pass
        await until(switch, lambda counters: counters.tunnels <= 1)


async def test_a_syn_that_comes_again_opens_one_connection(
    start_switch: StartSwitch, attach: Attach
) -> None:
    async with server() as (port, accepted):
        switch = await start_switch(reaching(port))
        machine = await attach(switch, "a")
        connection = Connection(machine, PLACE, (4000, 5432))
        await machine.send(*[tcp(A, PLACE, (4000, 5432), SYN)] * 5)
        connection.seq += 1
        assert (await connection.receive())[0] == SYN_ACK
        await connection.send(ACK, b"x")
        async with asyncio.timeout(SECONDS):
            reader, _ = await accepted.get()
            assert await reader.readexactly(1) == b"x"
        assert accepted.empty()
        assert (await way(switch)).connected == 1


async def test_a_machine_that_goes_takes_its_connections_along(
    start_switch: StartSwitch, attach: Attach
) -> None:
    async with server() as (port, accepted):
        switch = await start_switch(reaching(port))
        machine = await attach(switch, "a")
        await Connection(machine, PLACE, (4000, 5432)).open()
        await machine.send(tcp(A, PLACE, (4001, 5432), SYN))  # which never goes on
        async with asyncio.timeout(SECONDS):
            first, _ = await accepted.get()
            second, _ = await accepted.get()
            machine.close()
            for reader in (first, second):
                with suppress(ConnectionResetError):
                    assert await reader.read() == b""
        await until(switch, lambda counters: not counters.tunnels)


async def test_a_flood_of_openings_is_bounded_per_machine(
    start_switch: StartSwitch, attach: Attach
) -> None:
    async with server(backlog=1000) as (port, _):
        switch = await start_switch(reaching(port))
        machine = await attach(switch, "a")
        for first in range(1000, 3000, 100):
            await machine.send(
                *(tcp(A, PLACE, (number, 5432), SYN) for number in range(first, first + 100))
            )
        counters = await until(switch, lambda counters: sum(map(tried, counters.egress)) >= 2000)
        found = next(each for each in counters.egress if each.port == 5432)
        assert found.connected <= 256
        assert found.crowded >= 2000 - 256


def tried(each: EgressCounters) -> int:
    return each.connected + each.crowded


async def test_nothing_is_attached_in_the_place_of_a_server(start_switch: StartSwitch) -> None:
    switch = await start_switch(reaching(1))
    with pytest.raises(Exception, match="no such port"):
        await switch.attach("db")
