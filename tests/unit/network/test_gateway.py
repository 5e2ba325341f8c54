"""The ways in, against a machine that is lwIP on the host (tests/c/switch_peer.c)."""

from __future__ import annotations

import asyncio
import hashlib
import random
import socket
import struct
from contextlib import suppress
from pathlib import Path

import pytest

from meshkernel.errors import UserError
from meshkernel.network.counters import Counters
from meshkernel.network.dial import DialError, open_dial
from meshkernel.network.switch import Switch
from meshkernel.topology.model import Expose

from .conftest import ADDRESS, Attach, StartPeer, StartSwitch, make_plan, until
from .frames import SECONDS

B = ADDRESS["b"]
ECHO, COUNT, RESET, SEND, CLOSED = 7, 8, 9, 10, 11


def exposing(*ports: int) -> tuple[Expose, ...]:
    return tuple(Expose(host=0, port=port) for port in ports)


@pytest.fixture
async def exposed(start_switch: StartSwitch) -> Switch:
    """b's ports are exposed, and no machine runs yet."""
    return await start_switch(make_plan(b=exposing(ECHO, COUNT, RESET, SEND, CLOSED)))


@pytest.fixture
async def served(exposed: Switch, start_peer: StartPeer) -> Switch:
    await start_peer(exposed, "b")
    return exposed


def host_port(switch: Switch, inside: int) -> int:
    return next(each.port for each in switch.exposed if each.inside == inside)


Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def enter(switch: Switch, inside: int) -> Streams:
    return await asyncio.open_connection("127.0.0.1", host_port(switch, inside))


async def echo(streams: Streams, data: bytes) -> None:
    """Sends and reads at once, ends its side, and wants back what it sent."""
    reader, writer = streams

    async def send() -> None:
        writer.write(data)
        await writer.drain()
        writer.write_eof()

    async with asyncio.timeout(SECONDS * 3):
        sending = asyncio.create_task(send())
        back = await reader.read(-1)
        await sending
    assert hashlib.sha256(back).digest() == hashlib.sha256(data).digest()
    writer.close()


async def no_tunnels(switch: Switch) -> None:
    await until(switch, lambda counters: not counters.tunnels)


def partitioned(counters: Counters) -> int:
    return counters.ports["gateway"].drops.get("partitioned", 0)


async def test_a_machine_that_lost_the_first_attempt_gets_another(
    exposed: Switch, attach: Attach
) -> None:
    """A machine that boots loses what comes before its network is up: knocking goes on, with
    connections of their own, and does not wait for TCP to send the same segment again."""
    machine = await attach(exposed, "b")
    _, writer = await enter(exposed, ECHO)
    sources = set()
    async with asyncio.timeout(SECONDS):
        while len(sources) < 3:
            segment = (await machine.receive())[34:]
            if segment[13] == 0x02:  # SYN alone
                sources.add(segment[:2])
    writer.close()


async def test_a_large_transfer_both_ways(served: Switch) -> None:
    data = random.Random(1).randbytes(8 << 20)
    await echo(await enter(served, ECHO), data)
    await no_tunnels(served)
    link = (await served.counters()).links["gateway", "b"]
    assert link.forward.bytes > len(data)
    assert link.reverse.bytes > len(data)


async def test_many_connections_at_once(served: Switch) -> None:
    streams = await asyncio.gather(*[enter(served, ECHO) for _ in range(300)])
    await asyncio.gather(
        *[echo(each, f"hello {number}".encode() * 100) for number, each in enumerate(streams)]
    )
    await no_tunnels(served)


async def test_a_half_close_stays_half(served: Switch) -> None:
    reader, writer = await enter(served, COUNT)
    writer.write(b"12345")
    writer.write_eof()
    async with asyncio.timeout(SECONDS):
        assert await reader.read(-1) == b"5"
    writer.close()


async def test_the_service_ends_first(served: Switch) -> None:
    reader, writer = await enter(served, SEND)
    async with asyncio.timeout(SECONDS):
        assert len(await reader.read(-1)) == 1 << 20
    assert (await served.counters()).tunnels == 1
    writer.write(b"still open towards the service")
    await writer.drain()
    writer.close()
    await no_tunnels(served)


async def test_a_reset_of_the_service_reaches_the_client(served: Switch) -> None:
    reader, writer = await enter(served, RESET)
    writer.write(b"x")
    with pytest.raises(ConnectionResetError):
        async with asyncio.timeout(SECONDS):
            await reader.read()
    writer.close()
    await no_tunnels(served)


async def test_a_reset_of_the_client_reaches_the_service(served: Switch) -> None:
    _reader, writer = await enter(served, ECHO)
    writer.write(b"x")
    await writer.drain()
    await until(served, lambda counters: counters.links["gateway", "b"].reverse.frames > 1)
    writer.get_extra_info("socket").setsockopt(
        socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
    )
    writer.transport.abort()
    await no_tunnels(served)


