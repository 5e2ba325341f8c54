"""Binary wheels as pip installs them, each at real work: they print the same as under Linux."""

from __future__ import annotations

import asyncio
import sys

import pytest

from meshkernel.machine import program
from meshkernel.machine.program import Run
from meshkernel.topology.model import Accel

from .running import HERE, MIB, OUT, in_machine, on_linux

WHEELS = HERE / "wheels"
MEMORY = {"numpy_": 256, "orjson_": 256, "web_clients": 320}
"""MiB, where the 160 of all others are too few."""

pytestmark = pytest.mark.machine


@pytest.mark.parametrize("name", sorted(path.stem for path in WHEELS.glob("*.py")))
async def test_as_under_linux(name: str) -> None:
    script = WHEELS / f"{name}.py"
    run = Run(
        script=script,
        memory=MEMORY.get(name, 160) * MIB,
        accel=Accel.TCG,
        out=OUT,
    )
    image = await asyncio.to_thread(program.build, run)
    done = await in_machine(run, image)
    assert done.ended == on_linux([sys.executable, script])
    assert not done.said
