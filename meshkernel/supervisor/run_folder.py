"""The folder of a running mesh: ``build/run/<mesh>/``.

Whoever holds the lock on the folder itself is the mesh's supervisor; the lock ends with its
process, so a supervisor that crashed blocks nobody. What it left behind is cleaned by the next.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from attrs import define, field

from meshkernel.errors import SupervisorError
from meshkernel.supervisor.processes import Identity
from meshkernel.toolchain.cache import replacing

STATE = "state.json"
CONTROL = "supervisor.sock"
LOGS = "logs"
CRASHES = "crashes"
REPORT = "supervisor.log"

LEFT_OVER_SECONDS = 5.0
"""For a process of a supervisor that crashed to end once it is killed."""


class AlreadyRunningError(SupervisorError):
    """Another process is the supervisor of this mesh."""


@define
class RunFolder:
    """The paths of one mesh, and the lock on them."""

    path: Path
    _lock: int | None = field(default=None, init=False)

    @property
    def state(self) -> Path:
        return self.path / STATE

    @property
    def control(self) -> Path:
        return self.path / CONTROL

    @property
    def logs(self) -> Path:
        return self.path / LOGS

    @property
    def crashes(self) -> Path:
        """Reports about machines that died."""
        return self.path / CRASHES

    @property
    def report(self) -> Path:
        """What a supervisor in the background prints."""
        return self.path / REPORT

    def acquire(self) -> None:
        """Become the supervisor, and clean up after one that crashed.

        Raises:
            AlreadyRunningError: there is one.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        self.path.chmod(0o700)  # sockets and logs are for this user alone
        lock = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            raise AlreadyRunningError("the mesh is running already") from None
        self._lock = lock
        self._clean()

    def release(self) -> None:
        """Leave nothing but logs and crash reports, and let another be the supervisor."""
        if self._lock is not None:
            self._clean()
            self._unlock()

    def remove(self) -> None:
        """Leave nothing at all."""
        if self._lock is not None:
            shutil.rmtree(self.path)
            self._unlock()

    def write_state(self, state: dict[str, Any]) -> None:
        """Note what runs, so that it is known even after a crash."""
        with replacing(self.state) as fresh:
            fresh.write_text(json.dumps(state) + "\n")  # on one line: json is ten times as fast

    def _unlock(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _clean(self) -> None:
        for identity in self._left_over():
            identity.end(LEFT_OVER_SECONDS)
        for entry in self.path.iterdir():
            if entry.name not in (LOGS, CRASHES, REPORT):
                _remove(entry)

    def supervisor(self) -> Identity | None:
        """The supervisor that wrote the state."""
        return next(iter(self._processes()), None)

    def _left_over(self) -> list[Identity]:
        """The processes that the state names, but this one."""
        return [each for each in self._processes() if each.pid != os.getpid()]

    def _processes(self) -> list[Identity]:
        """What the state names: first the supervisor, then its children."""
        try:
            state = json.loads(self.state.read_text())
            return [Identity(*entry) for entry in state["processes"]]
        except (OSError, ValueError, KeyError, TypeError):
            return []  # there is none, or it makes no sense: the children died with their parent


def _remove(entry: Path) -> None:
    if entry.is_dir() and not entry.is_symlink():
        shutil.rmtree(entry)
    else:
        entry.unlink()


@contextmanager
def short_path(path: Path) -> Iterator[str]:
    """A name for a unix socket that fits into the 108 bytes which an address has."""
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


def listen(path: Path) -> socket.socket:
    """A listening unix socket for this user alone."""
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with short_path(path) as name:
            server.bind(name)
        path.chmod(0o600)
        server.listen(16)
    except BaseException:
        server.close()
        raise
    server.setblocking(False)
    return server
