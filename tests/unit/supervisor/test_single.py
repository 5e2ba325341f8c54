"""The report of a program's death: which ends have one, and where it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import define, field

from meshkernel.cli.single import _explain
from meshkernel.machine.attached import Ended
from meshkernel.machine.outcome import MachineExit, Reason
from meshkernel.machine.program import Run

KILLED = MachineExit(Reason.KILLED, 9)
LOST = MachineExit(Reason.LOST, -9, "its QEMU was ended by SIGKILL")


@define
class FakeMachine:
    console: bytes = b"hello\nmeshkernel: no Python here\n"
    started: float = 0.0
    image: Path | None = None
    facts: dict[str, str] = field(factory=lambda: {"memory": "64 MiB"})


@pytest.mark.parametrize(
    ("how", "asked", "died"),
    [
        (MachineExit(Reason.STATUS, 1), False, False),
        (MachineExit(Reason.STATUS, 1), True, False),
        (MachineExit(Reason.SIGNAL, 15), True, False),
        (KILLED, True, False),
        (MachineExit(Reason.SIGNAL, 11), False, True),
        (MachineExit(Reason.PANIC, 0), False, True),
        (LOST, False, True),
    ],
)
def test_only_an_end_that_nobody_chose_is_a_death(how, asked, died):
    assert Ended(FakeMachine(), how, asked).died is died


def test_the_report_is_in_the_folder_of_its_mesh(tmp_path, capsys):
    run = Run(Path("hello.py"), out=tmp_path)
    _explain(run, Ended(FakeMachine(), LOST, asked=False))
    (path,) = (tmp_path / "run" / "run-hello" / "crashes").iterdir()
    text = path.read_text()
    assert "reason     run-hello ended without a word: its QEMU was ended by SIGKILL\n" in text
    assert "was ready" not in text
    assert text.endswith(
        "--- the last 200 lines of its log ---\nhello\nmeshkernel: no Python here\n"
    )
    assert f"meshkernel: its crash report: {path}" in capsys.readouterr().err


def test_a_report_that_cannot_be_written_is_told(tmp_path, capsys):
    (tmp_path / "run").write_text("in the way")
    _explain(Run(Path("hello.py"), out=tmp_path), Ended(FakeMachine(), LOST, asked=False))
    assert "its crash report cannot be written: " in capsys.readouterr().err
