"""Python programs with the libraries that were selected for each: the same as under Linux."""

from __future__ import annotations

import asyncio
import sys

import pytest

from meshkernel.machine import program
from meshkernel.machine.program import Run
from meshkernel.topology.model import Accel

from .running import HERE, MIB, OUT, in_machine, on_linux

PROGRAMS = [
    "asyncio_",
    "basics",
    "files_",
    "local_sockets",
    "native",
    "serving",
    "sockets",
    "sockets6",
    "sockets_more",
    "stopping",
    "threading_",
]

pytestmark = pytest.mark.machine


@pytest.mark.parametrize("name", PROGRAMS)
async def test_a_program_lacks_nothing_that_it_uses(name: str) -> None:
    script = HERE / "python" / f"{name}.py"
    run = Run(script=script, memory=128 * MIB, accel=Accel.TCG, out=OUT)
    image = await asyncio.to_thread(program.build, run)
    done = await in_machine(run, image)
    assert done.said == []
    assert done.ended == on_linux([sys.executable, script])
    assert image.selection.left_out


async def test_what_nobody_could_foresee_is_told_once() -> None:
    script = HERE / "python" / "left_out.py"
    run = Run(script=script, memory=128 * MIB, accel=Accel.TCG, out=OUT)
    image = await asyncio.to_thread(program.build, run)
    assert {"ipc/unix", "net/tcp", "net/tcp/listen"} <= {*image.selection.names}
    done = await in_machine(run, image)
    assert done.ended.output.splitlines() == [
        "woken over a pair",
        "ENOTSUP",
        *2 * ["EAFNOSUPPORT"],
    ]
    connecting, local = done.said
    assert (
        "connecting over TCP is not available: it is in the library net/tcp/connect" in connecting
    )
    assert "a local socket with a name is not available: it is in the library ipc" in local
    assert "left_out.py" in local
