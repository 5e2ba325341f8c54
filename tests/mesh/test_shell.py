"""`meshkernel shell` on a service that runs, and images that have none."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess

import pytest

from meshkernel.image.builder import build_mesh
from meshkernel.plan import make_plan
from meshkernel.topology import parse

from .commands import LIMIT, MESHKERNEL, running
from .conftest import copied

pytestmark = pytest.mark.machine

PAUSE = 10.0
"""Seconds after which one would press Ctrl-C again."""


@pytest.fixture(scope="module")
def patient(images):
    with running("shell", images) as found:
        yield found


def test_a_script_sees_and_changes_the_service(patient):
    patient.run("call", "patient.tell", "text=hello")
    script = "import asyncio\nprint(await asyncio.sleep(0.01, state['told']))\nstate['told'] = 40\n"
    assert patient.run("shell", "patient", given=script) == "1\n"
    patient.run("call", "patient.tell", "text=hello")
    assert patient.run("shell", "patient", given="print(state['told'])") == "41\n"


def test_a_script_that_fails(patient):
    out = patient.run("shell", "patient", given="print('before')\n1 / 0\n", expect=1)
    assert out.startswith("before\nTraceback (most recent call last):\n")
    assert out.endswith("ZeroDivisionError: division by zero\n")
    patient.run("shell", "nobody", expect=1)


def test_a_terminal_with_ctrl_c_and_ctrl_d(patient):
    child, ours = pty.fork()
    if child == 0:
        os.chdir(patient.folder)
        os.environ["TERM"] = "dumb"
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # ignored by what is started in the background
        os.execv(MESHKERNEL[0], [*MESHKERNEL, "shell", "patient"])
    read_until(ours, b">>> ")
    os.write(ours, b"log.pare\t\r")
    assert b"<RootLogger root (INFO)>\r\n" in read_until(ours, b">>> ")
    os.write(ours, b"for i in range(2):\r    i * 11\r\r")
    assert b"0\r\n11\r\n" in read_until(ours, b"11\r\n>>> ")
    os.write(ours, b"import time; print('sleeps'); time.sleep(3600)\r")
    read_until(ours, b"sleeps\r\n")
    interrupt(ours)
    os.write(ours, b"await asyncio.sleep(3600)\r")
    read_until(ours, b"3600)\r\n")
    interrupt(ours)
    os.write(ours, b"\x04")
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    os.close(ours)
    assert patient.run("call", "patient.tell", "text=well") == "well\n"


def read_until(terminal, text):
    seen = b""
    while text not in seen:
        assert select.select([terminal], [], [], LIMIT)[0], seen
        seen += os.read(terminal, 1 << 16)
    return seen


def interrupt(terminal):
    """Ctrl-C until the prompt is back: CPython loses one that comes just before it sleeps."""
    seen = b""
    while b"KeyboardInterrupt\r\n>>> " not in seen:
        os.write(terminal, b"\x03")
        while not seen.endswith(b">>> ") and select.select([terminal], [], [], PAUSE)[0]:
            seen += os.read(terminal, 1 << 16)


def test_a_client_that_goes_leaves_nothing_running(patient):
    with subprocess.Popen(
        [*MESHKERNEL, "shell", "patient"],
        cwd=patient.folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as client:
        client.stdin.write(b"print('sleeps', flush=True)\nimport time\ntime.sleep(3600)\n")
        client.stdin.close()
        assert client.stdout.readline() == b"sleeps\n"
        client.send_signal(signal.SIGKILL)
    assert patient.run("call", "patient.tell", "text=well") == "well\n"


def test_a_release_has_no_shell(images):
    project = copied("shell-release", "faults", images)
    plan = make_plan(parse(project / "topology.toml"), release=True)
    image = build_mesh(plan, project / "build")["patient"]
    names = {name.partition(":")[0] for name in image.modules}
    assert not [name for name in names if "shell" in name or "rlcompleter" in name]
    with running("shell-release", images, "--release") as patient:
        patient.run("call", "patient.tell", "text=hello")
        done = subprocess.run(
            [*MESHKERNEL, "shell", "patient"],
            cwd=patient.folder, input="1", capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 1
        assert done.stderr == (
            "meshkernel: patient has no shell: its image was built with --release\n"
        )
