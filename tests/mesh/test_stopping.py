"""stop, start, restart, and who hears SIGTERM, as a user runs them on a real machine."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time

import pytest

from .commands import LIMIT, MESHKERNEL, running
from .conftest import copied

pytestmark = pytest.mark.machine

HANDLED = f"signal {signal.SIGTERM.value} is handled"
PATIENCE = ("--grace", str(LIMIT))
"""For a machine that is busy with other things."""

PROGRAM = """
import os, signal, sys, time

if sys.argv[1] == "handle":
    def terminated(number, frame):
        print("the handler runs", flush=True)
        sys.exit(7)
    signal.signal(signal.SIGTERM, terminated)
elif sys.argv[1] == "ignore":
    signal.signal(signal.SIGTERM, lambda number, frame: print("not now", flush=True))
print("ready", flush=True)
while True:
    time.sleep(60)
"""


@pytest.fixture(scope="module")
def patient(images):
    with running("stopping", images) as found:
        yield found


def states(patient):
    return [row["state"] for row in json.loads(patient.run("ps", "--json"))]


def test_a_service_stops_and_starts_alone(patient):
    assert patient.run("stop", *PATIENCE, "patient") == "stopped: patient\n"
    assert states(patient) == ["stopped"]
    logs = patient.run("logs", "patient")
    assert "the patient leaves" in logs
    assert "Traceback" not in logs
    assert "is not available" not in logs
    assert patient.run("start") == "running: patient\n"
    assert patient.run("call", "patient.tell", "text=again") == "again\n"


@pytest.mark.parametrize("way", ["handle_signals", "handle_in_loop"])
def test_a_handler_of_the_service_hears_sigterm(patient, way):
    before = patient.run("logs").count(HANDLED)
    patient.run("call", f"patient.{way}")
    assert patient.run("restart", *PATIENCE, "patient") == "running: patient\n"
    assert patient.run("logs").count(HANDLED) == before + 1
    assert patient.run("logs").count("the patient leaves") == before + 2


def test_a_service_that_hangs_has_its_grace_and_no_more(patient):
    with subprocess.Popen(
        [*MESHKERNEL, "call", "patient.hang"],
        cwd=patient.folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as call:
        patient.wait_for_log("the patient hangs")
        began = time.monotonic()
        patient.run("stop", "--grace", "2", "patient")
        assert time.monotonic() - began >= 2  # it hangs for an hour: it had no more
        assert call.wait(LIMIT) == 1
    assert "did not stop within 2 s" in patient.run("logs")
    patient.run("start")


def test_unknown_services_are_refused(patient):
    patient.run("stop", "nobody", expect=1)
    assert states(patient) == ["running"]


@pytest.mark.parametrize(
    ("way", "signals", "status", "said"),
    [
        ("handle", 1, 7, "the handler runs"),
        ("default", 1, 143, "signal 15"),
        ("ignore", 2, 137, "not now"),
    ],
)
def test_run_passes_sigterm_on(way, signals, status, said):
    folder = copied("stopping-run", "faults")
    script = folder / "waits.py"
    script.write_text(PROGRAM)
    with subprocess.Popen(
        [*MESHKERNEL, "run", "--accel", "tcg", str(script), way],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as run:
        out = ""
        for number in range(signals):
            out += read_until(run, "ready" if number == 0 else said)
            os.kill(run.pid, signal.SIGTERM)
        rest, _ = run.communicate(timeout=LIMIT)
        assert run.returncode == status, out + rest
        assert said in out + rest
        assert "crash report" not in out + rest


def read_until(process, text):
    found = ""
    while text not in found:
        line = process.stdout.readline()
        assert line, found
        found += line
    return found
