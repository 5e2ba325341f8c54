"""Sealing in a process of Linux: what the library OS does, by the means that Linux has.

``python linux_seal.py CONFIGURATION CONTROL LATER``: the service of a configuration is sealed, and
then goes on as two children one after the other, each with the variables LATER, which are separated
by blanks.
"""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

FINE = {stat.S_IFIFO, 0}  # an epoll or an eventfd has no type
OF_TESTS = 3  # descriptors of the process itself


class LinuxSeal:
    """The library OS's part of a seal."""

    def obstacles(self) -> list[str]:
        found = [f"descriptor {number} {what}" for number, what in _descriptors()]
        threads = sorted(int(path.name) for path in Path("/proc/self/task").iterdir())
        return found + [f"thread {number}" for number in threads if number != os.getpid()]

    def arm(self) -> None:
        """Both children come of the one fork that follows, one after the other."""
        usual = os.fork

        def fork() -> int:
            os.fork = usual
            first = usual()
            if first:
                os.waitpid(first, 0)
            return first and usual()

        os.fork = fork


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
            if not _is_local(number):
                found.append((number, "a socket"))
        else:
            found.append((number, "a file"))
    return found


def _is_local(number: int) -> bool:
    import socket

    copy = socket.socket(fileno=os.dup(number))
    with copy:
        return copy.family is socket.AF_UNIX


def main() -> int:
    from meshkernel.guest import renewal
    from meshkernel.guest.runtime import main as live

    configuration, control, later = sys.argv[1:]
    seal = LinuxSeal()
    usual = renewal._environment

    def environment() -> bytes:
        """That of the continued machine is another one; Linux has no way to change it."""
        return later.replace(" ", "\0").encode() if os.getpid() != first else usual()

    first = os.getpid()
    renewal._environment = environment
    return live(configuration, int(control), seal)


if __name__ == "__main__":
    raise SystemExit(main())
