"""The order of the start, by the standard library where there is no cycle, else by networkx."""

from __future__ import annotations

import random
import subprocess
import sys

import pytest

from meshkernel.plan import builder
from meshkernel.plan.builder import start_order

CALLED_FIRST = [
    ((), (("a", "b", "c"),)),
    ((("a", "b"), ("b", "c")), (("c",), ("b",), ("a",))),
    ((("a", "b"), ("a", "c")), (("b", "c"), ("a",))),
    ((("a", "b"), ("b", "a"), ("a", "c")), (("c",), ("a", "b"))),
]


@pytest.mark.parametrize(("links", "generations"), CALLED_FIRST)
def test_those_that_are_called_come_before_their_callers(links, generations):
    assert start_order("abc", links) == generations


@pytest.mark.parametrize("seed", range(50))
def test_both_ways_agree(seed):
    chance = random.Random(seed)
    names = [f"service-{number}" for number in range(chance.randint(1, 9))]
    pairs = {(chance.choice(names), chance.choice(names)) for _ in range(chance.randint(0, 9))}
    links = tuple(sorted(pairs))
    assert start_order(names, links) == builder._order_with_cycles(names, links)


BUILD = """
import sys
from meshkernel.cli import options
from meshkernel.supervisor.building import build_images
from meshkernel.plan import make_plan
from meshkernel.topology import parse
make_plan(parse(sys.argv[1]))
assert "networkx" not in sys.modules
"""


def test_a_plan_without_cycles_needs_no_networkx(tmp_path):
    topology = tmp_path / "topology.toml"
    topology.write_text('[mesh]\nname = "one"\n\n[services.one]\nmodule = "one"\n')
    (tmp_path / "one.py").touch()
    subprocess.run([sys.executable, "-c", BUILD, str(topology)], check=True)
