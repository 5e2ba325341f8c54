"""The way into a running mesh for another process: a stream to any port of any service.

Nothing but the standard library is imported here: the client must start fast.
"""

from __future__ import annotations

import asyncio
import os
import socket
from ipaddress import IPv4Address
from pathlib import Path

LINE_MAX = 256


class DialError(OSError):
    """The switch could not connect to the service: what it said is the message."""


def connect_unix(path: Path) -> socket.socket:
    """A stream connected to a unix socket whose path may be longer than the 108 bytes allowed.

    Raises:
        OSError: nobody listens there.
    """
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        found = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            found.connect(f"/proc/self/fd/{folder}/{path.name}")
        except BaseException:
            found.close()
            raise
        return found
    finally:
        os.close(folder)


async def open_dial(
    dial_socket: Path, address: IPv4Address | str, port: int, *, patience: float = 5.0
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connects to ``address:port`` inside the mesh.

    A service that refuses, or whose machine does not run, is tried again until ``patience``
    seconds are over.

    Raises:
        DialError: the service did not answer in time, or has no such address.
        OSError: the switch does not run.
    """
    # The switch answers at once when it listens at all, so that connecting does not block.
    reader, writer = await asyncio.open_connection(sock=connect_unix(dial_socket))
    try:
        writer.write(f"{address}:{port} {max(int(patience * 1000), 0)}\n".encode())
        await writer.drain()
        answer = (await reader.readline()).decode(errors="replace").strip()
    except BaseException:
        writer.close()
        raise
    if answer == "ok":
        return reader, writer
    writer.close()
    why = answer.removeprefix("error ") or "the switch has ended"
    raise DialError(f"{address}:{port}: {why}")
