"""Commands as a user runs them, on a mesh of one service that is looked into."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from attrs import frozen

from .conftest import copied

MESHKERNEL = [str(Path(sys.executable).with_name("meshkernel"))]
LIMIT = 300


@frozen
class Project:
    """A project with its mesh up."""

    folder: Path

    def run(self, *words: str, expect: int = 0, given: str | None = None) -> str:
        """A command's output; it must end as expected."""
        done = subprocess.run(
            [*MESHKERNEL, *words],
            cwd=self.folder,
            capture_output=True,
            text=True,
            input=given,
            timeout=LIMIT,
            check=False,
        )
        assert done.returncode == expect, done.stdout + done.stderr
        return done.stdout

    def wait_for_log(self, text: str) -> None:
        """Follow the logs until they have this."""
        with subprocess.Popen(
            [*MESHKERNEL, "logs", "-f"], cwd=self.folder, stdout=subprocess.PIPE, text=True
        ) as logs:
            assert logs.stdout is not None
            found = any(text in line for line in logs.stdout)
            logs.terminate()
        assert found


@contextmanager
def running(name: str, images: str, *options: str) -> Iterator[Project]:
    """The mesh of tests/mesh/faults in a folder of its own, up for as long as the block runs."""
    project = Project(copied(name, "faults", images))
    project.run("up", "-d", *options)
    try:
        yield project
    finally:
        project.run("down")
