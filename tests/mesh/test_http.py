"""HTTP between two services over a link: aiohttp's client and its server."""

from __future__ import annotations

import pytest

from meshkernel.testing import running_mesh

from .conftest import copied

pytestmark = pytest.mark.machine


@pytest.fixture(scope="module")
def mesh(images):
    with running_mesh(copied("http", "http", images) / "topology.toml") as mesh:
        yield mesh


async def test_a_body_goes_there_and_back(mesh):
    done = await mesh.call_within(120, "reader.work", name="atlas", size=512 * 1024)
    assert done == {"put": 201, "got": 200, "same": True}
    assert await mesh.call_within(120, "shelf.names") == ["atlas"]
