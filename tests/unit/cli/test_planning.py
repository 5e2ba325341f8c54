"""plan: on real images, whose library OS is compiled once for all tests."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[3]
RPC = "from meshkernel import rpc\n\n\n@rpc\nasync def add(a: int) -> int:\n    return a + 1\n"


@pytest.fixture
def built(project):
    """The project with services that can be built."""
    for name in ("front", "middle", "back"):
        (project / f"{name}.py").write_text(RPC)
    cache = REPOSITORY / "build" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    (project / "build").mkdir()
    (project / "build" / "cache").symlink_to(cache)
    return project


@pytest.fixture
def wish(built):
    """Adds lines to the topology's service ``back``."""

    def add(text: str) -> None:
        path = built / "topology.toml"
        path.write_text(path.read_text() + "[services.back.libos]\n" + text)

    return add


def test_the_mesh(meshkernel, built):
    status, out, _ = meshkernel("plan")
    assert status == 0
    assert out.index("back") < out.index("middle") < out.index("front")
    (core,) = (line.split() for line in out.splitlines() if line.startswith("core "))
    assert (int(core[1]) > 1000, core[2]) == (True, "all")
    (back,) = (line.split() for line in out.splitlines() if line.startswith("back "))
    assert int(back[-1]) > 50  # system calls
    values = json.loads(meshkernel("plan", "--json")[1])
    assert values["generations"] == [["back"], ["middle"], ["front"]]
    assert values["links"][0] == {"from": "front", "to": "middle"}
    assert json.loads(meshkernel("plan", "front", "--json")[1]) == values["services"]["front"]


def test_one_service(meshkernel, built):
    status, out, _ = meshkernel("plan", "middle")
    assert status == 0
    assert "called by  front" in out
    assert "calls are answered on port 7000" in out
    libos = json.loads(meshkernel("plan", "middle", "--json")[1])["libos"]
    sizes = {each["library"]: each["bytes"] for each in libos["libraries"]}
    # What is not of any library: the ELF header, and each segment filled up to a whole page.
    assert 0 <= libos["bytes"] - sum(sizes.values()) < 7 * 4096
    for each in libos["libraries"]:
        assert each["reasons"] or each["required_by"]
    assert not {*sizes} & {*libos["left_out"]}


def test_a_service_that_is_not_there(meshkernel, project):
    status, _, err = meshkernel("plan", "midle")
    assert (status, "did you mean 'middle'?" in err) == (2, True)
    status, _, err = meshkernel("plan", "--diff", "front", "bakc")
    assert (status, "did you mean 'back'?" in err) == (2, True)


def test_diff_takes_no_other_service(meshkernel, project):
    status, _, err = meshkernel("plan", "middle", "--diff", "front", "back")
    assert (status, "Usage: meshkernel plan" in err) == (2, True)


def test_a_service_and_itself_do_not_differ(meshkernel, built):
    status, out, _ = meshkernel("plan", "--diff", "front", "front")
    assert status == 0
    assert "they have the same libraries" in out
    assert "only" not in out


def test_what_differs_is_told(meshkernel, built, wish):
    wish("options = { DEBUG = 1 }\n")
    status, out, _ = meshkernel("plan", "--diff", "front", "back")
    assert status == 0
    assert out.index("option DEBUG = 0") < out.index("back:") < out.index("option DEBUG = 1")
    values = json.loads(meshkernel("plan", "--diff", "front", "back", "--json")[1])
    assert (values["front"]["options"], values["back"]["options"]) == ({"DEBUG": 0}, {"DEBUG": 1})


def test_a_wish_that_cannot_be_is_told_with_its_line(meshkernel, built, wish):
    wish('exclude = [\n    "cores",\n    "core",\n]\noptions = { DEBUGG = 1 }\n')
    status, _, err = meshkernel("plan", "back")
    assert status == 2
    assert meshkernel("check")[::2] == (2, err)
    line = len((built / "topology.toml").read_text().splitlines())
    assert err.splitlines() == [
        f"topology.toml:{line - 3}: services.back.libos.exclude[0]: there is no library 'cores',"
        " did you mean 'core'?",
        f"topology.toml:{line}: services.back.libos.options.DEBUGG: there is no option 'DEBUGG',"
        " did you mean 'DEBUG'?",
    ]
