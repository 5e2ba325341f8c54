"""`meshkernel debug` on a service that runs: breakpoints, stacks, and how it goes on."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess

import pytest

from .commands import LIMIT, MESHKERNEL, running

pytestmark = [
    pytest.mark.machine,
    pytest.mark.skipif(shutil.which("gdb") is None, reason="gdb is missing: apt-get install gdb"),
]


@pytest.fixture(scope="module")
def patient(images):
    with running("debugging", images) as found:
        yield found


def debugged(patient, *commands):
    """What gdb says while a call to the service runs; the call must succeed."""
    words = [word for command in commands for word in ("--command", command)]
    with subprocess.Popen(
        [*MESHKERNEL, "debug", "patient", *words],
        cwd=patient.folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as gdb:
        before = ""
        while "Continuing." not in before:
            line = gdb.stdout.readline()
            assert line, before
            before += line
        patient.run("call", "--timeout", str(LIMIT), "patient.look", "path=/etc/hosts")
        out = before + gdb.communicate(timeout=LIMIT)[0]
    print(out)
    assert gdb.returncode == 0, out
    return out


def test_a_system_call_and_the_interpreter_below_it(patient):
    out = debugged(
        patient,
        "break sys_newfstatat if current->tid > 0",
        'printf "Continuing.\\n"',
        "continue",
        "bt 40",
        "delete",
        "detach",
    )
    assert re.search(r"^Breakpoint 1(\.\d)?, .*sys_newfstatat \(", out, re.MULTILINE)
    frames = [line for line in out.splitlines() if line.startswith("#")]
    assert "sys_newfstatat" in frames[0]
    assert "<signal handler called>" in frames[1]  # the way in, as gdb shows such a frame
    assert any("_PyEval_EvalFrameDefault" in line for line in frames)
    assert patient.run("call", "patient.tell", "text=well") == "well\n"


def test_a_function_of_the_interpreter(patient):
    out = debugged(
        patient,
        "break PyStructSequence_New",
        'printf "Continuing.\\n"',
        "continue",
        "bt 30",
        "delete",
        "detach",
    )
    assert re.search(r"^Breakpoint 1(\.\d)?, .*PyStructSequence_New \(", out, re.MULTILINE)
    assert "_PyEval_EvalFrameDefault" in out


def test_nothing_is_left_when_gdb_is_killed(patient):
    with subprocess.Popen(
        [*MESHKERNEL, "debug", "patient"],
        cwd=patient.folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as command:
        command.stdin.write('printf "stopped\\n"\n')
        command.stdin.flush()
        seen = ""
        while "stopped" not in seen:
            line = command.stdout.readline()
            assert line, seen
            seen += line
        refused = subprocess.run(
            [*MESHKERNEL, "debug", "patient", "--command", "detach"],
            cwd=patient.folder, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert refused.returncode == 1
        assert "is being debugged already" in refused.stderr
        os.killpg(command.pid, signal.SIGKILL)  # the command and its gdb
    assert patient.run("call", "patient.tell", "text=well") == "well\n"
    assert '"restarts": 0' in patient.run("ps", "--json")
