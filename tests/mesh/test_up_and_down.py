"""`meshkernel up` and `down` as a user runs them, on real machines."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from meshkernel.supervisor.processes import Identity

from .conftest import copied

pytestmark = pytest.mark.machine

MESHKERNEL = [str(Path(sys.executable).with_name("meshkernel"))]
LIMIT = 300
PORTS = {"warm": 18080, "cold": 18082}
"""Of the host: the tests of both kinds of images may run beside each other."""


@pytest.fixture(scope="module")
def project(images):
    """A project of its own: the shared mesh has its images elsewhere."""
    folder = copied("up", images=images)
    topology = folder / "topology.toml"
    text = topology.read_text().replace(str(PORTS["warm"]), str(PORTS[images]))
    topology.write_text(text)
    yield folder
    subprocess.run([*MESHKERNEL, "down"], cwd=folder, timeout=LIMIT, check=True)


def run(project, *words, expect=0):
    """A command's output; it must end as expected."""
    done = subprocess.run(
        [*MESHKERNEL, *words],
        cwd=project, capture_output=True, text=True, timeout=LIMIT, check=False,
    )  # fmt: skip
    assert done.returncode == expect, done.stdout + done.stderr
    return done.stdout


def processes(project):
    """The supervisor, the switch and the machines, by the state that is kept of them."""
    state = json.loads((project / "build" / "run" / "echo" / "state.json").read_text())
    return [Identity(*each) for each in state["processes"]]


def assert_nothing_left(project, known):
    assert len(known) == 5
    assert not any(each.alive for each in known)
    left = [path.name for path in (project / "build" / "run" / "echo").iterdir()]
    assert set(left) <= {"logs", "supervisor.log"}
    assert run(project, "ps", expect=1) == ""


def test_up_in_the_background_and_down(project, images):
    out = run(project, "up", "-d")
    assert "store: ready after" in out
    assert f"relay is at http://127.0.0.1:{PORTS[images]}/" in out
    rows = json.loads(run(project, "ps", "--json"))
    assert {row["state"] for row in rows} == {"running"}
    assert all(row["boot_ms"] > 0 and row["image_bytes"] > 1 << 20 for row in rows)
    assert run(project, "call", "relay.relay", "text=hello") == "hello\n"
    assert "the store opens" in run(project, "logs", "store")
    known = processes(project)
    assert "is running already" in run(project, "up", "-d")
    assert processes(project) == known
    run(project, "down")
    assert_nothing_left(project, known)
    assert "the store closes" in run(project, "logs", "store")


def test_a_supervisor_that_crashed_takes_its_children_along_and_blocks_nobody(project):
    run(project, "up", "-d")
    known = processes(project)
    os.kill(known[0].pid, signal.SIGKILL)
    assert all(each.wait(10) for each in known)
    run(project, "up", "-d")
    fresh = processes(project)
    assert not set(fresh) & set(known)
    run(project, "down")
    assert_nothing_left(project, fresh)


def test_ctrl_c_on_a_terminal(project, images):
    child, ours = pty.fork()
    if child == 0:
        os.chdir(project)
        os.execv(MESHKERNEL[0], [*MESHKERNEL, "up"])
    seen = read_until(ours, b"relay is at http://127.0.0.1:%d/" % PORTS[images])
    assert b"\x1b[" in seen  # colours, and lines that are alive
    known = processes(project)
    os.write(ours, b"\x03")
    read_until(ours, None)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 130
    os.close(ours)
    assert_nothing_left(project, known)


def read_until(terminal, text):
    """What a terminal shows until it shows this text; all that it shows, for None."""
    seen = b""
    while text is None or text not in seen:
        try:
            data = os.read(terminal, 1 << 16)
        except OSError:  # the other end has closed
            data = b""
        if not data:
            assert text is None, seen.decode(errors="replace")
            return seen
        seen += data
    return seen
