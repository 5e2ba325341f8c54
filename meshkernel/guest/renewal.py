"""Behind the seal: what must not be alike in the machines that are made of one image.

Python's own fork handlers have renewed ``random``, the locks of ``logging`` and the list of threads
by now; OpenSSL and ``tempfile`` look at the process's number, which is another one. The seed of
string hashes stays that of the image (docs/security.md).
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from typing import Any

from meshkernel.guest.configuration import VARIABLE
from meshkernel.guest.generators import Generators, described

MARK = f"{VARIABLE}=".encode()
"""The runtime's own variable, which comes behind all others but secrets."""

OF_SEAL = (b"PYTHONHASHSEED", b"LD_BIND_NOW", b"MESHKERNEL_SEAL")
"""Variables that only a boot for sealing has."""


class Renewal:
    """Made before the service is imported; `prepare` comes right before the seal, `renew` and
    `take` behind it.

    Attributes:
        note: what whoever seals is to be told of what is alike in all machines; mostly nothing.
    """

    def __init__(self) -> None:
        self._before = dict(os.environb)
        self._usual = b""  # variables that every machine has
        self._generators = Generators()
        self.note = ""
        self._steps: list[Any] = []

    def prepare(self) -> None:
        """Choose what has to be done behind the seal: what was never imported needs nothing."""
        kept = {name: value for name, value in self._before.items() if name not in OF_SEAL}
        self._usual = b"".join(b"%b=%b\0" % each for each in kept.items()).partition(MARK)[0]
        self._steps = self._generators.prepare()
        self.note = _note(self._generators.given)
        self._steps += [of(sys.modules[name]) for name, of in STEPS.items() if name in sys.modules]
        for name in OF_SEAL:
            os.environb.pop(name, None)

    def renew(self) -> None:
        """Make this process one of its own, but for its variables."""
        for step in self._steps:
            step()

    def take(self, now: bytes | bytearray) -> str:
        """Have the variables of this machine, each with a 0 behind it; returns the configuration of
        its runtime.
        """
        head, _, rest = bytes(now).partition(MARK)
        text, _, tail = rest.partition(b"\0")
        if tail or head != self._usual:  # else it has just the variables of the sealing boot
            self._renew_variables(head + tail)
        return text.decode()

    def _renew_variables(self, now: bytes) -> None:
        """The machine's variables for those of the sealing boot, but for what the program set."""
        old, new = _variables(self._usual), _variables(now)
        for name in old.keys() | new.keys():
            if old.get(name) == new.get(name) or os.environb.get(name) != old.get(name):
                continue
            if name in new:
                os.environb[name] = new[name]
            else:
                del os.environb[name]
        if old.get(b"TZ") != new.get(b"TZ"):
            time.tzset()


def _note(given: list[Any]) -> str:
    if not given:
        return ""
    found = described(given)
    return f"the same numbers are drawn in every machine, as a seed was given at import: {found}"


def _variables(text: bytes) -> dict[bytes, bytes]:
    pairs = (each.partition(b"=") for each in text.split(b"\0") if each)
    return {name: value for name, _, value in pairs}


def _of_logging(logging: Any) -> Callable[[], None]:
    """Records tell milliseconds since the start of the process."""
    clock = time.time_ns if isinstance(logging._startTime, int) else time.time

    def renew() -> None:
        logging._startTime = clock()

    return renew


def _of_uuid(uuid: Any) -> Callable[[], None]:
    """The number of the host and the last time, of ``uuid1``. libuuid keeps its own, together with
    its clock sequence, where nobody can reach them: from here on it is Python that draws them.
    """

    def renew() -> None:
        uuid._node = uuid._last_timestamp = uuid._generate_time_safe = None

    return renew


def _of_sqlite(sqlite3: Any) -> Callable[[], None]:
    """SQLite draws from one generator, and seeds it anew where it sees, when it opens a file, that
    it is in another process. Databases in memory open none.
    """

    def renew() -> None:
        database = sqlite3.connect("file:/dev/null?mode=ro&nolock=1", uri=True)
        database.execute("PRAGMA schema_version")
        database.close()

    return renew


def _of_multiprocessing(process: Any) -> Callable[[], None]:
    """The key by which processes know each other."""

    def renew() -> None:
        process.current_process().authkey = os.urandom(32)

    return renew


STEPS = {
    "logging": _of_logging,
    "multiprocessing.process": _of_multiprocessing,
    "sqlite3": _of_sqlite,
    "uuid": _of_uuid,
}
