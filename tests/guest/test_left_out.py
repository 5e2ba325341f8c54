"""A machine boots, works and ends without any library that nothing in it needs: each is left out in
turn, with those that require it. That the rest links is seen by tests/unit/libos/test_libraries.py.
"""

from __future__ import annotations

import asyncio
import sys
from functools import cache

import pytest

from meshkernel.config.libos import LibrarySources
from meshkernel.config.selection import Selection, Want, select
from meshkernel.image.builder import Build
from meshkernel.machine.outcome import Reason
from meshkernel.machine.program import Run
from meshkernel.topology.model import Accel

from .running import HERE, MIB, OUT, Ended, in_machine, on_linux

pytestmark = pytest.mark.machine

SOURCES = LibrarySources.load()
REQUIRES = {library.name: library.requires for library in SOURCES.libraries}
BASE = "core"
"""Whatever else there is, this is."""

TELL_THE_END = ("drivers/virtio", "drivers/virtio/console")
"""Without these a machine has no control channel: the host sees that it is gone, and not why."""

KINDS = {"drivers/virtio/console": 3, "drivers/virtio/rng": 4}
"""Devices that every machine has, by the library that drives them: a machine says what it lacks."""

SCRIPT = HERE / "python" / "computing.py"
RUN = Run(script=SCRIPT, memory=64 * MIB, accel=Accel.TCG, out=OUT)


def closure(name: str) -> frozenset[str]:
    """A library with all that it requires."""
    found, waiting = {name}, [name]
    while waiting:
        fresh = set(REQUIRES[waiting.pop()]) - found
        found |= fresh
        waiting += fresh
    return frozenset(found)


def optional() -> list[str]:
    """The libraries that the base does without."""
    return [name for name in REQUIRES if name not in closure(BASE)]


def without(name: str) -> Selection:
    """All libraries but this one and those that require it."""
    others = [other for other in REQUIRES if name not in closure(other)]
    return select(SOURCES, [Want(other, "a test") for other in others])


def lacks(selection: Selection) -> list[str]:
    """What a machine with these libraries says of its devices."""
    if "drivers/virtio" not in selection.names:
        return []  # it looks for none
    kinds = [kind for name, kind in KINDS.items() if name not in selection.names]
    return [f"meshkernel: no driver for the virtio device of kind {kind}" for kind in kinds]


@cache
def build() -> Build:
    """One build for all: the program's files are looked at once, and objects are shared."""
    return Build.of(OUT, None)


@cache
def expected() -> Ended:
    return on_linux([sys.executable, SCRIPT])


@pytest.mark.parametrize("name", optional())
async def test_a_machine_needs_no_library_that_it_does_not_use(name: str) -> None:
    selection = without(name)
    assert name not in selection.names
    files = await asyncio.to_thread(build().files, RUN.program())
    image = await asyncio.to_thread(build().image, RUN.program(), files, selection)
    done = await in_machine(RUN, image)
    assert done.ended.output == expected().output
    assert done.said == lacks(selection)
    if name in TELL_THE_END:
        assert done.end.reason is Reason.LOST
    else:
        assert done.ended.status == 0
