"""How the suite itself is arranged: groups of tests, and both kinds of images."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from tests.folders import KINDS
from tests.mesh.conftest import of_kind
from tests.scheduling import together

ROOT = Path(__file__).parents[2]
TOPOLOGIES = [ROOT / "topology.toml", *sorted((ROOT / "tests" / "mesh").glob("*/topology.toml"))]


@pytest.mark.parametrize(
    ("nodeid", "group"),
    [
        ("tests/unit/wire/test_calls.py::test_a", "tests/unit/wire/test_calls.py"),
        (
            "tests/unit/wire/test_calls.py::TestA::test_b[cold-1]",
            "tests/unit/wire/test_calls.py cold",
        ),
        ("tests/mesh/test_tls.py::test_a[warm]", "tests/mesh/test_tls.py warm"),
        ("tests/mesh/test_ipv6.py::test_a[cold-5]", "tests/mesh/test_ipv6.py cold"),
        ("tests/mesh/test_ipv6.py::test_a[5-cold]", "tests/mesh/test_ipv6.py cold"),
        ("tests/mesh/test_ipv6.py::test_warm[5-coldness]", "tests/mesh/test_ipv6.py"),
        ("tests/mesh/shared/test_echo.py::test_a[warm]", "tests/mesh/shared warm"),
        ("tests/mesh/shared/test_hostile.py::test_b[warm-x]", "tests/mesh/shared warm"),
    ],
)
def test_a_worker_runs_what_shares_something(nodeid: str, group: str) -> None:
    assert together(nodeid) == group


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("path", TOPOLOGIES, ids=lambda path: path.parent.name)
def test_every_service_of_a_tested_mesh_boots_as_the_test_says(path: Path, kind: str) -> None:
    text = path.read_text()
    found = tomllib.loads(of_kind(text, kind))["services"]
    if "warm =" not in text:
        assert {service["warm"] for service in found.values()} == {kind == "warm"}
    assert found.keys() == tomllib.loads(text)["services"].keys()
