"""Real servers of the host, from its packages, for the time of a test."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

SECONDS = 60.0
DATABASE_USER = "postgres"
"""PostgreSQL does not run as root; its package has made this user."""


def free_port() -> int:
    """A port of the loopback that nobody has just now."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


class Server:
    """A server process that can be ended and started again on the same port."""

    def __init__(self, command: list[str], port: int, user: str | None = None) -> None:
        self.command, self.port, self.user = command, port, user
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Returns when it accepts connections."""
        self.process = subprocess.Popen(
            self.command, user=self.user, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        wait_until(self._accepts)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def _accepts(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, f"{self.command[0]} ended"
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            return False
        return True


def wait_until(reached: Callable[[], bool]) -> None:
    """A server tells nobody that it listens, so it is asked."""
    end = time.monotonic() + SECONDS
    while not reached():
        assert time.monotonic() < end, "the server does not accept connections"


@contextmanager
def redis() -> Iterator[Server]:
    """A Redis that keeps nothing."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("redis-server is missing: scripts/system-packages test installs it")
    port = free_port()
    words = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    server = Server([program, *words], port)
    server.start()
    try:
        yield server
    finally:
        server.kill()


@contextmanager
def postgresql() -> Iterator[Server]:
    """A PostgreSQL with the user `mesh`, whom it trusts, in a folder of its own."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    if not programs:
        pytest.skip("postgresql is missing: scripts/system-packages test installs it")
    user = DATABASE_USER if os.getuid() == 0 else None
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        data = Path(name, "data")
        if user is not None:
            shutil.chown(name, user)
        initdb = [str(programs[-1].with_name("initdb")), "-D", str(data), "-U", "mesh"]
        subprocess.run(
            [*initdb, "--auth=trust", "--no-sync"], user=user, check=True, capture_output=True
        )
        port = free_port()
        words = ["-D", str(data), "-p", str(port), "-h", "127.0.0.1", "-k", "", "-F"]
        server = Server([str(programs[-1]), *words], port, user)
        server.start()
        try:
            yield server
        finally:
            server.kill()
