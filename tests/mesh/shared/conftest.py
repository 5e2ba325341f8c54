"""The echo mesh, which the tests of this folder share: each leaves it as it was."""

from __future__ import annotations

import pytest

from meshkernel.testing import running_mesh
from tests.mesh.conftest import copied


@pytest.fixture(scope="package")
def project(images):
    """The folder of the echo project."""
    return copied("echo", images=images)


@pytest.fixture(scope="package")
def mesh(project):
    """The echo mesh."""
    with running_mesh(project / "topology.toml") as mesh:
        yield mesh
