"""Crash reports: what is in them, how many are kept, and which ends write one."""

from __future__ import annotations

import pytest

from meshkernel.supervisor import watching
from meshkernel.supervisor.crash import KEPT, Death, Reports, write
from meshkernel.supervisor.logbook import LogBook
from meshkernel.supervisor.runner import Runner
from meshkernel.supervisor.state import State

from .fakes import FakeHost, ends, ready

CONSOLE = b"""\
its own line
meshkernel: the program was ended by signal 11 (SIGSEGV) at instruction 7f, address 0
meshkernel:   rip 7f  rsp 80  rflags 202
meshkernel:   cr2 0  error 4  vector e
meshkernel: in the system call read(0x3, 0x7f00, 0x10)
meshkernel: Python stack, newest call last:
  File "/app/patient.py", line 3 in follow_null
meshkernel: Python stack of thread 7, newest call last:
  ...
  File "/usr/lib/python3.11/threading.py", line 1 in wait
"""


def death(**changes):
    values = {
        "service": "cart",
        "mesh": "shop",
        "reason": "cart was ended by signal 11",
        "time": 1_767_225_600.5,
        "uptime": 12.34,
        "ready": "for 10.0 s",
        "facts": {"memory": "64 MiB"},
        "console": CONSOLE,
        "image": None,
        "log": ["hello"],
    }
    return Death(**(values | changes))


def parts(text):
    """The sections of a report by their titles."""
    head, *rest = text.split("\n--- ")
    sections = (part.partition(" ---\n") for part in rest)
    return head, {title: body.strip().splitlines() for title, _, body in sections}


def test_a_report_has_every_part(tmp_path):
    image = tmp_path / "image.elf"
    image.write_bytes(b"image")
    path = write(tmp_path / "crashes", death(image=image))
    head, found = parts(path.read_text())
    assert path.name == "cart-20260101T000000.500Z.txt"
    assert "reason     cart was ended by signal 11\n" in head
    assert "uptime     12.3 s\n" in head
    assert (
        "image      sha256 6105d6cc76af400325e94d588ce511be5bfdbb73b437dc51eca43917d7a43e3d" in head
    )
    assert found["registers"] == ["rip 7f  rsp 80  rflags 202", "cr2 0  error 4  vector e"]
    assert found["system call"] == ["read(0x3, 0x7f00, 0x10)"]
    assert found["Python stacks"] == [
        "Python stack, newest call last:",
        '  File "/app/patient.py", line 3 in follow_null',
        "Python stack of thread 7, newest call last:",
        "  ...",
        '  File "/usr/lib/python3.11/threading.py", line 1 in wait',
    ]
    assert found["the last 200 lines of its log"] == ["hello"]


def test_what_is_not_known_is_said(tmp_path):
    _, found = parts(write(tmp_path, death(console=b"", log=[])).read_text())
    assert all(lines[0].startswith("none: ") for lines in found.values())


def test_the_newest_of_each_service_are_kept(tmp_path):
    other = write(tmp_path, death(service="cart-2"))
    paths = [write(tmp_path, death(time=1000.0 + number)) for number in range(KEPT + 3)]
    assert [path.exists() for path in paths] == [False] * 3 + [True] * KEPT
    assert other.exists()


@pytest.fixture
def logs(tmp_path):
    book = LogBook(tmp_path / "logs", ["back"])
    yield book
    book.close()


def runner_of(host, logs, tmp_path):
    reports = Reports(tmp_path / "crashes", "chain", logs)
    return Runner("back", host, logs, lambda _: None, reports=reports)


async def test_a_machine_that_dies_has_a_report_and_the_log_says_where(logs, tmp_path):
    def dies(machine):
        machine.console = CONSOLE
        machine.end("was ended by signal 11")

    host = FakeHost({"back": [dies]})
    runner = runner_of(host, logs, tmp_path)
    with pytest.raises(Exception, match="signal 11"):
        await runner.start()
    assert runner.report in (tmp_path / "crashes").iterdir()
    assert any(str(runner.report) in line.text for line in logs.last())
    assert "was ready  never" in runner.report.read_text()


async def test_a_service_that_is_stopped_has_none(logs, tmp_path):
    runner = runner_of(FakeHost(), logs, tmp_path)
    await runner.start()
    await runner.stop()
    assert runner.report is None
    assert not (tmp_path / "crashes").exists()


async def test_a_disk_that_is_full_keeps_nobody_from_being_started_again(logs, tmp_path):
    (tmp_path / "crashes").write_text("in the way")
    host = FakeHost({"back": [ready, ready]})
    runner = runner_of(host, logs, tmp_path)
    await runner.start()
    host.machines[0].end("was killed")
    await runner.reached(State.RESTARTING)
    await runner.reached(State.RUNNING)
    assert runner.report is None
    await runner.stop()


async def test_a_service_that_hangs_says_where(logs, tmp_path, monkeypatch):
    monkeypatch.setattr(watching, "PING_EVERY", 0.01)
    monkeypatch.setattr(watching, "SILENT_AFTER", 0.05)

    def hangs(machine):
        machine.answers_pings = False
        ready(machine)

    host = FakeHost({"back": [hangs, ends("was not to be started again")]})
    runner = runner_of(host, logs, tmp_path)
    await runner.start()
    machine = host.machines[0]
    await runner.reached(State.RESTARTING)
    assert machine.interrupted
    assert "did not answer" in runner.reason
    assert "Python stack, newest call last:" in runner.report.read_text()
    await runner.stop()
