"""The services that benchmarks start: a plan, its images, and a first request to one of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import click
from attrs import frozen

from benchmarks import requests
from benchmarks.output import OUT
from benchmarks.peers.microvm import KERNEL, Kernel
from benchmarks.plans import DEMONSTRATION, SUBJECTS, built, plan_of
from benchmarks.ways import linux
from benchmarks.ways.base import Connect, Streams, Way
from benchmarks.ways.linux import OnLinux
from benchmarks.ways.machine import Floor, InMachine, StoodBy, cold_spec, floor_spec, warm_spec
from benchmarks.ways.process import AsProcess, Ports
from meshkernel.network.dial import open_dial
from meshkernel.network.switch import Switch
from meshkernel.plan.model import CALL_PORT, Plan


@frozen
class Subject:
    """One service of a topology.

    Attributes:
        name: of the service.
        topology: its file.
        request: asks it something so many times over one connection, and checks the answers.
        companions: services that have to run for that.
    """

    name: str
    topology: Path
    request: Callable[[Connect, int], Awaitable[None]]
    companions: tuple[str, ...] = ()


KNOWN = {
    "echo": Subject("echo", SUBJECTS / "echo/topology.toml", requests.echo),
    "search": Subject("search", DEMONSTRATION, requests.trips, ("geo", "rates")),
    "web": Subject("web", SUBJECTS / "web/topology.toml", requests.order),
}


which = click.option(
    "--subject",
    "subjects",
    multiple=True,
    type=click.Choice(list(KNOWN)),
    default=list(KNOWN),
    help="All if none is named.",
)
"""The option of a benchmark that is about some of them."""


@asynccontextmanager
async def prepared(subject: Subject) -> AsyncIterator[dict[str, Way]]:
    """Every way of running a subject, by its name; what it calls runs already.

    Warm and standby are among them if the image is warm.
    """
    plan = plan_of(subject.topology, (subject.name, *subject.companions))
    out, native = await built(plan)
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        switch = await stack.enter_async_context(await Switch.start(plan, folder, program=native))
        ports = Ports.free(plan)
        for name in subject.companions:
            machine = InMachine(name, cold_spec(plan, name, out), switch, None)
            for way in (machine, AsProcess(plan, name, ports)):
                await (await stack.enter_async_context(way.start())).ready
        ways = _in_machines(subject.name, plan, out, switch)
        ways.append(AsProcess(plan, subject.name, ports))
        yield {way.name: way for way in ways}


def _in_machines(service: str, plan: Plan, out: Path, switch: Switch) -> list[Way]:
    """The floor, warm if there is a warm image, cold, and Linux if its kernel is at hand."""

    async def inside() -> Streams:
        for exposed in switch.exposed:
            if exposed.service == service:
                return await asyncio.open_connection(exposed.host, exposed.port)
        place = plan.services[service].address
        return await open_dial(switch.dial_socket, place, CALL_PORT, patience=requests.PATIENCE)

    cold, warm = cold_spec(plan, service, out), warm_spec(plan, service, out)
    ways: list[Way] = [Floor(floor_spec(cold, out), switch)]
    if warm is not None:
        ways.append(InMachine("warm", warm, switch, inside))
        ways.append(StoodBy(warm, switch, inside))
    ways.append(InMachine("cold", cold, switch, inside))
    if KERNEL.exists():
        kernel = Kernel.tiny(KERNEL, OUT / "linux")
        packed = linux.initramfs(plan, service, kernel, cold.image, OUT / "linux")
        ways.append(OnLinux(plan, service, kernel, packed, switch, inside))
    return ways
