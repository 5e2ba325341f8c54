"""A running mesh, seen from another process."""

from __future__ import annotations

import json
import signal
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

from meshkernel.errors import SupervisorError
from meshkernel.supervisor.processes import Identity
from meshkernel.supervisor.run_folder import AlreadyRunningError, RunFolder, short_path

STOP_SECONDS = 60.0
"""For all services to stop, and the supervisor with them."""


def run_path(root: Path, mesh: str) -> Path:
    """The folder of a mesh whose topology is in ``root``."""
    return root / "build" / "run" / mesh


class Remote:
    """A connection to the supervisor of a mesh: ``with Remote.connect(...) as remote``."""

    def __init__(self, folder: RunFolder, connection: socket.socket) -> None:
        self.folder = folder
        self._connection = connection
        self._result: Any = None
        self._lines: BinaryIO = connection.makefile("rb")

    @classmethod
    def connect(cls, folder: RunFolder) -> Self:
        """Raises SupervisorError if the mesh does not run."""
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            with short_path(folder.control) as name:
                connection.connect(name)
        except (FileNotFoundError, NotADirectoryError, ConnectionRefusedError):
            connection.close()
            raise SupervisorError(
                f"the mesh {folder.path.name} is not running: start it with `meshkernel up`"
            ) from None
        except PermissionError:
            connection.close()
            raise SupervisorError(
                f"the mesh {folder.path.name} may not be reached: it is another user's"
            ) from None
        return cls(folder, connection)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with suppress(OSError):  # it is closed already; else a thread that reads lets go of it
            self._connection.shutdown(socket.SHUT_RDWR)
        self._lines.close()
        self._connection.close()

    @property
    def result(self) -> Any:
        """Of the last command that has ended."""
        return self._result

    def ask(self, command: str, **values: Any) -> Any:
        """The result of one command; SupervisorError with what it said if it failed."""
        for _ in self._stream(command, values):
            pass
        return self._result

    def lines(self, command: str, **values: Any) -> Iterator[dict[str, Any]]:
        """The lines that a command sends, for as long as it does."""
        yield from self._stream(command, values)

    def _stream(self, command: str, values: dict[str, Any]) -> Iterator[dict[str, Any]]:
        request = json.dumps({"command": command, **values})
        try:
            self._connection.sendall(request.encode() + b"\n")
        except OSError as error:
            raise SupervisorError("the mesh has stopped") from error
        while line := self._line():
            message = json.loads(line)
            if "error" in message:
                raise SupervisorError(message["error"])
            if "result" in message:
                self._result = message["result"]
                return
            yield message["line"]
        raise SupervisorError("the mesh has stopped")

    def _line(self) -> bytes:
        try:
            return self._lines.readline()
        except ConnectionError:
            return b""


def stop(folder: RunFolder) -> bool:
    """Stop a mesh; returns when its supervisor has ended, False if there was none.

    What a supervisor that crashed has left is cleaned up.

    Raises:
        SupervisorError: it did not end.
    """
    try:
        with Remote.connect(folder) as remote:
            supervisor = Identity(*remote.ask("info")["supervisor"])
            remote.ask("down")
    except SupervisorError:
        found = _starting(folder)
        if found is None:
            return False
        supervisor = found
        supervisor.end(STOP_SECONDS, signal.SIGTERM)
    if not supervisor.wait(STOP_SECONDS):
        raise SupervisorError(
            f"the supervisor (process {supervisor.pid}) has not ended in {STOP_SECONDS:g} s"
        )
    return True


def _starting(folder: RunFolder) -> Identity | None:
    """The supervisor that does not answer, since it still builds, or does not any more."""
    if not folder.path.is_dir():
        return None
    try:
        folder.acquire()
    except AlreadyRunningError:
        return folder.supervisor()
    folder.release()
    return None
