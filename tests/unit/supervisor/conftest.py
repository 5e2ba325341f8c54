"""A service's runner on a host of a test's own."""

from __future__ import annotations

import asyncio

import pytest

from meshkernel.supervisor import backoff, up
from meshkernel.supervisor.crash import Reports
from meshkernel.supervisor.logbook import LogBook
from meshkernel.supervisor.runner import Runner
from meshkernel.supervisor.server import MeshServer

from .fakes import FakeHost, chain


@pytest.fixture
def short_waits(monkeypatch):
    """A service that ends is started again at once."""
    monkeypatch.setattr(backoff, "FIRST", 0.01)
    monkeypatch.setattr(backoff, "LONGEST", 0.02)


@pytest.fixture
async def started(tmp_path, short_waits):
    """Makes a runner on a host; stops it at the end."""
    made = []

    def make(host):
        logs = LogBook(tmp_path, ["cart"])
        states = []
        reports = Reports(tmp_path / "crashes", "shop", logs)
        each = Runner("cart", host, logs, lambda it: states.append(it.state), reports=reports)
        each.states, each.logs = states, logs
        made.append(each)
        return each

    yield make
    for each in made:
        async with asyncio.timeout(10):
            await each.stop(0.01)
        each.logs.close()


@pytest.fixture
async def serve(request, tmp_path, short_waits):
    """Starts a mesh of the test file's ``TOPOLOGY`` on a host, which is its attribute ``host``."""
    plan = chain(tmp_path, request.module.TOPOLOGY)
    folder = up.run_folder(plan)
    folder.acquire()
    servers = []

    async def start(host=None):
        server = MeshServer(plan, folder, host or FakeHost(), {"middle": 7})
        servers.append(await server.__aenter__())
        server.host = server._host
        server.grace = 0.01
        async with asyncio.timeout(10):
            await server.mesh.start()
        return server

    yield start
    for server in servers:
        async with asyncio.timeout(10):
            await server.__aexit__(None, None, None)
    folder.release()
