"""The switch as a process: how it ends, what it leaves, what it makes of any bytes."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import socket
import struct
import time
from contextlib import suppress
from pathlib import Path

from meshkernel.network._config import render
from meshkernel.network.building import build_switch
from meshkernel.network.dial import open_dial
from meshkernel.network.switch import Switch
from meshkernel.toolchain.cache import Cache
from meshkernel.topology.model import Expose

from .conftest import ADDRESS, Attach, StartPeer, StartSwitch, make_plan
from .frames import ACK, FIN, SECONDS, SYN, SYN_ACK, Machine, icmp, tcp, udp

A, B = ADDRESS["a"], ADDRESS["b"]


def test_the_configuration_follows_from_the_plan() -> None:
    plan = make_plan(
        [("a", "b")], ["c"], b=(Expose(host=8080, port=80), Expose(host=0, port=81, address="::1"))
    )
    assert render(plan, Path("/run/dial")).splitlines()[1:] == [
        "gateway 10.9.0.1/24",
        "port a 10.9.0.2",
        "port b 10.9.0.3",
        "port c 10.9.0.4",
        "hold c",
        "link a b",
        "expose 127.0.0.1:8080 10.9.0.3:80",
        "expose [::1]:0 10.9.0.3:81",
        "dial /run/dial",
    ]


async def test_it_ends_with_its_owner_and_leaves_no_socket(program: Path, tmp_path: Path) -> None:
    switch = await Switch.start(make_plan(), tmp_path, program=program)
    end = await switch.attach("a")
    assert switch.dial_socket.is_socket()
    switch._control._end.shutdown(socket.SHUT_RDWR)  # as when the supervisor dies
    assert "exit code 0" in await switch.wait_failed()
    assert not switch.dial_socket.exists()
    assert end.recv(1) == b""
    end.close()
    await switch.close()


async def test_a_killed_switch_is_noticed_and_replaced(program: Path, tmp_path: Path) -> None:
    switch = await Switch.start(make_plan(), tmp_path, program=program)
    os.kill(switch.pid, signal.SIGKILL)
    assert "exit code -9" in await switch.wait_failed()
    async with await Switch.start(make_plan(), tmp_path, program=program) as again:
        await again.counters()
    await switch.close()
    assert not switch.dial_socket.exists()


async def test_an_interrupt_is_the_supervisors_and_a_termination_is_obeyed(
    switch: Switch,
) -> None:
    os.kill(switch.pid, signal.SIGINT)
    await switch.counters()
    os.kill(switch.pid, signal.SIGTERM)
    assert "exit code 0" in await switch.wait_failed()
    assert not switch.dial_socket.exists()


async def test_an_idle_switch_sleeps(switch: Switch, attach: Attach) -> None:
    await attach(switch, "a")
    await switch.counters()
    before = _context_switches(switch.pid)
    await asyncio.sleep(0.3)  # that nothing happens takes time to see
    assert _context_switches(switch.pid) - before <= 1


def _context_switches(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("\nvoluntary_ctxt_switches:")[2].split()[0])


async def test_any_bytes(switch: Switch, attach: Attach) -> None:
    """Random, and nearly right frames from both ends for some seconds; then all still works."""
    dice = random.Random(20)
    good = [
        tcp(A, B, (4000, 7000), SYN),
        tcp(A, B, (4000, 7000), ACK, b"data"),
        tcp(B, A, (7000, 4000), SYN_ACK),
        udp(A, B, (4000, 53)),
        icmp(A, B, 8),
        icmp(B, A, 3, data=udp(A, B, (4000, 53))[14:]),
        tcp(A, "10.9.0.1", (4000, 53), SYN),
    ]

    def mutated() -> bytes:
        frame = bytearray(dice.choice(good))
        for _ in range(dice.randrange(4)):
            frame[dice.randrange(len(frame))] = dice.randrange(256)
        return bytes(frame[: dice.randrange(len(frame) + 1) if dice.random() < 0.3 else None])

    def burst() -> bytes:
        frames = [
            dice.randbytes(dice.randrange(100)) if dice.random() < 0.2 else mutated()
            for _ in range(200)
        ]
        return b"".join(struct.pack("!I", len(each)) + each for each in frames)

    async def discard(machine: Machine) -> None:
        while await machine.reader.read(1 << 16):
            pass

    async def fuzz(name: str) -> None:
        end = time.monotonic() + 2
        while time.monotonic() < end:
            machine = await attach(switch, name)
            reading = asyncio.create_task(discard(machine))
            for _ in range(10):
                machine.writer.write(burst())
                await machine.writer.drain()
            if dice.random() < 0.5:
                machine.writer.write(dice.randbytes(1000))  # lengths that cannot be
            machine.close()
            await reading

    await asyncio.gather(fuzz("a"), fuzz("b"))
    a, b = await attach(switch, "a"), await attach(switch, "b")
    last = tcp(A, B, (9, 10), SYN)
    await a.send(last)
    await b.receives(last)
    counters = await switch.counters()
    assert counters.ports["a"].drops["malformed"] > 100


async def test_a_hostile_service(
    start_switch: StartSwitch, attach: Attach, start_peer: StartPeer
) -> None:
    """A machine answers the gateway's TCP with whatever its dice say; others are still served."""
    plan = make_plan(b=(Expose(host=0, port=80),))
    switch = await start_switch(plan)
    port = switch.exposed[0].port
    b = await attach(switch, "b")
    dice = random.Random(7)
    end = time.monotonic() + 2

    def options() -> bytes:
        return dice.choice([b"", b"\x02\x04\x00\x01", dice.randbytes(4 * dice.randrange(11))])

    def answer(frame: bytes) -> bytes:
        source, target, seq, ack = struct.unpack("!HHII", frame[34:46])
        size = len(frame) - 34 - (frame[46] >> 4) * 4
        fits = dice.random() < 0.8
        expected = seq + size + bool(frame[47] & (SYN | FIN)) if fits else dice.randrange(1 << 32)
        return tcp(
            B,
            "10.9.0.1",
            (target, source),
            SYN_ACK if frame[47] & SYN and dice.random() < 0.9 else ACK | dice.randrange(64) & ~6,
            dice.randbytes(dice.randrange(200)) if dice.random() < 0.5 else b"",
            seq=(ack + dice.choice([0, 0, 0, 1, -1, 1000])) % (1 << 32),
            ack=expected % (1 << 32),
            window=dice.choice([0, 1, 65535]),
            options=options(),
        )

    async def serve() -> None:
        while True:
            frame = await b.receive()
            await b.send(*[answer(frame) for _ in range(dice.randrange(4))])

    async def use() -> None:
        while time.monotonic() < end:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            with suppress(OSError, TimeoutError):
                writer.write(bytes(dice.randrange(5000)))
                async with asyncio.timeout(0.1):
                    await reader.read(-1)
            writer.transport.abort()

    serving = asyncio.create_task(serve())
    await asyncio.gather(*[use() for _ in range(10)])
    serving.cancel()
    counters = await switch.counters()
    assert counters.links["gateway", "b"].reverse.frames > 300
    await start_peer(switch, "c")
    reader, writer = await open_dial(switch.dial_socket, ADDRESS["c"], 7)
    writer.write(b"still here")
    async with asyncio.timeout(SECONDS):
        assert await reader.readexactly(10) == b"still here"
    writer.close()


def test_a_second_build_compiles_nothing(cache: Cache) -> None:
    first = build_switch(cache)
    written = first.stat().st_mtime_ns
    assert build_switch(cache) == first
    assert first.stat().st_mtime_ns == written
    assert first.stat().st_size < 300_000
