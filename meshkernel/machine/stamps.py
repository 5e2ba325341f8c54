"""How long each part of a machine's start took, by its own account.

The library OS keeps the readings of its time stamp counter and tells them when it is asked. The
counter begins at 0 with the machine: under TCG when its processor begins to run; under KVM when
that is made, a moment before. So a machine's stamps and one reading that comes with them tell when
it began, by the clock of the host.
"""

from __future__ import annotations

import struct
from itertools import pairwise

from attrs import frozen

REPORT = struct.Struct("<6Q")
"""``struct control_start`` of ``libos/abi/control.h``."""

PARTS = ("QEMU", "firmware", "library OS", "devices", "library OS", "Python")
"""What is between two stamps. The library OS is at work before devices and behind them."""

QEMU, FIRMWARE = PARTS[:2]


@frozen
class Stamps:
    """The stamps of one start, as `time.monotonic`, in seconds.

    Attributes:
        began: the counter was 0.
        entry: the first instruction behind the firmware.
        devices: all was done that comes before the devices.
        network: devices and network were there.
        program: the program began, or went on behind its seal.
        error: by how much all of them may be off, together.
    """

    began: float
    entry: float
    devices: float
    network: float
    program: float
    error: float

    @classmethod
    def decode(cls, report: bytes, asked: float, answered: float) -> Stamps:
        """What the library OS told.

        Args:
            report: its answer.
            asked, answered: the host's clock before and behind it: in between the counter was read.

        Raises:
            struct.error: it is none.
        """
        now, rate, *stamps = REPORT.unpack(report)
        tick = rate / (1 << 32) / 1e9
        began = (asked + answered) / 2 - now * tick
        entry, devices, network, program = (began + stamp * tick for stamp in stamps)
        return cls(began, entry, devices, network, program, (answered - asked) / 2)

    def parts(self, started: float, ready: float) -> dict[str, float]:
        """The seconds of each part, which come to all from ``started`` to ``ready``.

        Where the counter is older, as that of a processor under KVM that stood by, nobody knows
        what is QEMU's and what the firmware's.

        Args:
            started: when QEMU's process was made; of one that stood by, when it was needed.
            ready: when the service's word was heard.
        """
        names: tuple[str, ...] = PARTS
        moments = [started, self.began, self.entry, self.devices, self.network, self.program, ready]
        if self.began < started - self.error:
            names = (f"{QEMU}, {FIRMWARE}", *PARTS[2:])
            del moments[1]
        for index in range(1, len(moments)):  # none before the last one, as the error might have it
            moments[index] = min(max(moments[index], moments[index - 1]), ready)
        parts: dict[str, float] = dict.fromkeys(names, 0.0)
        for name, (begin, end) in zip(names, pairwise(moments), strict=True):
            parts[name] += end - begin
        return parts
