"""Plans of topologies as benchmarks run them: a few services, under TCG, on ports that are free."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from attrs import evolve

from benchmarks.output import OUT
from meshkernel.network.building import build_switch
from meshkernel.plan import Plan, make_plan
from meshkernel.supervisor.building import build_images
from meshkernel.supervisor.events import ignore
from meshkernel.toolchain.cache import Cache
from meshkernel.topology import Accel, parse

SUBJECTS = Path(__file__).parent / "subjects"
DEMONSTRATION = Path(__file__).parents[1] / "topology.toml"


def plan_of(path: Path, only: Collection[str] = ()) -> Plan:
    """The plan of a topology, with warm images; of these services alone, if there are names."""
    topology = parse(path)
    services = {
        name: evolve(each, expose=tuple(evolve(port, host=0) for port in each.expose), warm=True)
        for name, each in topology.services.items()
        if not only or name in only
    }
    links = [link for link in topology.links if {link.source, link.target} <= services.keys()]
    return make_plan(evolve(topology, services=services, links=tuple(links), accel=Accel.TCG))


async def built(plan: Plan) -> tuple[Path, Path]:
    """Builds the images of a plan; returns the build folder, and the switch."""
    out = (OUT / plan.topology.name).absolute()
    await build_images(plan, out, ignore)
    return out, build_switch(Cache(out / "cache"))
