"""Services that sleep, on real machines: their callers see nothing but time."""

from __future__ import annotations

import asyncio
import socket
import time
import urllib.parse
from collections.abc import Iterator

import pytest

from meshkernel import NotDelivered
from meshkernel.testing import MeshUnderTest, running_mesh

from .conftest import copied

pytestmark = pytest.mark.machine

SECONDS = 120


@pytest.fixture(scope="module")
def mesh(images: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MeshUnderTest]:
    volumes = tmp_path_factory.mktemp("volumes")
    project = copied("sleeping", "sleeping", images)
    with running_mesh(project / "topology.toml", volumes=volumes) as mesh:
        yield mesh


def row(mesh: MeshUnderTest, name: str):
    return next(row for row in mesh.ps() if row.service == name)


async def asleep(mesh: MeshUnderTest, name: str) -> None:
    """It sleeps, or does so before long."""
    await mesh.service(name).wait_asleep(SECONDS)


def test_only_who_does_not_sleep_has_a_machine(mesh: MeshUnderTest) -> None:
    states = {row.service: row.state for row in mesh.ps()}
    assert states.pop("caller") == "running"
    assert set(states.values()) == {"asleep"}
    assert all(row.pid is None for row in mesh.ps() if row.service != "caller")


async def test_a_thousand_calls_over_a_link_start_one_machine(mesh: MeshUnderTest) -> None:
    await asleep(mesh, "diary")
    before = row(mesh, "diary").summons
    assert await mesh.call_within(SECONDS, "caller.many", count=1000) == list(range(1000))
    assert row(mesh, "diary").summons == before + 1
    assert row(mesh, "diary").restarts == 0


async def test_a_thousand_callers_from_the_host_start_one_machine(mesh: MeshUnderTest) -> None:
    await asleep(mesh, "diary")
    before = row(mesh, "diary").summons
    calls = (mesh.call_within(SECONDS, "diary.echo", value=number) for number in range(1000))
    assert await asyncio.gather(*calls) == list(range(1000))
    assert row(mesh, "diary").summons == before + 1


async def fetch(port: int, name: str) -> str:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET /?name={name} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    head, _, body = (await reader.read()).decode().partition("\r\n\r\n")
    writer.close()
    assert head.startswith("HTTP/1.1 200"), head
    return body


async def test_a_thousand_connections_from_outside_start_one_machine(mesh: MeshUnderTest) -> None:
    await asleep(mesh, "web")
    before = row(mesh, "web").summons
    port = urllib.parse.urlsplit(mesh.url("web")).port
    async with asyncio.timeout(4 * SECONDS):
        answers = await asyncio.gather(*(fetch(port, f"n{number}") for number in range(1000)))
    assert answers == [f"hello n{number}" for number in range(1000)]
    assert row(mesh, "web").summons == before + 1
    assert row(mesh, "web").restarts == 0


async def test_connections_that_are_no_calls_wait_as_well(mesh: MeshUnderTest) -> None:
    await asleep(mesh, "diary")
    assert await mesh.call_within(SECONDS, "caller.knock", count=100) == 100
    await asleep(mesh, "diary")


async def test_an_open_connection_keeps_a_service_awake(mesh: MeshUnderTest) -> None:
    port = urllib.parse.urlsplit(mesh.url("web")).port
    await fetch(port, "before")
    with socket.create_connection(("127.0.0.1", port)):
        await mesh.service("web").wait_running(SECONDS)
        with pytest.raises(TimeoutError):
            await mesh.service("web").wait_asleep(4)
    await asleep(mesh, "web")


async def test_a_call_in_flight_keeps_a_service_awake(mesh: MeshUnderTest) -> None:
    summons = row(mesh, "diary").summons
    assert await mesh.call_within(SECONDS, "diary.compute", seconds=4) == "done"
    assert row(mesh, "diary").summons <= summons + 1


async def test_calls_that_meet_a_service_falling_asleep_succeed(mesh: MeshUnderTest) -> None:
    """The pauses are as long as the service waits, so calls and sleep cross again and again."""
    before = row(mesh, "diary").summons
    for pause in (0.95, 1.0, 1.02, 1.05):
        assert await mesh.call_within(SECONDS, "caller.one_by_one", count=5, pause=pause) == 5
    assert row(mesh, "diary").summons > before


async def test_a_service_ends_in_order_and_finds_its_volume_again(mesh: MeshUnderTest) -> None:
    await mesh.call_within(SECONDS, "diary.echo", value=1)
    await asleep(mesh, "diary")
    pages = await mesh.call_within(SECONDS, "diary.pages")
    starts = row(mesh, "diary").summons
    assert pages == ["start", "stop"] * (starts - 1) + ["start"]
    assert await mesh.call_within(SECONDS, "diary.mapped") == len(pages) % 256


async def test_a_chain_of_sleepers_wakes_one_after_the_other(mesh: MeshUnderTest) -> None:
    found = await mesh.call_within(SECONDS, "caller.chain", value=7)
    assert found == ["first", "second", "third", "7"]
    for name in ("third", "second", "first"):
        await asleep(mesh, name)


async def test_who_has_something_to_do_does_not_sleep(mesh: MeshUnderTest) -> None:
    assert await mesh.call_within(SECONDS, "ticking.echo", value=1) == 1
    await mesh.service("ticking").wait_log("it has @every functions")
    with pytest.raises(TimeoutError):
        await mesh.service("ticking").wait_asleep(3)


async def test_what_does_not_come_up_fails_its_callers_in_time_and_says_why(
    mesh: MeshUnderTest,
) -> None:
    with pytest.raises(NotDelivered, match="the service did not start"):
        await mesh.call_within(SECONDS, "broken.never")
    failed = row(mesh, "broken")
    assert (failed.state, failed.summons) == ("failed", 1)
    assert "OSError: no shelf is left" in failed.reason
    assert "no shelf is left; not started again" in mesh.logs("broken")


async def test_callers_over_links_learn_of_it_within_the_links_time(mesh: MeshUnderTest) -> None:
    began = time.monotonic()
    told = await mesh.call_within(SECONDS, "caller.try_absent")
    assert "absent could not be reached" in told
    assert time.monotonic() - began < SECONDS / 2
    assert "OSError: no shelf is left" in row(mesh, "absent").reason
