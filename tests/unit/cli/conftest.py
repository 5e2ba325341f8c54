from __future__ import annotations

import sys
from pathlib import Path

import pytest

from meshkernel.cli import entry
from meshkernel.supervisor import up
from meshkernel.testing.background import Background

sys.path.insert(0, str(Path(__file__).parents[1] / "supervisor"))

import fakes


@pytest.fixture
def project(tmp_path, monkeypatch):
    """The folder of a project of three services: the working directory."""
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.chdir(tmp_path)
    fakes.chain(tmp_path)
    return tmp_path


@pytest.fixture
def meshkernel(capsys):
    """Runs a command; returns its status, what it printed, and what it complained about."""

    def run(*arguments):
        capsys.readouterr()
        status = entry.run(list(arguments))
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        return status, out, err

    return run


@pytest.fixture
def running(project):
    """The project's mesh, up on fakes; is the host, on which a test may change things."""
    plan = fakes.chain(project)

    async def add(user: str, count: int = 1) -> dict[str, object]:
        return {"user": user, "count": count}

    async def fail() -> None:
        raise ValueError("no shelf")

    host = fakes.FakeHost(
        scripts={"back": [lambda machine: machine.ready("add", "fail")]},
        functions={"back": {"add": add, "fail": fail}},
    )
    with Background() as background:
        is_up = background.run(_event())
        folder = up.run_folder(plan)
        folder.acquire()

        def on_event(event):
            if event.phase == "up":
                is_up.set()

        servers = []
        work = background.submit(
            up.bring_up(plan, folder, host, on_event=on_event, made=servers.append)
        )
        background.run(is_up.wait())
        yield host
        background.run(_stop(servers[0]))
        work.result()
        folder.release()


async def _event():
    import asyncio

    return asyncio.Event()


async def _stop(server):
    server.stop_asked.set()
