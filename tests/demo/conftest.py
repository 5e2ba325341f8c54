"""The trip planner, whose images are of both kinds, instead of the plugin's one mesh."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from meshkernel.testing import MeshUnderTest, running_mesh
from tests.folders import BUILD, share_cache
from tests.mesh.conftest import of_kind

pytest.register_assert_rewrite("tests.services.journeys")

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def mesh(images: str) -> Iterator[MeshUnderTest]:
    """The mesh of the repository's own topology, and of the services as they are."""
    folder = BUILD / "tests" / f"trips-{images}"
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(
        REPOSITORY / "services", folder / "services", ignore=ignored, dirs_exist_ok=True
    )
    topology = folder / "topology.toml"
    topology.write_text(of_kind((REPOSITORY / "topology.toml").read_text(), images))
    (folder / "build").mkdir(exist_ok=True)
    share_cache(folder / "build")
    with running_mesh(topology) as mesh:
        yield mesh
