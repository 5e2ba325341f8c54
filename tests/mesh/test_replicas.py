"""Replicas of a service on real machines: shared calls, a dead one, more and fewer of them."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import urllib.request
from collections import Counter
from contextlib import asynccontextmanager

import pytest

from meshkernel.testing import running_mesh

from .conftest import copied

pytestmark = pytest.mark.machine

LIMIT = 120.0
"""Seconds for what takes a few on a machine that is busy with other things."""


@pytest.fixture(scope="module")
def mesh(images):
    with running_mesh(copied("replicas", "replicas", images) / "topology.toml") as mesh:
        yield mesh


@asynccontextmanager
async def load(mesh, service, method, *, clients=8, seconds=0.05):
    """Clients of a service while the block runs, none of whose calls may fail."""
    begin = {"service": service, "method": method, "clients": clients, "seconds": seconds}
    mesh.touch(service)
    await mesh.call_within(LIMIT, "caller.begin", **begin)
    try:
        yield
    finally:
        assert await mesh.call_within(LIMIT, "caller.end") == []


async def answered(mesh, *names, count=1):
    """Wait until each of these replicas has answered so many more calls of the load."""
    await mesh.call_within(LIMIT, "caller.answered", names=list(names), count=count)


async def met(mesh, target, *names):
    """Call until each of these replicas has answered: connections are opened in the background."""
    missing = set(names)
    async with asyncio.timeout(LIMIT):
        while missing:
            missing.discard(await mesh.call_within(LIMIT, target))


async def running(mesh, *names):
    for name in names:
        await mesh.service(name).wait_running(LIMIT)


async def test_calls_are_shared_out(mesh):
    assert [row.replica for row in mesh.ps() if row.service == "worker"] == [1, 2]
    workers = ["worker-1", "worker-2"]
    await mesh.call_within(LIMIT, "caller.meet", service="worker", names=workers)
    found = await mesh.call_within(LIMIT, "caller.spread", service="worker", count=80)
    assert found == {"worker-1": 40, "worker-2": 40}


async def test_the_name_of_a_link_stands_for_all_that_always_run(mesh):
    addresses = [str(each.address) for each in mesh.plan.services["worker"].replicas]
    assert await mesh.call_within(LIMIT, "caller.known", name="worker") == addresses
    first = str(mesh.plan.services["elastic"].address)
    assert await mesh.call_within(LIMIT, "caller.known", name="elastic") == [first]


async def test_the_hosts_calls_are_shared_out_too(mesh):
    await met(mesh, "worker.where", "worker-1", "worker-2")
    found = Counter([await mesh.call_within(LIMIT, "worker.where") for _ in range(20)])
    assert found == {"worker-1": 10, "worker-2": 10}


async def test_no_idempotent_call_fails_while_a_replica_is_killed(mesh):
    async with load(mesh, "worker", "where"):
        await answered(mesh, "worker-1", "worker-2")
        for name, other in (("worker-1", "worker-2"), ("worker-2", "worker-1")):
            replica = mesh.service(name)
            restarts = replica.restarts
            replica.kill()
            await answered(mesh, other, count=5)
            await replica.wait_running(LIMIT)
            assert replica.restarts == restarts + 1
            await answered(mesh, "worker-1", "worker-2", count=5)


async def test_no_idempotent_call_waits_for_a_replica_that_hangs(mesh):
    hanging = mesh.service("worker-1")
    async with load(mesh, "worker", "where"):
        await answered(mesh, "worker-1", "worker-2")
        os.kill(hanging.pid, signal.SIGSTOP)
        try:
            await answered(mesh, "worker-2", count=50)
            # Else the calls that it has would fail with their deadlines, after 60 s.
            assert await mesh.call_within(LIMIT, "caller.end") == []
        finally:
            os.kill(hanging.pid, signal.SIGCONT)
    async with load(mesh, "worker", "where"):
        await answered(mesh, "worker-1", "worker-2")


async def test_no_call_at_all_fails_while_replicas_are_restarted_one_after_the_other(mesh):
    pids = {name: mesh.service(name).pid for name in ("worker-1", "worker-2")}
    async with load(mesh, "worker", "keep"):
        await answered(mesh, "worker-1", "worker-2")
        await mesh.restart("worker", grace=LIMIT)
        await answered(mesh, "worker-1", "worker-2", count=5)
    assert all(mesh.service(name).pid not in (None, pid) for name, pid in pids.items())


async def test_no_call_at_all_fails_while_replicas_stop_and_start(mesh):
    async with load(mesh, "worker", "keep"):
        await answered(mesh, "worker-1", "worker-2")
        await mesh.scale("worker", 1)
        assert [row.name for row in mesh.ps() if row.service == "worker"] == ["worker-1"]
        await answered(mesh, "worker-1", count=5)
        await mesh.scale("worker", 2)
        await answered(mesh, "worker-1", "worker-2", count=5)


def greeting(mesh):
    host, port = mesh.url("worker").removeprefix("http://").rstrip("/").split(":")
    with socket.create_connection((host, int(port)), timeout=LIMIT) as connection:
        return connection.makefile().readline().strip()


async def test_connections_from_outside_are_shared_out(mesh):
    await running(mesh, "worker-1", "worker-2")
    found = Counter([await asyncio.to_thread(greeting, mesh) for _ in range(20)])
    assert min(found["worker-1"], found["worker-2"]) > 5  # the last one may still be ending
    mesh.service("worker-1").kill()
    assert {await asyncio.to_thread(greeting, mesh) for _ in range(5)} == {"worker-2"}
    await mesh.service("worker-1").wait_running(LIMIT)


async def test_replicas_follow_the_load_from_none_and_back(mesh):
    await mesh.service("elastic-1").wait_asleep(LIMIT)
    async with load(mesh, "elastic", "keep", seconds=0.3):
        await answered(mesh, "elastic-1")
        await running(mesh, "elastic-1", "elastic-2", "elastic-3")
        await answered(mesh, "elastic-1", "elastic-2", "elastic-3")
    await mesh.service("elastic-1").wait_asleep(LIMIT)
    assert "replicas from now on" in mesh.logs("elastic")


async def test_fewer_replicas_cost_a_load_that_goes_on_no_call(mesh):
    async with load(mesh, "elastic", "keep", seconds=0.3):
        await running(mesh, "elastic-1", "elastic-2", "elastic-3")
    async with load(mesh, "elastic", "keep", clients=1, seconds=0.3):
        await mesh.service("elastic-3").wait_ended(LIMIT)
        await mesh.service("elastic-2").wait_ended(LIMIT)
        await answered(mesh, "elastic-1", count=5)


def get(url):
    with urllib.request.urlopen(url, timeout=LIMIT) as response:
        return response.read().decode()


async def test_replicas_follow_the_requests_from_outside(mesh):
    url, found = mesh.url("web"), set()
    await mesh.service("web-1").wait_asleep(LIMIT)

    async def visit():
        while found != {"web-1", "web-2"}:
            found.add(await asyncio.to_thread(get, url))

    async with asyncio.timeout(LIMIT):
        await asyncio.gather(*(visit() for _ in range(4)))
    await mesh.service("web-2").wait_ended(LIMIT)
    await mesh.service("web-1").wait_asleep(LIMIT)


async def test_more_replicas_than_the_topology_asks_for(mesh):
    await mesh.scale("caller", 2)
    await met(mesh, "caller.who", "caller", "caller-2")
    found = Counter([await mesh.call_within(LIMIT, "caller.who") for _ in range(6)])
    assert found == {"caller": 3, "caller-2": 3}
    workers = ["worker-1", "worker-2"]
    for _ in range(2):  # one after the other, so that each of the callers is called
        await mesh.call_within(LIMIT, "caller.meet", service="worker", names=workers)
    await mesh.scale("caller", 1)
    assert await mesh.call_within(LIMIT, "caller.who") == "caller"
