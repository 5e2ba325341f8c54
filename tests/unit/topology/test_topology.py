"""Topologies: cases are files, each with all that is wrong with it beside it."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from meshkernel.errors import UserError
from meshkernel.topology import Accel, Expose, Link, Mount, Replicas, missing_secrets, parse
from meshkernel.topology.model import Topology, replica_names
from meshkernel.topology.positions import lines
from meshkernel.topology.values import duration, memory, memory_text

CASES = Path(__file__).parent / "cases"

FULL = """
# everything that there is
[mesh]
name = "shop"
accel = "tcg"
standby = 2

[services.web]
asgi = "code.web:app"
expose = [{ host = 8080, port = 80 }, { host = 8081, address = "0.0.0.0" }]
memory = "1G"
env = { GREETING = "hello", EMPTY = "" }
secrets = ["KEY", "OTHER"]

[services.cart]
module = "code.cart"
volumes = { "/data" = "carts", "/also" = { name = "prices", read_only = true } }
warm = true
reseal = "daily"
sleep = "5m"

[[links]]
from = "web"
to = "cart"
timeout = "500ms"

[[links]]
from = "cart"
to = "web"
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with modules for the cases."""
    for name in ("__init__", "cart", "web"):
        (tmp_path / "code").mkdir(exist_ok=True)
        (tmp_path / "code" / f"{name}.py").touch()
    return tmp_path


def parse_text(root: Path, text: str) -> Topology:
    path = root / "topology.toml"
    path.write_text(text)
    return parse(path)


def test_everything_that_a_topology_says(root: Path) -> None:
    topology = parse_text(root, FULL)
    assert (topology.name, topology.accel, topology.root) == ("shop", Accel.TCG, root)
    assert topology.standby == 2
    web, cart = topology.services.values()
    assert (web.name, web.line, web.asgi, web.module) == ("web", 8, "code.web:app", None)
    assert web.memory == 1 << 30
    assert web.expose == (Expose(8080, 80), Expose(8081, 80, "0.0.0.0"))
    assert web.env == {"GREETING": "hello", "EMPTY": ""}
    assert web.secrets == ("KEY", "OTHER")
    assert (cart.module, cart.memory, cart.line) == ("code.cart", 64 << 20, 15)
    assert (web.sleep, cart.sleep) == (None, 300.0)
    assert cart.volumes == (Mount("/also", "prices", read_only=True), Mount("/data", "carts"))
    assert (cart.warm, cart.reseal) == (True, 86400)
    assert topology.links == (
        Link("web", "cart", line=22, timeout=0.5),
        Link("cart", "web", line=27, timeout=10.0),
    )


REPLICAS = """
[services.one]
module = "code.cart"

[services.search]
module = "code.cart"
replicas = 3

[services.thumbnails]
module = "code.cart"
replicas = { min = 0, max = 8, target_calls = 5, cooldown = "10s" }

