"""What starts QEMU: it becomes the program, and dies with whoever started it."""

from __future__ import annotations

import os
import select
import subprocess
import sys
from pathlib import Path

import pytest

from meshkernel.machine.launcher import build_launcher
from meshkernel.toolchain.cache import Cache

STARTER = """
import os, subprocess, sys
child = subprocess.Popen([sys.argv[1], str(os.getpid()), sys.executable, "-c",
                          "print('here', flush=True); import signal; signal.pause()"])
print(child.pid, flush=True)
child.wait()
"""


@pytest.fixture(scope="module")
def launcher() -> Path:
    return build_launcher(Cache(Path(__file__).parents[3] / "build" / "cache"))


def launch(launcher: Path, parent: int, *words: str) -> subprocess.CompletedProcess[str]:
    command = [launcher, str(parent), *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)


def test_it_becomes_the_program(launcher: Path) -> None:
    done = launch(launcher, os.getpid(), "/bin/echo", "a b", "")
    assert (done.returncode, done.stdout) == (0, "a b \n")


def test_what_is_not_there_is_told(launcher: Path) -> None:
    done = launch(launcher, os.getpid(), "/nowhere")
    assert (done.returncode, done.stderr) == (126, "/nowhere: No such file or directory\n")


def test_one_whose_parent_has_died_starts_nothing(launcher: Path) -> None:
    done = launch(launcher, os.getppid(), "/bin/echo", "late")
    assert (done.returncode, done.stdout) == (126, "")


def test_the_program_dies_with_its_parent(launcher: Path) -> None:
    command = [sys.executable, "-c", STARTER, launcher]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as starter:
        assert starter.stdout is not None
        said = {starter.stdout.readline(), starter.stdout.readline()} - {"here\n"}
        watch = os.pidfd_open(int(said.pop()))
        starter.kill()
        assert select.select([watch], [], [], 20)[0], "it outlived its parent"
        os.close(watch)


def test_it_is_built_once(launcher: Path) -> None:
    before = launcher.stat().st_mtime_ns
    assert build_launcher(Cache(Path(__file__).parents[3] / "build" / "cache")) == launcher
    assert launcher.stat().st_mtime_ns == before