async def test_a_client_that_does_not_read_holds_up_nobody(served: Switch) -> None:
    _reader, stuck = await asyncio.open_connection(
        "127.0.0.1", host_port(served, ECHO), limit=1 << 12
    )
    stuck.write(bytes(8 << 20))  # comes back, and nobody takes it
    await echo(await enter(served, ECHO), b"other" * 10000)
    stuck.transport.abort()
    await no_tunnels(served)


async def test_a_reset_is_noticed_while_the_service_is_stuck(served: Switch) -> None:
    _reader, writer = await enter(served, COUNT)
    await served.partition("gateway", "b")
    writer.write(bytes(8 << 20))  # more than the gateway takes
    await until(served, partitioned)
    writer.get_extra_info("socket").setsockopt(
        socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
    )
    writer.transport.abort()
    await no_tunnels(served)


async def test_a_client_waits_for_the_machine(exposed: Switch, start_peer: StartPeer) -> None:
    streams = await enter(exposed, ECHO)
    assert (await exposed.counters()).tunnels == 1
    await start_peer(exposed, "b")
    await echo(streams, b"worth the wait")


async def test_a_client_that_gives_up_leaves_nothing(exposed: Switch) -> None:
    _reader, writer = await enter(exposed, ECHO)
    writer.get_extra_info("socket").setsockopt(
        socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
    )
    writer.transport.abort()
    await no_tunnels(exposed)


async def test_a_machine_that_dies_resets_its_clients(
    exposed: Switch, start_peer: StartPeer
) -> None:
    peer = await start_peer(exposed, "b")
    reader, writer = await enter(exposed, ECHO)
    writer.write(b"x")
    async with asyncio.timeout(SECONDS):
        assert await reader.readexactly(1) == b"x"
        peer.kill()
        with pytest.raises(ConnectionResetError):
            await reader.read()
    writer.close()
    await start_peer(exposed, "b")
    await echo(await enter(exposed, ECHO), b"again")


async def test_dialling_any_port(served: Switch) -> None:
    await echo(await open_dial(served.dial_socket, B, ECHO), b"by dial" * 1000)


@pytest.mark.parametrize(
    ("address", "port", "why"),
    [
        (B, CLOSED, "connection refused"),
        (ADDRESS["c"], ECHO, "the machine does not run"),
        ("10.9.0.77", ECHO, "no service of this mesh"),
        ("10.9.0.1", ECHO, "no service of this mesh"),
        ("nonsense", ECHO, "expected ADDRESS:PORT"),
        ("1" * 100, ECHO, "too long"),
        (B, 70000, "expected ADDRESS:PORT"),
    ],
)
async def test_dialling_what_does_not_answer(
    served: Switch, address: str, port: int, why: str
) -> None:
    with pytest.raises(DialError, match=why):
        await open_dial(served.dial_socket, address, port, patience=0.3)
    await no_tunnels(served)


async def test_dialling_in_pieces(served: Switch) -> None:
    reader, writer = await asyncio.open_unix_connection(served.dial_socket)
    for byte in f"{B}:{ECHO}\nrest".encode():
        writer.write(bytes([byte]))
        await writer.drain()
        await served.counters()
    writer.write_eof()
    async with asyncio.timeout(SECONDS):
        assert await reader.read(-1) == b"ok\nrest"
    writer.close()


async def test_an_impatient_dial_leaves_nothing(exposed: Switch) -> None:
    dialling = asyncio.create_task(open_dial(exposed.dial_socket, B, ECHO, patience=60))
    await until(exposed, lambda counters: counters.tunnels)
    dialling.cancel()
    with suppress(asyncio.CancelledError):
        await dialling
    await no_tunnels(exposed)


async def test_a_host_port_in_use_is_the_users_to_mend(start_switch: StartSwitch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        with pytest.raises(UserError) as caught:
            await start_switch(make_plan(b=(Expose(host=port, port=ECHO),)))
    (fault,) = caught.value.faults
    assert str(fault).startswith(
        f"topology.toml:4: services.b.expose: cannot listen on 127.0.0.1 port {port}: "
    )
    assert "in use" in fault.what
    assert fault.remedy.startswith("stop what uses the port")


async def test_a_partition_stops_a_tunnel_until_it_heals(served: Switch) -> None:
    reader, writer = await enter(served, ECHO)
    writer.write(b"1")
    async with asyncio.timeout(SECONDS):
        assert await reader.readexactly(1) == b"1"
        await served.partition("gateway", "b")
        writer.write(b"2")
        await until(served, partitioned)
        await served.heal()
        assert await reader.readexactly(1) == b"2"
    writer.close()


async def test_a_run_directory_with_a_long_path(program: Path, tmp_path: Path) -> None:
    deep = tmp_path / ("x" * 120)
    deep.mkdir()
    async with await Switch.start(make_plan(), deep, program=program) as switch:
        assert len(str(switch.dial_socket)) > 108
        with pytest.raises(DialError, match="does not run"):
            await open_dial(switch.dial_socket, B, ECHO, patience=0)
    assert not switch.dial_socket.exists()
