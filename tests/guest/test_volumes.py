"""Folders of the host in a machine: programs see there what they see in a folder of Linux."""

from __future__ import annotations

from pathlib import Path

import pytest

from meshkernel.machine.program import Share

from .running import compile_c, on_linux, run_c

OWN = ".meshkernel"
"""Where files live on that are open and have no name any more."""

pytestmark = pytest.mark.machine


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What is mounted at /tmp, where the programs make their files."""
    path = tmp_path / "a volume, with a comma"
    path.mkdir(mode=0o700)
    return path


@pytest.mark.parametrize("name", ["files", "volumes"])
async def test_as_under_linux(name: str, folder: Path) -> None:
    file = compile_c(name)
    done = await run_c(file, volumes=(Share(folder, "/tmp"),))
    assert done.ended == on_linux([file])
    assert left_in(folder) == []


def left_in(folder: Path) -> list[str]:
    """What is left, but for the library OS's own folder, which has to be empty."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.name != OWN)
