"""What many replicas of one service take in memory: they share what their image has."""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from attrs import evolve, frozen
from rich.table import Table

from benchmarks.aims import against
from benchmarks.output import MIB
from benchmarks.plans import SUBJECTS, built, plan_of
from benchmarks.usage import mapped, memory
from benchmarks.ways.machine import InMachine, replica_spec
from meshkernel.network.switch import Switch
from meshkernel.plan import make_plan
from meshkernel.plan.model import Plan
from meshkernel.topology.model import Replicas

SERVICE = "echo"
PROPORTIONAL_AIM, PRIVATE_AIM = 40, 6  # MiB


@frozen
class Replica:
    """Bytes of one of them, when all are ready and before anybody has called.

    Attributes:
        proportional: of its QEMU, with what it shares counted to equal parts.
        private: of the machine's memory, what it does not share with the image.
    """

    proportional: int
    private: int


def plan_of_replicas(count: int) -> Plan:
    """The echo service so many times."""
    topology = plan_of(SUBJECTS / "echo/topology.toml").topology
    service = evolve(topology.services[SERVICE], replicas=Replicas(count, count))
    return make_plan(evolve(topology, services={SERVICE: service}))


async def replicas(count: int) -> list[Replica]:
    """So many run at once, all from one warm image."""
    plan = plan_of_replicas(count)
    out, native = await built(plan)
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        switch = await stack.enter_async_context(await Switch.start(plan, folder, program=native))
        pids = []
        for replica in plan.services[SERVICE].replicas:
            way = InMachine(replica.name, replica_spec(plan, replica, out), switch, None)
            running = await stack.enter_async_context(way.start())
            await running.ready
            pids.append(running.pid)
        return [
            Replica(memory(pid).proportional, mapped(pid, "/image.ram").private) for pid in pids
        ]


def report(found: list[Replica]) -> Table:
    """The least, the median and the most of each."""
    table = Table(f"{len(found)} replicas, MiB", "least", "median", "most", "aim")
    for name, values, most in (
        ("proportional", sorted(each.proportional / MIB for each in found), PROPORTIONAL_AIM),
        ("private memory", sorted(each.private / MIB for each in found), PRIVATE_AIM),
    ):
        shown = (values[0], values[len(values) // 2], values[-1])
        table.add_row(name, *(f"{value:,.1f}" for value in shown), against(values, most))
    return table
