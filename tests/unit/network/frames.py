"""Frames as bytes, and a machine that is no more than its end of the wire."""

from __future__ import annotations

import asyncio
import socket
import struct
from ipaddress import IPv4Address
from typing import Self

SYN, ACK, RST, FIN, SYN_ACK = 2, 16, 4, 1, 18
SECONDS = 20.0


def mac(address: str) -> bytes:
    return b"\x02\x6b" + IPv4Address(address).packed


def checksum(data: bytes) -> int:
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ethernet(source: str, target: str, payload: bytes, kind: int = 0x0800) -> bytes:
    return mac(target) + mac(source) + struct.pack("!H", kind) + payload


def ipv4(
    source: str,
    target: str,
    protocol: int,
    payload: bytes,
    *,
    fragment: int = 0,
    options: bytes = b"",
) -> bytes:
    head = struct.pack(
        "!BBHHHBBH4s4s",
        0x40 + 5 + len(options) // 4,
        0,
        20 + len(options) + len(payload),
        1,
        fragment,
        64,
        protocol,
        0,
        IPv4Address(source).packed,
        IPv4Address(target).packed,
    )
    head += options
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + payload


def frame(source: str, target: str, protocol: int, payload: bytes, **options: object) -> bytes:
    return ethernet(source, target, ipv4(source, target, protocol, payload, **options))  # type: ignore[arg-type]


def tcp(
    source: str,
    target: str,
    ports: tuple[int, int],
    flags: int,
    data: bytes = b"",
    *,
    seq: int = 1000,
    ack: int = 0,
    window: int = 65535,
    options: bytes = b"",
) -> bytes:
    offset = 5 + len(options) // 4
    head = struct.pack("!HHIIBBHHH", *ports, seq, ack, offset << 4, flags, window, 0, 0) + options
    pseudo = IPv4Address(source).packed + IPv4Address(target).packed
    total = checksum(pseudo + struct.pack("!HH", 6, len(head) + len(data)) + head + data)
    return frame(source, target, 6, head[:16] + struct.pack("!H", total) + head[18:] + data)


def link_local(address: str) -> bytes:
    """The address that follows from the MAC: RFC 4291, appendix A."""
    own = mac(address)
    return b"\xfe\x80" + bytes(6) + bytes([own[0] ^ 2]) + own[1:3] + b"\xff\xfe" + own[3:]


def ipv6(source: bytes, target: bytes, protocol: int, payload: bytes) -> bytes:
    return struct.pack("!IHBB", 6 << 28, len(payload), protocol, 64) + source + target + payload


def frame6(source: str, target: str, protocol: int, payload: bytes) -> bytes:
    packet = ipv6(link_local(source), link_local(target), protocol, payload)
    return ethernet(source, target, packet, 0x86DD)


def tcp6(
    source: str, target: str, ports: tuple[int, int], flags: int, *, seq: int = 1000, ack: int = 0
) -> bytes:
    head = struct.pack("!HHIIBBHHH", *ports, seq, ack, 5 << 4, flags, 65535, 0, 0)
    pseudo = link_local(source) + link_local(target) + struct.pack("!II", len(head), 6)
    total = checksum(pseudo + head)
    return frame6(source, target, 6, head[:16] + struct.pack("!H", total) + head[18:])


def udp6(source: str, target: str, ports: tuple[int, int], data: bytes = b"hello") -> bytes:
    return frame6(source, target, 17, struct.pack("!HHHH", *ports, 8 + len(data), 1) + data)


def icmp6(source: str, target: str, kind: int, identifier: int = 77, data: bytes = b"") -> bytes:
    return frame6(source, target, 58, struct.pack("!BBHHH", kind, 0, 0, identifier, 1) + data)


def udp(source: str, target: str, ports: tuple[int, int], data: bytes = b"hello") -> bytes:
    return frame(source, target, 17, struct.pack("!HHHH", *ports, 8 + len(data), 0) + data)


def icmp(source: str, target: str, kind: int, identifier: int = 77, data: bytes = b"") -> bytes:
    return frame(source, target, 1, struct.pack("!BBHHH", kind, 0, 0, identifier, 1) + data)


class Machine:
    """One attached end: sends and receives frames."""

    def __init__(self, address: str) -> None:
        self.address = address

    async def join(self, end: socket.socket) -> Self:
        self.reader, self.writer = await asyncio.open_connection(sock=end)
        return self

    async def send(self, *frames: bytes) -> None:
        for each in frames:
            self.writer.write(struct.pack("!I", len(each)) + each)
        await self.writer.drain()

    async def receive(self) -> bytes:
        async with asyncio.timeout(SECONDS):
            (size,) = struct.unpack("!I", await self.reader.readexactly(4))
            return await self.reader.readexactly(size)

    async def receives(self, *frames: bytes) -> None:
        """Exactly these arrive, in this order: a frame that was let through comes before them."""
        for each in frames:
            assert await self.receive() == each

    async def closed(self) -> None:
        """The switch closes this end."""
        async with asyncio.timeout(SECONDS):
            while await self.reader.read(1 << 16):
                pass

    def close(self) -> None:
        self.writer.close()
