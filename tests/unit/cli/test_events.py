from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z  (\S.*?)  +(\w+)(?:  +(\S.*))?")


def test_what_has_happened(meshkernel, running):
    status, out, _ = meshkernel("events", "--no-follow")
    assert status == 0
    told = [LINE.fullmatch(line).groups() for line in out.splitlines()]
    assert [who for who, _, _ in told] == ["back", "back", "middle", "middle", "front", "front"]
    assert [what for _, what, _ in told] == ["starting", "ready"] * 3
    assert re.fullmatch(r"in \d+ ms", told[1][2])


def test_for_scripts_each_event_is_a_line(meshkernel, running):
    began = time.time()
    assert meshkernel("restart", "middle")[0] == 0
    out = meshkernel("events", "middle", "--no-follow", "--json", "--since", "10m")[1]
    found = [json.loads(line) for line in out.splitlines()]
    assert [each["event"] for each in found] == [
        "starting", "ready", "stopping", "stopped", "starting", "ready",
    ]  # fmt: skip
    assert all(each.keys() == {"time", "service", "replica", "event", "detail"} for each in found)
    assert {(each["service"], each["replica"]) for each in found} == {("middle", "middle")}
    assert began - 1 <= found[-1]["time"] <= time.time()


@pytest.mark.parametrize("when", ["2100-01-01", "2100-01-01T12:00:00+02:00"])
def test_nothing_has_happened_since(meshkernel, running, when):
    assert meshkernel("events", "--no-follow", "--since", when) == (0, "", "")


@pytest.mark.parametrize("when", ["yesterday", "", "-5m"])
def test_a_time_is_explained(meshkernel, project, when):
    status, _, err = meshkernel("events", "--since", when)
    assert status == 2
    assert err == f"--since {when!r} is no time, write 90s, 10m, 2h, or 2026-01-31T12:00:00\n"


def test_an_unknown_service(meshkernel, running):
    status, _, err = meshkernel("events", "midle", "--no-follow")
    assert (status, "there is no service 'midle'" in err) == (1, True)


def test_it_goes_on_until_ctrl_c(meshkernel, running, project):
    command = [Path(sys.executable).with_name("meshkernel"), "events", "middle"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as following:
        for what in (b"starting", b"ready"):
            assert what in following.stdout.readline()
        assert meshkernel("stop", "middle")[0] == 0
        for what in (b"stopping", b"stopped"):
            assert what in following.stdout.readline()
        following.send_signal(signal.SIGINT)
        out, err = following.communicate(timeout=30)
    assert (out, b"Traceback" in err, following.returncode) == (b"", False, 130)
