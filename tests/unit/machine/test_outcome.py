"""Which end is told of which remains."""

from __future__ import annotations

import pytest

from meshkernel.machine.outcome import MachineExit, Reason, Remains, outcome

STATUS = (Reason.STATUS, 3)
SAID = b"hello\nmeshkernel: panic: the disk is on fire\nmeshkernel: more\nstack\n"


@pytest.mark.parametrize(
    ("left", "end"),
    [
        (Remains(0, STATUS, SAID), MachineExit(*STATUS)),
        (Remains(-9, STATUS, killed=True), MachineExit(*STATUS)),
        (
            Remains(0, (Reason.PANIC, 0), SAID, errors=b"a warning"),
            MachineExit(Reason.PANIC, 0, "the disk is on fire"),
        ),
        (Remains(-9, killed=True), MachineExit(Reason.KILLED, 9)),
        (Remains(-9, STATUS, broken="it is broken"), MachineExit(Reason.LOST, -9, "it is broken")),
        (Remains(-9), MachineExit(Reason.LOST, -9, "its QEMU was ended by SIGKILL")),
        (Remains(1, errors=b"a\nb\n"), MachineExit(Reason.LOST, 1, "b")),
        (Remains(1, console=b"meshkernel: boots\n\xff"), MachineExit(Reason.LOST, 1, "boots")),
        (Remains(1), MachineExit(Reason.LOST, 1)),
    ],
)
def test_the_end_is_told_of_what_is_left(left: Remains, end: MachineExit) -> None:
    assert outcome(left) == end


@pytest.mark.parametrize(
    ("end", "status", "sentence"),
    [
        (MachineExit(Reason.STATUS, 3), 3, "ended with status 3"),
        (MachineExit(Reason.SIGNAL, 11, "at 0"), 139, "was ended by signal 11: at 0"),
        (MachineExit(Reason.PANIC, 0, "no"), 125, "stopped: no"),
        (MachineExit(Reason.OUT_OF_MEMORY, 64), 125, "ran out of its 64 MiB of memory"),
        (MachineExit(Reason.KILLED, 9), 137, "was killed"),
        (MachineExit(Reason.LOST, 1), 125, "ended without a word"),
    ],
)
def test_an_end_has_a_status_and_a_sentence(end: MachineExit, status: int, sentence: str) -> None:
    assert (end.status, end.sentence) == (status, sentence)
