"""Calls, failures and restarts on real machines."""

from __future__ import annotations

import asyncio
import os
import time
from contextlib import suppress

import pytest

from meshkernel import DeadlineExceeded, MayHaveRun, NotDelivered, RemoteError

pytestmark = pytest.mark.machine


async def test_ready_means_that_calls_are_answered(mesh):
    assert [row.state for row in mesh.ps()] == ["running"] * 3
    assert await mesh.call("relay.relay", text="hello") == "hello"


async def test_services_start_before_their_callers(mesh):
    assert mesh.plan.generations == (("hostile", "store"), ("relay",))
    opened = [line for line in mesh.server.logs.last() if "opens" in line.text]
    assert [line.service for line in opened] == ["store", "relay"]
    assert all(0 < row.boot_ms < 120_000 for row in mesh.ps())


async def test_calls_run_side_by_side(mesh):
    texts = [f"{index}" * 1000 for index in range(50)]
    calls = [mesh.call("relay.relay", text=text) for text in texts]
    assert await asyncio.gather(*calls) == texts


async def test_a_link_has_its_deadline(mesh):
    began = time.monotonic()
    with pytest.raises(RemoteError, match="DeadlineExceeded"):
        await mesh.call("relay.wait", seconds=60.0)
    assert 1.9 < time.monotonic() - began < 20
    with pytest.raises(DeadlineExceeded):
        await mesh.call_within(1.0, "store.wait", seconds=60.0)
    assert await mesh.call("relay.wait", seconds=0.1) == "waited"


async def test_a_remote_error_has_the_stack_of_every_service(mesh):
    with pytest.raises(RemoteError, match="ZeroDivisionError") as caught:
        await mesh.call("relay.divide", value=1, by=0)
    assert "store.py" in caught.value.stack
    assert "in divide" in caught.value.stack
    assert await mesh.call("relay.divide", value=1, by=4) == 0.25


async def test_an_exposed_port_is_reached_from_the_host(mesh):
    host, port = mesh.url("relay").removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"from outside\n")
    async with asyncio.timeout(20):
        assert await reader.readline() == b"from outside\n"
    writer.close()


async def test_a_killed_service_is_noticed_and_runs_again(mesh):
    store = mesh.service("store")
    pid, restarts = store.pid, store.restarts
    os.kill(pid, 9)
    began = time.monotonic()
    await store.wait_ended()
    assert time.monotonic() - began < 1.0
    await store.wait_running()
    assert store.pid != pid
    assert store.restarts == restarts + 1
    assert await mesh.call("relay.relay", text="again") == "again"


async def test_an_early_exit_is_explained(mesh):
    store = mesh.service("store")
    with pytest.raises((MayHaveRun, NotDelivered)):
        await mesh.call("store.leave", status=3)
    await store.wait_ended()
    assert store.reason == "store ended with status 3"
    await store.wait_running()


async def test_a_service_out_of_memory_is_explained(mesh):
    store = mesh.service("store")
    with pytest.raises((MayHaveRun, NotDelivered)):
        await mesh.call("store.eat", megabytes=60)
    await store.wait_ended()
    assert store.reason.startswith("store ran out of its 64 MiB of memory")
    await store.wait_running()
    assert await mesh.call("store.echo", text="well") == "well"


async def test_a_partition_is_felt_and_healed(mesh):
    assert await mesh.call("relay.relay", text="before") == "before"
    with mesh.partition("relay", "store"):
        with pytest.raises(RemoteError, match=r"DeadlineExceeded|NotDelivered|MayHaveRun"):
            await mesh.call("relay.relay", text="lost")
        assert await mesh.call("store.echo", text="direct") == "direct"
    assert await healed(mesh) == "after"


async def healed(mesh):
    """What was lost is sent again after a pause of TCP's, which has grown meanwhile."""
    async with asyncio.timeout(60):
        while True:
            with suppress(RemoteError):
                return await mesh.call("relay.relay", text="after")
