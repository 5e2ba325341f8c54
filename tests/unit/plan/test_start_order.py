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
from meshkernel.supervisor import __main__, building
from meshkernel.plan import make_plan
from meshkernel.topology import parse
make_plan(parse(sys.argv[1]))
print([name for name in ("networkx", "elftools") if name in sys.modules])
"""


def test_a_supervisor_starts_without_what_few_plans_need(tmp_path):
    topology = tmp_path / "topology.toml"
    topology.write_text('[mesh]\nname = "one"\n\n[services.one]\nmodule = "one"\n')
    (tmp_path / "one.py").touch()
    command = [sys.executable, "-c", BUILD, str(topology)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
