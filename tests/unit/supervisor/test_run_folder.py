from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys

import pytest

from meshkernel.supervisor.processes import Identity, started
from meshkernel.supervisor.run_folder import AlreadyRunningError, RunFolder, listen, short_path


def sleeper():
    return subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)


def test_a_process_is_known_by_its_number_and_its_start():
    child = sleeper()
    identity = Identity.of(child.pid)
    assert identity.alive
    assert not Identity(child.pid, identity.started - 1).alive
    assert not identity.wait(0.01)
    child.kill()
    assert identity.wait(10)
    assert started(child.pid) is None  # though it has not been waited for
    child.wait()
    child.stdin.close()
    assert Identity.of(child.pid) is None


def test_another_process_with_the_number_is_left_alone():
    child = sleeper()
    assert Identity(child.pid, 1).end(1)
    assert child.poll() is None
    assert Identity.of(child.pid).end(10, signal.SIGTERM)
    child.communicate()
    assert child.returncode == -signal.SIGTERM


def test_one_supervisor_at_a_time(tmp_path):
    first, second = RunFolder(tmp_path / "run"), RunFolder(tmp_path / "run")
    first.acquire()
    with pytest.raises(AlreadyRunningError):
        second.acquire()
    first.release()
    second.acquire()
    second.release()


def test_what_a_crashed_supervisor_left_is_cleaned(tmp_path):
    child = sleeper()
    identity = Identity.of(child.pid)
    state = {"processes": [[identity.pid, identity.started], [os.getpid(), 1]]}
    (tmp_path / "state.json").write_text(json.dumps(state))
    listen(tmp_path / "supervisor.sock").close()
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "cart.log").write_text("why it crashed")
    (tmp_path / "other").mkdir()
    folder = RunFolder(tmp_path)
    folder.acquire()
    assert not identity.alive
    child.communicate()
    assert [entry.name for entry in tmp_path.iterdir()] == ["logs"]
    folder.release()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"processes": 3}', '{"processes": [[1]]}'])
def test_a_state_that_makes_no_sense_blocks_nobody(tmp_path, text):
    (tmp_path / "state.json").write_text(text)
    folder = RunFolder(tmp_path)
    folder.acquire()
    folder.release()
    assert list(tmp_path.iterdir()) == []


def test_a_socket_may_have_a_long_path(tmp_path):
    path = tmp_path / ("x" * 100) / ("y" * 100) / "supervisor.sock"
    path.parent.mkdir(parents=True)
    with listen(path) as server, socket.socket(socket.AF_UNIX) as client:
        assert path.stat().st_mode & 0o777 == 0o600
        with short_path(path) as name:
            client.connect(name)
        server.setblocking(True)
        server.accept()[0].close()


def test_the_folder_is_for_its_user_alone(tmp_path):
    path = tmp_path / "mesh"
    path.mkdir(mode=0o755)
    folder = RunFolder(path)
    folder.acquire()
    assert path.stat().st_mode & 0o777 == 0o700
    folder.release()
