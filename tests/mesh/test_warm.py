"""Warm images on real machines: what cannot be sealed is told, what must differ does."""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
import re
import subprocess
import sys
from pathlib import Path

import pytest

from meshkernel import CallError
from meshkernel.supervisor.host import RealHost
from meshkernel.testing import running_mesh

from .conftest import copied

pytestmark = pytest.mark.machine

SECRET = "known-to-machines-alone"
MESHKERNEL = str(Path(sys.executable).with_name("meshkernel"))


@pytest.fixture(scope="module")
def project():
    return copied("warm", "warm", "warm")


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
    said = command(project, "build", "--reseal")
    assert (
        "drawn: the same numbers are drawn in every machine, as a seed was given at import:"
        " drawn.chosen\n"
    ) in said
    assert seed() != first
    assert {"cold.elf", "image.elf", "image.ram", "start.elf"} <= {
        path.name for path in folder.iterdir()
    }


async def test_machines_of_one_image_draw_their_own(project, monkeypatch):
    monkeypatch.setenv("KEY", SECRET)
    with running_mesh(project / "topology.toml") as mesh:
        first = await mesh.call("drawn.draw")
        chosen = await mesh.call("drawn.given")
        known = await mesh.call("drawn.known")
        mesh.service("drawn").kill()
        await mesh.service("drawn").wait_running()
        second = await mesh.call("drawn.draw")
        assert await mesh.call("drawn.given") == chosen == random.Random(5).random()
    assert not set(first) & set(second)
    assert known == {
        "import": "this", "environment": "green", "before": "seal", "after": SECRET,
        "start": "last",
    }  # fmt: skip
    assert SECRET.encode() not in (project / "build" / "drawn" / "image.ram").read_bytes()


async def test_machines_of_one_image_draw_their_own_by_numpy(project):
    with running_mesh(project / "dice.toml") as mesh:
        first, chosen = await mesh.call("dice.throw"), await mesh.call("dice.given")
        mesh.service("dice").kill()
        await mesh.service("dice").wait_running()
        second = await mesh.call("dice.throw")
        assert await mesh.call("dice.given") == chosen  # its seed is the program's own
    assert not set(first) & set(second)


async def test_services_of_one_module_share_an_image_and_nothing_else(project):
    with running_mesh(project / "alike.toml") as mesh:
        files = [project / "build" / name for name in ("left", "right")]
        for name in ("cold.elf", "image.ram", "image.elf", "start.elf", "seal.json"):
            assert (files[0] / name).samefile(files[1] / name), name
        answers = set()
        async with asyncio.timeout(60):
            while len(answers) < 2:  # the first call does not wait for both replicas
                answers.add(tuple(await mesh.call("left.names", peer="right")))
        assert answers == {("localhost", "left", "localhost", f"right-{n}") for n in (1, 2)}
        for name in ("left", "right"):
            with pytest.raises(CallError, match=rf"^{name}\.double: argument 'number'"):
                await mesh.call(f"{name}.double", number="two")
        with pytest.raises(CallError, match=r"link\('left'\) is not declared"):
            await mesh.call("right.names", peer="left")
        with pytest.raises(CallError):
            await mesh.call("left.leave")
        await mesh.service("left").wait_ended()
        await mesh.service("left").wait_running()
        report = mesh.server.mesh.runner("left").report.read_text()
    (image,) = re.findall(r"^image      sha256 ([0-9a-f]{64})$", report, re.MULTILINE)
    assert image == hashlib.sha256((files[0] / "cold.elf").read_bytes()).hexdigest()
    assert re.search(r"^sealed     20\d\d-\d\d-\d\dT[0-9:]{8}\+00:00$", report, re.MULTILINE)


async def test_a_machine_with_another_processor_boots_cold(project):
    host = RealHost(project / "build", cpu="max,-avx2")
    with running_mesh(project / "alike.toml", host=host) as mesh:
        assert await mesh.call("right.names") in [["right-1"] * 2, ["right-2"] * 2]
        for name in ("left", "right-1", "right-2"):
            runner = mesh.server.mesh.runner(name)
            assert (runner.restarts, runner.reason, runner.report) == (0, None, None)
        said = [line for line in mesh.logs("left").splitlines() if "cold image" in line]
    assert said == [
        "meshkernel: left needs its cold image here: this processor cannot go on with the sealed"
        " image: it lacks bit 5 of CPUID 7:EBX of the one that it was sealed on; from now on its"
        " cold image is booted"
    ]