[services.cart]
module = "code.cart"
replicas = { min = 0, max = 1 }
volumes = { "/data" = "carts" }
"""


def test_replicas_of_a_service(root: Path) -> None:
    one, search, thumbnails, cart = parse_text(root, REPLICAS).services.values()
    assert one.replicas == Replicas(1, 1)
    assert (search.replicas, search.replicas.vary) == (Replicas(3, 3), False)
    assert thumbnails.replicas == Replicas(0, 8, target_calls=5, cooldown=10.0)
    assert thumbnails.replicas.vary
    assert cart.replicas == Replicas(0, 1)  # which may write to its volume
    assert [replica_names(service) for service in (one, search, cart)] == [
        ("one",),
        ("search-1", "search-2", "search-3"),
        ("cart",),
    ]


def test_a_mesh_without_a_name_is_called_like_its_folder(tmp_path: Path) -> None:
    root = tmp_path / "My Shop_2"
    (root / "code").mkdir(parents=True)
    (root / "code" / "cart.py").touch()
    assert parse_text(root, '[services.cart]\nmodule = "code.cart"').name == "my-shop-2"


@pytest.mark.parametrize("case", sorted(CASES.glob("*.toml")), ids=lambda path: path.stem)
def test_every_fault_of_a_case_is_told(root: Path, case: Path) -> None:
    with pytest.raises(UserError) as caught:
        parse_text(root, case.read_text())
    told = str(caught.value).replace(f"{root}/", "")
    assert told + "\n" == case.with_suffix(".txt").read_text()


def test_every_case_has_what_is_expected_and_the_other_way_round() -> None:
    assert {p.stem for p in CASES.glob("*.toml")} == {p.stem for p in CASES.glob("*.txt")}


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none\.toml: there is no such file, run the command"):
        parse(tmp_path / "none.toml")


def test_a_file_that_is_not_text(tmp_path: Path) -> None:
    (tmp_path / "topology.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(UserError, match="cannot be read"):
        parse(tmp_path / "topology.toml")


def test_secrets_are_looked_for_when_a_mesh_starts(root: Path) -> None:
    topology = parse_text(root, FULL)
    assert missing_secrets(topology, {"KEY": "1", "OTHER": ""}) == []
    (fault,) = missing_secrets(topology, {"KEY": "1"})
    assert str(fault).endswith(
        "topology.toml:8: services.web.secrets: the secret OTHER is not in the environment,"
        " set it: export OTHER=..."
    )


POSITIONS = """\
top = 1
[a]
x.y = 2
"q.r" = [
  1,  # one
  { in = 3 },
]
[a.b.'c d']
z = { k = { l = 4 } }
[[t]]
n = 1
[[t.u]]
m = 1
[[t]]
n = 2
[t.v]
w = 5
"""


def test_every_key_and_element_has_its_line() -> None:
    found = lines(POSITIONS)
    assert {path: line for path, line in found.items() if path[-1] not in ("n", "m")} == {
        ("top",): 1,
        ("a",): 2,
        ("a", "x"): 3,
        ("a", "x", "y"): 3,
        ("a", "q.r"): 4,
        ("a", "q.r", 0): 5,
        ("a", "q.r", 1): 6,
        ("a", "q.r", 1, "in"): 6,
        ("a", "b"): 8,
        ("a", "b", "c d"): 8,
        ("a", "b", "c d", "z"): 9,
        ("a", "b", "c d", "z", "k"): 9,
        ("a", "b", "c d", "z", "k", "l"): 9,
        ("t",): 10,
        ("t", 0): 10,
        ("t", 0, "u"): 12,
        ("t", 0, "u", 0): 12,
        ("t", 1): 14,
        ("t", 1, "v"): 16,
        ("t", 1, "v", "w"): 17,
    }
    assert found["t", 0, "n"] == 11
    assert found["t", 0, "u", 0, "m"] == 13
    assert found["t", 1, "n"] == 15
    for path in found:  # each leads somewhere
        value = tomllib.loads(POSITIONS)
        for part in path:
            value = value[part]


@pytest.mark.parametrize(
    ("text", "size"),
    [("64M", 64 << 20), ("1G", 1 << 30), ("65536K", 64 << 20), ("64MiB", 64 << 20), ("64", None)]
    + [(text, None) for text in ("", "M", "-1M", "1.5G", "64m", "64 M", "1T")],
)
def test_sizes(text: str, size: int | None) -> None:
    assert memory(text) == size


def test_a_size_is_told_as_it_is_written() -> None:
    assert [memory_text(size) for size in (64 << 20, 1 << 30, 3 << 10, 5)] == [
        "64M",
        "1G",
        "3K",
        "5",
    ]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("500ms", 0.5), ("2s", 2.0), ("1.5s", 1.5), ("1m", 60.0), ("1h", 3600.0)]
    + [(text, None) for text in ("", "2", "0s", "-1s", "2 s", "1d", "s")],
)
def test_durations(text: str, seconds: float | None) -> None:
    assert duration(text) == seconds
