"""The switch alone, between two ports whose machines are sockets of this process."""

from __future__ import annotations

import asyncio
import socket
import statistics
import struct
import threading
import time
from contextlib import ExitStack
from ipaddress import IPv4Address
from pathlib import Path
from tempfile import TemporaryDirectory

from attrs import frozen

from benchmarks.output import OUT
from benchmarks.plans import SUBJECTS, plan_of
from benchmarks.rounds import Figures
from meshkernel.network.building import build_switch
from meshkernel.network.switch import Switch
from meshkernel.plan.model import mac_of
from meshkernel.toolchain.cache import Cache

ETHERNET, IP, UDP_HEADER = 14, 20, 8
BATCH = 256
"""Frames of one write: as many as wait when a machine is busy."""
WARM = 1000


@frozen
class Wires:
    """Two ports of a switch: what is sent on ``near`` comes out of ``far``."""

    near: socket.socket
    far: socket.socket
    addresses: tuple[IPv4Address, IPv4Address]

    SMALL = 64
    LARGE = 1514

    def frame(self, size: int) -> bytes:
        """A UDP datagram with all headers and the length before it (QEMU's ``-netdev stream``)."""
        source, target = self.addresses
        head = _mac(target) + _mac(source) + struct.pack("!H", 0x0800)
        body = struct.pack("!HHHH", 5000, 5001, size - ETHERNET - IP, 0)
        body += bytes(size - ETHERNET - IP - UDP_HEADER)
        parts = (0x45, 0, size - ETHERNET, 1, 0, 64, socket.IPPROTO_UDP)
        ends = source.packed + target.packed
        ip = struct.pack(
            "!BBHHHBBH", *parts, _checksum(struct.pack("!BBHHHBB", *parts) + b"\0\0" + ends)
        )
        frame = head + ip + ends + body
        return struct.pack("!I", len(frame)) + frame

    def rate(self, size: int, seconds: float) -> float:
        """Frames a second that come out, while more go in than that."""
        batch = self.frame(size) * BATCH
        stop = threading.Event()

        def send() -> None:
            while not stop.is_set():
                self.near.sendall(batch)

        sender = threading.Thread(target=send)
        sender.start()
        buffer = bytearray(1 << 20)
        self.far.recv_into(buffer)
        began, got = time.monotonic(), 0
        while (now := time.monotonic()) < began + seconds:
            got += self.far.recv_into(buffer)
        stop.set()
        while sender.is_alive():
            self._drain(buffer)
        self._drain(buffer)
        return got / (size + 4) / (now - began)

    def _drain(self, buffer: bytearray) -> None:
        """Take what is still on its way."""
        self.far.settimeout(0.05)
        try:
            while self.far.recv_into(buffer):
                pass
        except TimeoutError:
            pass
        finally:
            self.far.settimeout(None)

    def one_way(self, count: int) -> float:
        """The median of seconds from one end to the other, of one small frame at a time."""
        return one_way(self.near, self.far, self.frame(self.SMALL), count)


def one_way(near: socket.socket, far: socket.socket, frame: bytes, count: int) -> float:
    """The same for any two sockets."""
    times = []
    for _ in range(count):
        began = time.perf_counter()
        near.sendall(frame)
        left = len(frame)
        while left:
            left -= len(far.recv(left))
        times.append(time.perf_counter() - began)
    return statistics.median(times)


async def switch_figures(runs: int, seconds: float) -> Figures:
    """The medians over rounds: frames a second, small and large, and seconds through the switch and
    through a pair of sockets alone.
    """
    plan = plan_of(SUBJECTS / "pair/topology.toml")
    cache = Cache((OUT / plan.topology.name).absolute() / "cache")
    native = await asyncio.to_thread(build_switch, cache)
    with TemporaryDirectory() as folder, ExitStack() as stack:
        async with await Switch.start(plan, Path(folder), program=native) as switch:
            near = stack.enter_context(await switch.attach("caller"))
            far = stack.enter_context(await switch.attach("callee"))
            addresses = (plan.services["caller"].address, plan.services["callee"].address)
            rounds = [
                await asyncio.to_thread(_round, Wires(near, far, addresses), seconds)
                for _ in range(runs)
            ]
    return {name: statistics.median(each[name] for each in rounds) for name in rounds[0]}


def _round(wires: Wires, seconds: float) -> Figures:
    one, other = socket.socketpair()
    with one, other:
        direct = one_way(one, other, wires.frame(Wires.SMALL), WARM)
    return {
        "through": wires.one_way(WARM),
        "direct": direct,
        "small": wires.rate(Wires.SMALL, seconds),
        "large": wires.rate(Wires.LARGE, seconds),
    }


def _mac(address: IPv4Address) -> bytes:
    return bytes.fromhex(mac_of(address).replace(":", ""))


def _checksum(data: bytes) -> int:
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
