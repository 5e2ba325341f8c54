"""Each way to die leaves a report that says why, and where every thread was."""

from __future__ import annotations

import os
import re
import signal
import subprocess

import pytest

from meshkernel import CallError
from meshkernel.supervisor import backoff, watching
from meshkernel.testing import running_mesh

from .commands import LIMIT, MESHKERNEL
from .conftest import copied

pytestmark = pytest.mark.machine

PROGRAM = """
import ctypes, sys

def follow_null():
    ctypes.string_at(0)

def eat():
    eaten = []
    while True:
        eaten.append(bytearray(1 << 20))

print("it begins", flush=True)
{"null": follow_null, "eat": eat, "leave": sys.exit}[sys.argv[1]]()
"""

LINGERS = r"of thread \d+, newest call last:\n(  .*\n)*.*patient\.py\", line \d+ in linger_on"


@pytest.fixture(scope="module")
def mesh(images):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(watching, "LAST_WORDS", 60.0)  # a busy machine says them slowly
        patch.setattr(backoff, "LONGEST", 0.5)  # a service that dies so often would wait long
        yield from _mesh(images)


def _mesh(images):
    with running_mesh(copied("crashes", "faults", images) / "topology.toml") as found:
        yield found


async def report_of(mesh, function, **arguments):
    """Calls a function that its service does not survive; returns the report."""
    runner = mesh.server.mesh.runner("patient")
    before = runner.report
    with pytest.raises(CallError):
        await mesh.call(function, **arguments)
    await mesh.service("patient").wait_ended()
    await mesh.service("patient").wait_running()
    assert runner.report != before
    text = runner.report.read_text()
    assert f"reason     {runner.reason}" in text
    assert re.search(r"^image      sha256 [0-9a-f]{64}$", text, re.MULTILINE)
    assert "--- the last 200 lines of its log ---\n2" in text
    return text


async def test_a_fault_of_the_program(mesh):
    text = await report_of(mesh, "patient.follow_null")
    assert "was ended by signal 11: the program was ended by signal 11 (SIGSEGV)" in text
    assert re.search(r"^rip [0-9a-f]+  rsp [0-9a-f]+  rflags", text, re.MULTILINE)
    assert re.search(r'patient\.py", line \d+ in follow_null', text)
    assert re.search(LINGERS, text)


async def test_an_abort_names_its_system_call(mesh):
    text = await report_of(mesh, "patient.abort")
    assert "(SIGABRT)" in text
    assert re.search(r"--- system call ---\ntgkill\(0x1, 0x[0-9a-f]+, 0x6,", text)
    assert re.search(r'patient\.py", line \d+ in abort', text)
    assert re.search(LINGERS, text)


async def test_no_memory_left(mesh):
    text = await report_of(mesh, "patient.eat", megabytes=64)
    assert "ran out of its 64 MiB of memory" in text
    assert re.search(r'patient\.py", line \d+ in (eat|<listcomp>)', text)
    assert re.search(LINGERS, text)


async def test_an_exit_status(mesh):
    text = await report_of(mesh, "patient.leave", status=3)
    assert "reason     patient ended with status 3\n" in text


async def test_a_machine_that_is_killed_from_outside(mesh):
    runner = mesh.server.mesh.runner("patient")
    before = runner.report
    os.kill(runner.pid, signal.SIGKILL)
    await mesh.service("patient").wait_ended()
    await mesh.service("patient").wait_running()
    assert runner.report != before
    text = runner.report.read_text()
    assert "SIGKILL" in text
    assert "--- Python stacks ---\nnone: " in text


async def test_a_service_that_hangs(mesh, monkeypatch):
    monkeypatch.setattr(watching, "PING_EVERY", 1.0)
    monkeypatch.setattr(watching, "SILENT_AFTER", 10.0)
    await mesh.call("patient.leave_soon")  # so that the next machine is watched with these
    await mesh.service("patient").wait_ended()
    await mesh.service("patient").wait_running()
    text = await report_of(mesh, "patient.hang")
    assert "patient did not answer for 10 s" in text
    assert re.search(r'patient\.py", line \d+ in hang', text)
    assert re.search(LINGERS, text)
    assert "clock_nanosleep(" in text


def run_program(folder, way):
    """What ``meshkernel run`` of a program says, and its status."""
    script = folder / "dies.py"
    script.write_text(PROGRAM)
    return subprocess.run(
        [*MESHKERNEL, "run", "--accel", "tcg", "--memory", "64M", "dies.py", way],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
        stdin=subprocess.DEVNULL,
    )


@pytest.mark.parametrize(
    ("way", "status", "reason", "where"),
    [
        ("null", 139, "was ended by signal 11: the program was ended by", "follow_null"),
        ("eat", 125, "ran out of its 64 MiB of memory: ", "eat"),
    ],
)
def test_a_program_that_dies_has_a_report_too(way, status, reason, where):
    folder = copied("crashes-run", "faults")
    ended = run_program(folder, way)
    assert ended.returncode == status, ended.stderr
    assert f"meshkernel: run-dies {reason}" in ended.stderr
    (path,) = re.findall(r"^meshkernel: its crash report: (.+)$", ended.stderr, re.MULTILINE)
    report = folder / path
    assert report.parent == folder / "build" / "run" / "run-dies" / "crashes"
    text = report.read_text()
    assert f"reason     run-dies {reason}" in text
    assert re.search(r"^uptime     \d+\.\d s\nmemory     64 MiB$", text, re.MULTILINE)
    assert re.search(r"^image      sha256 [0-9a-f]{64}$", text, re.MULTILINE)
    assert re.search(rf'--- Python stacks ---\n(.*\n)+.*dies\.py", line \d+ in {where}\n', text)
    assert "--- the last 200 lines of its log ---\n" in text
    assert "\nit begins\n" in text


def test_a_program_that_chooses_its_end_has_no_report():
    folder = copied("crashes-run", "faults")
    ended = run_program(folder, "leave")
    assert (ended.returncode, "crash" in ended.stderr) == (0, False)
