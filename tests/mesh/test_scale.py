"""A thousand services that sleep: what they cost while nobody calls them, and that they wake."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from benchmarks.scale import CHAIN, WORKER, name, topology
from benchmarks.usage import memory

from .commands import Project
from .conftest import copied, of_kind

pytestmark = pytest.mark.machine

COUNT = 1000
MOST_MEMORY = 400 << 20
MOST_DESCRIPTORS = 64
GENEROUS = 5
"""Times are given so many times over: other tests may run beside this one."""


@pytest.fixture
def project(images: str) -> Project:
    """Built, so that what is measured is the mesh."""
    folder = copied("scale", "scale", images)  # of which nothing is a file
    (folder / "worker.py").write_text(WORKER)
    (folder / "topology.toml").write_text(of_kind(topology(COUNT), images))
    project = Project(folder)
    project.run("build")
    return project


def descriptors(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def test_a_thousand_sleepers(project: Project) -> None:
    began = time.monotonic()
    project.run("up", "-d")
    up = time.monotonic()
    try:
        rows = json.loads(project.run("ps", "--json"))
        assert [row["state"] for row in rows] == ["asleep"] * COUNT
        state = project.folder / "build" / "run" / f"scale-{COUNT}" / "state.json"
        pids = [pid for pid, _ in json.loads(state.read_text())["processes"]]
        assert len(pids) == 2  # the supervisor and the switch
        used = sum(memory(pid).resident for pid in pids)
        assert used < MOST_MEMORY
        assert max(map(descriptors, pids)) < MOST_DESCRIPTORS

        hops = [name(number) for number in range(1, CHAIN)]
        path = f"path={json.dumps(hops)}"
        answer = project.run("call", f"{name(0)}.hop", path, "--json", "--timeout", "120")
        assert json.loads(answer) == hops
        rows = json.loads(project.run("ps", "--json"))
        woken = {row["service"] for row in rows if row["summons"]}
        assert woken == {name(0), *hops}
    finally:
        stopping = time.monotonic()
        project.run("down")
    down = time.monotonic()
    print(f"up {up - began:.1f} s, down {down - stopping:.1f} s, {used >> 20} MiB")
    assert up - began < 10 * GENEROUS
    assert down - stopping < 5 * GENEROUS
