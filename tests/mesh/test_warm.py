"""Warm images on real machines: what cannot be sealed is told, what must differ does."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from meshkernel.testing import running_mesh

from .conftest import copied

pytestmark = pytest.mark.machine

SECRET = "known-to-machines-alone"
MESHKERNEL = str(Path(sys.executable).with_name("meshkernel"))


@pytest.fixture(scope="module")
def project():
    return copied("warm", "warm", kind="warm")


def command(project, *words, expect=0):
    done = subprocess.run(
        [MESHKERNEL, *words],
        cwd=project, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == expect, done.stdout + done.stderr
    return done.stdout if expect == 0 else done.stderr


def test_what_cannot_be_sealed_is_told_with_its_line(project):
    said = command(project, "build", "open.toml", expect=2).splitlines()
    assert len(said) == 2, said
    assert said[0].startswith(
        "open.py:6: services.open: a socket listening on 127.0.0.1:4000 is open at the seal,"
        " open it in @on_start, or set warm = false for the service"
    )
    assert said[1].startswith(
        "open.py:7: services.open: the thread 'poller' runs at the seal, start it in @on_start"
    )
    assert not (project / "build" / "open" / "image.ram").exists()


def test_a_seal_is_kept_until_it_is_made_anew(project):
    folder = project / "build" / "drawn"

    def seed():
        return json.loads((folder / "seal.json").read_text())["hash_seed"]

    command(project, "build")
    first = seed()
    command(project, "build")
    assert seed() == first
    command(project, "build", "--reseal")
    assert seed() != first
    assert {"cold.elf", "image.elf", "image.ram", "start.elf"} <= {
        path.name for path in folder.iterdir()
    }


async def test_machines_of_one_image_draw_their_own(project, monkeypatch):
    monkeypatch.setenv("KEY", SECRET)
    with running_mesh(project / "topology.toml") as mesh:
        first = await mesh.call("drawn.draw")
        known = await mesh.call("drawn.known")
        mesh.service("drawn").kill()
        await mesh.service("drawn").wait_running()
        second = await mesh.call("drawn.draw")
    assert not set(first) & set(second)
    assert known == {
        "import": "this", "environment": "green", "before": "seal", "after": SECRET,
        "start": "last",
    }  # fmt: skip
    assert SECRET.encode() not in (project / "build" / "drawn" / "image.ram").read_bytes()
