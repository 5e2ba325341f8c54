"""A service that has been taken over: it sends what no library OS of ours would."""

from __future__ import annotations

import asyncio
import socket
import struct

from meshkernel import rpc

ETH_P_IP = 0x0800


def checksum(data: bytes) -> int:
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def datagram(source: str, target: str, text: bytes) -> bytes:
    """A UDP datagram, with its IP header."""
    body = struct.pack("!HHHH", 9, 7000, 8 + len(text), 0) + text
    parts = (0x45, 0, 20 + len(body), 1, 0, 64, 17)
    ends = socket.inet_aton(source) + socket.inet_aton(target)
    head = struct.pack("!BBHHHBBH", *parts, 0) + ends
    return struct.pack("!BBHHHBBH", *parts, checksum(head)) + ends + body


@rpc
def send(source_mac: bytes, source: str, target_mac: bytes, target: str, text: bytes) -> int:
    """Put a frame on the wire that says whatever it is told to."""
    frame = target_mac + source_mac + struct.pack("!H", ETH_P_IP) + datagram(source, target, text)
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as wire:
        wire.bind(("eth0", 0))
        return wire.send(frame)


@rpc
async def connect(address: str, port: int) -> str:
    """Try to open a connection; say how it went."""
    try:
        async with asyncio.timeout(1.0):
            await asyncio.open_connection(address, port)
    except (TimeoutError, OSError) as error:
        return type(error).__name__
    return "connected"
