"""Sealing in a process of Linux: what the library OS does, by the means that Linux has.

``python linux_seal.py CONTROL LATER``: the service of the configuration in the environment is
sealed, and then goes on as two children one after the other, each with the variables LATER, which
are separated by bars.
"""

from __future__ import annotations

import gc
import os
import select
import selectors
import socket
import stat
import sys
from pathlib import Path
from typing import Any

FINE = {stat.S_IFIFO, 0}  # an epoll or an eventfd has no type
OF_TESTS = 3  # descriptors of the process itself


class LinuxSeal:
    """The library OS's part of a seal."""

    def __init__(self, later: bytes) -> None:
        self._later = later

    def environment(self) -> bytes:
        return self._later  # Linux has no way to change that of a child

    def end(self) -> None:
        """Nothing is open."""

    def obstacles(self) -> list[str]:
        found = [f"descriptor {number} {what}" for number, what in _descriptors()]
        threads = sorted(int(path.name) for path in Path("/proc/self/task").iterdir())
        return found + [f"thread {number}" for number in threads if number != os.getpid()]

    def arm(self) -> None:
        """Both children come of the one fork that follows, one after the other."""
        usual = os.fork
        found = _selectors()

        def fork() -> int:
            os.fork = usual
            for _ in range(2):
                child = usual()
                if child == 0:
                    _own_epoll(found)
                    return 0
                os.waitpid(child, 0)
            return child

        os.fork = fork


def _selectors() -> list[Any]:
    """Those of event loops; what is frozen is not found any more."""
    return [thing for thing in gc.get_objects() if isinstance(thing, selectors.EpollSelector)]


def _own_epoll(of: list[Any]) -> None:
    """Under Linux a child shares its parent's; a machine has its own."""
    for selector in of:
        fresh = select.epoll()
        for key in selector.get_map().values():
            fresh.register(key.fd, key.events)  # what selectors calls reading epoll does, too
        os.dup2(fresh.fileno(), selector.fileno())
        fresh.close()


def _descriptors() -> list[tuple[int, str]]:
    found = []
    for entry in list(Path("/proc/self/fd").iterdir()):
        number = int(entry.name)
        try:
            mode = os.fstat(number).st_mode
            path = str(entry.readlink())
        except OSError:  # that of the listing itself
            continue
        if number < OF_TESTS or stat.S_IFMT(mode) in FINE or path.startswith("/dev/"):
            continue
        if stat.S_ISSOCK(mode):
            if not _may_be_sealed(number):
                found.append((number, "a socket"))
        else:
            found.append((number, "a file"))
    return found


def _may_be_sealed(number: int) -> bool:
    """Local ones, and ports of this machine that nobody has connected to."""
    copy = socket.socket(fileno=os.dup(number))
    with copy:
        if copy.family is socket.AF_UNIX:
            return True
        try:
            copy.getpeername()
        except OSError:
            return copy.getsockname()[0] == "0.0.0.0"
        return False


def main() -> int:
    from meshkernel.guest.runtime import main as live

    control, later = sys.argv[1:]
    variables = later.split("|")
    return live(int(control), LinuxSeal("".join(f"{each}\0" for each in variables).encode()))


if __name__ == "__main__":
    raise SystemExit(main())
