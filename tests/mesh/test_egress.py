"""Ways out: clients in machines against real servers of the host."""

from __future__ import annotations

import asyncio

import asyncpg
import pytest

from meshkernel import RemoteError
from meshkernel.testing import running_mesh

from . import servers
from .conftest import copied

pytestmark = pytest.mark.machine

SLEEPERS = "SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep($1)'"
"""How many clients a PostgreSQL lets wait."""


@pytest.fixture(scope="module")
def redis():
    with servers.redis() as server:
        yield server


@pytest.fixture(scope="module")
def postgresql():
    with servers.postgresql() as server:
        yield server


@pytest.fixture(scope="module")
def mesh(images, redis, postgresql):
    topology = copied("egress", "egress", images) / "topology.toml"
    text = topology.read_text()
    for name, port in (
        ("REDIS", redis.port),
        ("POSTGRES", postgresql.port),
        ("CLOSED", servers.free_port()),
    ):
        text = text.replace(f"@{name}@", str(port))
    topology.write_text(text)
    with running_mesh(topology) as mesh:
        yield mesh


def egress(mesh, name):
    """What came of the connections to a place, summed over its ways."""
    return next(way for way in mesh.counters().egress if way.target == name)


def refused(mesh, service):
    return mesh.counters().ports[service].drops.get("egress", 0)


async def test_redis(mesh):
    done = await mesh.call_within(120, "keeper.work", count=200)
    assert done == {"name": "ann", "sum": 199 * 200 // 2, "large": True, "message": "hello"}
    counted = egress(mesh, "redis")
    assert counted.connected >= 1
    assert counted.sent > 1 << 20
    assert counted.received > 1 << 20


async def test_postgresql(mesh):
    done = await mesh.call_within(120, "books.work", rows=100)
    titles = sum(len(f"book {number}") for number in range(100))
    assert done == {"rows": 10_100, "title": "book 7", "bytes": titles + 1_000_000}


async def test_a_server_that_is_restarted(mesh, redis, postgresql):
    await mesh.call_within(120, "books.work", rows=10)
    redis.kill()
    postgresql.kill()
    with pytest.raises(RemoteError, match="ConnectionError"):
        await mesh.call_within(60, "keeper.get", key="name")
    with pytest.raises(RemoteError, match="ConnectionRefusedError"):
        await mesh.call_within(60, "books.count")
    assert egress(mesh, "redis").refused >= 1
    redis.start()
    postgresql.start()
    await recovered(postgresql)
    assert await mesh.call_within(60, "keeper.get", key="name") == ""
    assert await mesh.call_within(60, "books.count") == 10_010


async def test_a_server_that_ends_in_the_middle_of_an_answer(mesh, postgresql):
    waiting = asyncio.create_task(mesh.call_within(120, "books.wait", seconds=100))
    asking = await asyncpg.connect(
        host="127.0.0.1", port=postgresql.port, user="mesh", database="postgres"
    )
    async with asyncio.timeout(60):
        while not await asking.fetchval(SLEEPERS):
            pass
    asking.terminate()
    postgresql.kill()
    # The second is asyncpg's own confusion, where the end comes while it begins to ask.
    assert await waiting in ("ConnectionDoesNotExistError", "InternalClientError")
    postgresql.start()
    await recovered(postgresql)
    assert await mesh.call_within(60, "books.wait", seconds=0) == ""


async def recovered(postgresql):
    """It accepts connections before it has looked through its log, and refuses them until then."""
    async with asyncio.timeout(60):
        while True:
            try:
                connection = await asyncpg.connect(
                    host="127.0.0.1", port=postgresql.port, user="mesh", database="postgres"
                )
            except asyncpg.CannotConnectNowError:
                continue
            return await connection.close()


async def test_errors_are_those_of_linux(mesh):
    assert await mesh.call("keeper.reach", host="nobody", port=1) == "ECONNREFUSED"
    assert await mesh.call("keeper.reach", host="unknown", port=1) == "EHOSTUNREACH"
    assert egress(mesh, "nobody").refused == 1
    assert egress(mesh, "unknown").unresolved == 1
    assert "the server refused the connection" in mesh.logs("keeper")


async def test_all_else_is_refused_and_counted(mesh, postgresql):
    before = refused(mesh, "keeper")
    for host, port in (("redis", 80), ("192.0.2.1", 81), ("198.51.100.7", 80), ("10.0.0.1", 80)):
        assert await mesh.call("keeper.reach", host=host, port=port) == "ECONNREFUSED"
    assert refused(mesh, "keeper") == before + 4
    place = next(way for way in mesh.plan.services["books"].ways)
    assert await mesh.call("keeper.reach", host=str(place.address), port=5432) == "ECONNREFUSED"
    assert refused(mesh, "keeper") == before + 5
    assert await mesh.call("keeper.reach", host="db.internal", port=5432) == "unknown name"
