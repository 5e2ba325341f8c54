"""QEMUs that stand by, on a real mesh: who takes one, and what becomes of them."""

from __future__ import annotations

import asyncio
import json
import os
import select
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from meshkernel.testing import MeshUnderTest, running_mesh

from .commands import LIMIT, MESHKERNEL, Project
from .conftest import copied

pytestmark = pytest.mark.machine

SECONDS = 120
MIB = 1 << 20


@pytest.fixture(scope="module")
def mesh(images: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MeshUnderTest]:
    volumes = tmp_path_factory.mktemp("volumes")
    project = copied("standby", "standby", images)
    with running_mesh(project / "topology.toml", volumes=volumes) as mesh:
        yield mesh


def stood_by(pid: int | None) -> bool:
    return b"meshkernel-standby\0" in Path(f"/proc/{pid}/cmdline").read_bytes()


async def full(mesh: MeshUnderTest, *without: int) -> list[int]:
    """The processes that stand by, once there are as many as there should be, and not these."""
    while {*(found := await mesh.standing_by(SECONDS))} & {*without}:  # noqa: ASYNC110
        await asyncio.sleep(0.01)  # nobody has noticed yet that it has ended
    return found


async def test_services_that_up_starts_take_one(mesh: MeshUnderTest) -> None:
    assert stood_by(mesh.service("caller").pid)
    assert len(await full(mesh)) == 2


async def test_a_summons_takes_one_and_the_pool_is_filled_again(mesh: MeshUnderTest) -> None:
    await mesh.service("sleeper").wait_asleep(SECONDS)
    before = await full(mesh)
    memory = await mesh.call_within(SECONDS, "caller.ask")
    pid = mesh.service("sleeper").pid
    assert pid in before
    assert 32 * MIB < memory <= 64 * MIB
    after = await full(mesh, pid)
    assert len(after) == 2
    assert len({*before} & {*after}) == 1


async def test_it_has_the_memory_of_its_service(mesh: MeshUnderTest) -> None:
    before = await full(mesh)
    assert 64 * MIB < await mesh.call_within(SECONDS, "large.memory") <= 96 * MIB
    assert mesh.service("large").pid in before


async def test_a_machine_with_a_volume_is_started_as_ever(mesh: MeshUnderTest) -> None:
    before = await full(mesh)
    assert await mesh.call_within(SECONDS, "keeper.memory")
    assert not stood_by(mesh.service("keeper").pid)
    assert await full(mesh) == before


async def test_one_that_dies_is_replaced(mesh: MeshUnderTest) -> None:
    gone, stays = await full(mesh)
    os.kill(gone, signal.SIGKILL)
    after = await full(mesh, gone)
    assert len(after) == 2
    assert stays in after


async def test_one_that_was_taken_crashes_as_any_other(mesh: MeshUnderTest) -> None:
    await full(mesh)
    runner = mesh.server.mesh.runner("caller")
    os.kill(runner.pid, signal.SIGKILL)
    await mesh.service("caller").wait_ended(SECONDS)
    await mesh.service("caller").wait_running(SECONDS)
    assert stood_by(mesh.service("caller").pid)
    assert await mesh.call_within(SECONDS, "caller.ask")
    text = runner.report.read_text()
    assert "its QEMU was ended by SIGKILL" in text


def qemus(supervisor: int) -> dict[int, bool]:
    """The QEMUs that a supervisor has, and whether they were started to stand by."""
    words = ["pgrep", "--parent", str(supervisor), "qemu-system"]
    found = subprocess.run(words, capture_output=True, text=True, check=False).stdout.split()
    return {int(pid): stood_by(int(pid)) for pid in found}


def waiting(project: Project, count: int) -> tuple[int, list[int]]:
    """A supervisor, and its QEMUs once there are so many."""
    path = project.folder / "build" / "run" / "standby" / "state.json"
    supervisor = json.loads(path.read_text())["processes"][0][0]
    while len(found := qemus(supervisor)) < count:
        os.sched_yield()
    assert all(found.values())
    return supervisor, list(found)


def ended(watches: list[int]) -> bool:
    """Whether all of these processes end."""
    return all(select.select([watch], [], [], SECONDS)[0] for watch in watches)


@pytest.fixture
def project(images: str) -> Iterator[Project]:
    project = Project(copied("standby-commands", "standby", images))
    project.run("up", "-d")
    yield project
    subprocess.run([*MESHKERNEL, "down"], cwd=project.folder, timeout=LIMIT, check=False)


@pytest.mark.parametrize("way", ["down", "killed"])
def test_none_is_left(project: Project, way: str) -> None:
    supervisor, pids = waiting(project, 3)
    watches = [os.pidfd_open(pid) for pid in pids]
    if way == "down":
        project.run("down")
        assert select.select(watches, [], [], 0)[0] == watches
    else:
        os.kill(supervisor, signal.SIGKILL)
        assert ended(watches)
    for watch in watches:
        os.close(watch)
