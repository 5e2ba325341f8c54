"""Sealing: everything up to here is done once, when the image is built, and kept in it.

A boot for sealing has the file ``/dev/seal``. Reading it tells what stands in the way, a line for
each; writing ``seal`` to it makes the next ``fork`` the seal: the machine stops there and its
memory becomes the image. Each machine that is made of it goes on as the child of that fork, so
whatever knows about forks renews itself by the ordinary rules, and `meshkernel.guest.renewal` does
the rest. Its environment is what the file reads as then.
"""

from __future__ import annotations

import gc
import json
import os
import sys
from collections.abc import Callable, Collection
from io import FileIO
from typing import Any, Protocol

from meshkernel.guest import forks
from meshkernel.guest.configuration import Configuration, parse
from meshkernel.guest.foresight import foresee
from meshkernel.guest.obstacles import Obstacle, describe, of_error, of_python
from meshkernel.guest.renewal import Renewal
from meshkernel.guest.witness import Secrets, explain
from meshkernel.wire.faults import stack_of

VARIABLE = "MESHKERNEL_SEAL"
"""JSON: ``secrets``, the names of variables that machines will have and this boot has not; and
``explain``, whether to find where things are made that cannot be sealed.
"""

CHUNK = 1 << 12


class UnsealableError(Exception):
    """The process has things that an image cannot have; ``obstacles`` are all of them."""

    def __init__(self, obstacles: list[Obstacle]) -> None:
        super().__init__("; ".join(obstacle.what for obstacle in obstacles))
        self.obstacles = obstacles


class Way(Protocol):
    """How a process is sealed: by `Device` in a machine, by a test in a process of Linux."""

    def obstacles(self) -> list[str]:
        """What stands in the way, in the words of the library OS."""

    def arm(self) -> None:
        """Make the next fork the seal; OSError where something stands in the way."""

    def environment(self) -> bytes | bytearray:
        """Behind the seal, once: the variables of this machine, each with a 0 behind it."""

    def end(self) -> None:
        """Behind the seal, once the machine is ready."""


class Device:
    """``/dev/seal`` of the library OS."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._file: FileIO | None = None  # open from the seal's front to its back
        self._room = bytearray(CHUNK)

    def obstacles(self) -> list[str]:
        """What stands in the way."""
        with FileIO(self._path) as file:
            return file.readall().decode(errors="replace").splitlines()

    def arm(self) -> None:
        """Make the next fork the seal."""
        self._file = FileIO(self._path, "r+")
        self._file.write(b"seal")

    def environment(self) -> bytes | bytearray:
        """Behind the seal: the variables of this machine. Into room that is there already: a
        string of unknown size would be made too large, and then smaller.
        """
        assert self._file is not None  # noqa: S101 - armed before
        size = self._file.readinto(self._room)
        found = self._room[:size]
        return found if size < CHUNK else bytes(found) + self._file.readall()

    def end(self) -> None:
        """Behind the seal, when there is time."""
        if self._file is not None:
            self._file.close()


class Sealing:
    """A boot for sealing."""

    def __init__(self, way: Way) -> None:
        self._way = way
        self._renewal = Renewal()
        self._secrets = Secrets()

    def watch(self) -> None:
        """From now on the service is imported."""
        told = json.loads(os.environ.pop(VARIABLE, "{}"))
        if told.get("explain"):
            explain()
        self._secrets.watch(frozenset(told.get("secrets", ())))

    def foresee(self, before: Collection[str]) -> None:
        """The service is imported; ``before`` are the modules that were there without it."""
        foresee(before)

    def seal(self, tell: Callable[[str], None] = lambda _: None) -> Callable[[], Configuration]:
        """Seal the process; returns in each machine that goes on behind the seal, renewed. What it
        returns reads the machine's own configuration, which is code that can run later. ``tell`` is
        for what is worth to be known of the image.

        Raises:
            UnsealableError: something stands in the way.
        """
        gc.collect()
        found = [describe(line) for line in self._way.obstacles()] + of_python(self._secrets)
        if found:
            raise UnsealableError(found)
        self._secrets.end()
        self._renewal.prepare()
        if self._renewal.note:
            tell(self._renewal.note)
        forks.quiet()
        self._way.arm()
        gc.collect()
        gc.freeze()  # a collection must not write to pages that all machines share
        if os.fork():
            os._exit(0)  # only outside of a machine: there, nothing runs in front of the seal
        self._renewal.renew()
        return self._configuration

    def _configuration(self) -> Configuration:
        """That of this machine, whose variables are the process's from now on."""
        return parse(self._renewal.take(self._way.environment()))

    def end(self) -> None:
        """What is left to do behind the seal once the machine is ready."""
        self._way.end()

    def faults_of(self, error: BaseException) -> list[dict[str, str]]:
        """What is told of an error that ended the boot; the stack of one that is the service's own
        goes to the console.
        """
        if isinstance(error, UnsealableError):
            found = error.obstacles
        else:
            sys.stderr.write(stack_of(error))
            found = of_error(error, self._secrets)
        told: list[dict[str, Any]] = [
            {"what": each.what, "where": each.where, "remedy": each.remedy} for each in found
        ]
        return told
