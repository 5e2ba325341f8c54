"""`meshkernel trace` on a service that runs."""

from __future__ import annotations

import json
import signal
import subprocess

import pytest

from .commands import LIMIT, MESHKERNEL, running

pytestmark = pytest.mark.machine


@pytest.fixture(scope="module")
def patient(images):
    with running("tracing", images) as found:
        yield found


def traced(patient, *options, until=None):
    """What a trace shows of one call to the service; Ctrl-C ends it, once this text was shown."""
    with subprocess.Popen(
        [*MESHKERNEL, "trace", "patient", *options],
        cwd=patient.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as trace:
        assert trace.stderr.readline() == "tracing patient; Ctrl-C ends it\n"
        patient.run("call", "patient.tell", "text=waited")  # epoll_wait began before the trace
        patient.run("call", "patient.look", "path=/etc/hosts")
        out = ""
        while until and until not in out:
            line = trace.stdout.readline()
            assert line, out
            out += line
        trace.send_signal(signal.SIGINT)
        out += trace.stdout.read()
        assert trace.wait(LIMIT) == 0, trace.stderr.read()
    return out


def test_a_running_service_is_traced_and_goes_on(patient, tmp_path):
    out = traced(patient, until="/etc/hosts")
    assert 'newfstatat(AT_FDCWD, "/etc/hosts", {st_mode=S_IFREG|' in out
    assert "epoll_wait(" in out
    assert "<... epoll_wait resumed>" in out
    assert patient.run("call", "patient.tell", "text=well") == "well\n"
    patient.run("stop", "patient")
    patient.run("start", "patient")


def test_calls_are_chosen_and_written_into_a_file(patient, tmp_path):
    out = traced(patient, "-e", "newfstatat", "-o", str(tmp_path / "calls"))
    assert out == ""
    lines = (tmp_path / "calls").read_text().splitlines()
    assert lines
    assert all("newfstatat(" in line for line in lines)


def test_json_and_the_summary(patient):
    out = traced(patient, "--json", until="/etc/hosts")
    found = [json.loads(line) for line in out.splitlines()]
    (looked,) = [each for each in found if '"/etc/hosts"' in each["arguments"]]
    assert looked["call"] == "newfstatat"
    assert looked["result"] == "0"
    assert looked["duration"] > 0
    table = traced(patient, "-c")
    assert "newfstatat" in table
    assert "CALLS" in table


def test_mistakes_are_told(patient):
    patient.run("trace", "patient", "-e", "raed", expect=2)
    patient.run("trace", "nobody", expect=1)
