from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from meshkernel.testing import running_mesh

HERE = Path(__file__).parent
BUILD = HERE.parents[1] / "build"


def pytest_configure(config):
    config.addinivalue_line("markers", "machine: boots virtual machines")


collect_ignore = ["selected"]  # its tests are run by others


def copied(name, source="echo"):
    """A project in a folder of its own, which keeps what is compiled where all keep it."""
    project = BUILD / "tests" / name
    project.mkdir(parents=True, exist_ok=True)
    for file in (HERE / source).glob("*.*"):
        target = project / file.name
        if not target.exists() or target.read_bytes() != file.read_bytes():
            shutil.copyfile(file, target)
    (BUILD / "cache").mkdir(parents=True, exist_ok=True)
    (project / "build").mkdir(exist_ok=True)
    cache = project / "build" / "cache"
    if not cache.is_symlink():
        cache.symlink_to(BUILD / "cache")
    return project


@pytest.fixture(scope="session")
def project():
    """The folder of the echo project."""
    return copied("echo")


@pytest.fixture(scope="package")
def mesh(project):
    """The echo mesh, shared by the tests of this folder: each leaves it as it was."""
    with running_mesh(project / "topology.toml") as mesh:
        yield mesh
