from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from meshkernel.testing import running_mesh

HERE = Path(__file__).parent
BUILD = HERE.parents[1] / "build"


def pytest_configure(config):
    config.addinivalue_line("markers", "machine: boots virtual machines")
    kinds["usual"] = "cold" if config.getoption("--cold") else "warm"


collect_ignore = ["selected"]  # its tests are run by others

kinds = {"usual": "warm"}
"""Of the images that machines boot, where a test does not choose."""


def copied(name, source="echo", kind=None):
    """A project in a folder of its own, which keeps what is compiled where all keep it. Its
    services boot images of this kind.
    """
    kind = kind or kinds["usual"]
    project = BUILD / "tests" / (name if kind == "warm" else f"{name}-{kind}")
    project.mkdir(parents=True, exist_ok=True)
    for file in (HERE / source).glob("*.*"):
        target = project / file.name
        if file.suffix == ".toml":
            text = _of_kind(file.read_text(), kind)
            if not target.exists() or target.read_text() != text:
                target.write_text(text)
        elif not target.exists() or target.read_bytes() != file.read_bytes():
            shutil.copyfile(file, target)
    (BUILD / "cache").mkdir(parents=True, exist_ok=True)
    (project / "build").mkdir(exist_ok=True)
    cache = project / "build" / "cache"
    if not cache.is_symlink():
        cache.symlink_to(BUILD / "cache")
    return project


def _of_kind(topology, kind):
    """A topology that says of each service how it boots, where it does not say so itself."""
    warm = f"warm = {'true' if kind == 'warm' else 'false'}"
    if "warm =" in topology:
        return topology
    return re.sub(r"(?m)^(\[services\.[^.\]]+\])$", rf"\1\n{warm}", topology)


@pytest.fixture(scope="package", params=["warm", "cold"])
def project(request):
    """The folder of the echo project, for images of both kinds."""
    if request.config.getoption("--cold") and request.param == "warm":
        pytest.skip("--cold: no warm images")
    return copied("echo", kind=request.param)


@pytest.fixture(scope="package")
def mesh(project):
    """The echo mesh, shared by the tests of this folder: each leaves it as it was. All that use it
    run with images of both kinds.
    """
    with running_mesh(project / "topology.toml") as mesh:
        yield mesh
