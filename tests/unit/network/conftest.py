"""The real switch, built once with ASan and UBSan, and machines at its ports."""

from __future__ import annotations

import asyncio
import subprocess
import tomllib
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable
from contextlib import AsyncExitStack
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest

from meshkernel.network import building
from meshkernel.network.counters import Counters
from meshkernel.network.switch import Switch
from meshkernel.plan.model import Plan, Replica, ServicePlan
from meshkernel.toolchain import third_party
from meshkernel.toolchain.cache import Cache
from meshkernel.topology.model import Expose, Link, Service, Topology

from .frames import SECONDS, Machine

REPOSITORY = Path(__file__).resolve().parents[3]
C_TESTS = REPOSITORY / "tests" / "c"
SANITIZE = ("-O1", "-g", "-U_FORTIFY_SOURCE", "-fsanitize=address,undefined")
SANITIZE_STRICT = (*SANITIZE, "-fno-sanitize-recover=all")

ADDRESS = {"a": "10.9.0.2", "b": "10.9.0.3", "c": "10.9.0.4"}
GATEWAY = "10.9.0.1"


def make_plan(
    links: Iterable[tuple[str, str]] = (("a", "b"),),
    asleep: Collection[str] = (),
    *,
    alike: bool = False,
    **exposes: tuple[Expose, ...],
) -> Plan:
    """Services a, b and c with these links; ``alike``: c is another replica of b."""
    services = {
        name: Service(
            name=name,
            line=number + 3,
            module=name,
            expose=exposes.get(name, ()),
            sleep=30.0 if name in asleep else None,
        )
        for number, name in enumerate(ADDRESS)
    }
    pairs = tuple(links)
    topology = Topology(
        path=Path("topology.toml"),
        name="test",
        services=services,
        links=tuple(Link(source, target, line=20) for source, target in pairs),
    )
    return Plan(
        topology=topology,
        network=IPv4Network("10.9.0.0/24"),
        gateway=IPv4Address(GATEWAY),
        services={
            name: ServicePlan(service, _replicas(service, alike=alike), 0, (), ())
            for name, service in services.items()
            if not (alike and name == "c")
        },
        generations=(tuple(services),),
        links=pairs,
    )


def _replicas(service: Service, *, alike: bool) -> tuple[Replica, ...]:
    names = ("b", "c") if alike and service.name == "b" else (service.name,)
    return tuple(
        Replica(service.name, number, name, IPv4Address(ADDRESS[name]), service.sleep)
        for number, name in enumerate(names, 1)
    )


@pytest.fixture(scope="session")
def cache() -> Cache:
    return Cache(REPOSITORY / "build" / "cache")


@pytest.fixture(scope="session")
def program(cache: Cache) -> Path:
    """The switch, which ends with a report where it does what C does not define."""
    return building.build_switch(cache, flags=SANITIZE_STRICT)


@pytest.fixture(scope="session")
def peer_program(cache: Cache, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A machine that is lwIP on the host (tests/c/switch_peer.c)."""
    recipe = tomllib.loads((building.NATIVE / "sources.toml").read_text())
    source = third_party.lwip(cache) / "src"
    target = tmp_path_factory.mktemp("peer") / "switch_peer"
    flags = ["-std=gnu17", "-O2", "-g", "-fno-strict-aliasing", "-Wall", "-Wextra", "-Werror"]
    includes = [f"-I{building.NATIVE / 'lwip'}", f"-isystem{source / 'include'}"]
    files = [C_TESTS / "switch_peer.c", *(source / name for name in recipe["lwip"])]
    subprocess.run(["gcc", *flags, *includes, "-o", target, *files], check=True)
    return target


async def until(switch: Switch, reached: Callable[[Counters], object]) -> Counters:
    """Asks for the counters until they say so."""
    async with asyncio.timeout(SECONDS):
        while not reached(counters := await switch.counters()):
            pass
    return counters


StartSwitch = Callable[..., Awaitable[Switch]]


@pytest.fixture
async def start_switch(program: Path, tmp_path: Path) -> AsyncIterator[StartSwitch]:
    """Starts a switch for a plan; afterwards it must have said nothing on its error output."""
    async with AsyncExitStack() as stack:

        async def start(plan: Plan) -> Switch:
            switch = await Switch.start(plan, tmp_path, program=program)

            async def close() -> None:
                await switch.close()
                assert switch.said == []

            stack.push_async_callback(close)
            return switch

        yield start


@pytest.fixture
async def switch(start_switch: StartSwitch) -> Switch:
    """a may open connections to b; c has no links."""
    return await start_switch(make_plan())


Attach = Callable[[Switch, str], Awaitable[Machine]]


@pytest.fixture
async def attach() -> AsyncIterator[Attach]:
    machines: list[Machine] = []

    async def attach(switch: Switch, name: str) -> Machine:
        machine = await Machine(ADDRESS[name]).join(await switch.attach(name))
        machines.append(machine)
        return machine

    yield attach
    for machine in machines:
        machine.close()


StartPeer = Callable[[Switch, str], Awaitable[asyncio.subprocess.Process]]


@pytest.fixture
async def start_peer(peer_program: Path) -> AsyncIterator[StartPeer]:
    """Attaches a lwIP machine; it ends when its socket closes."""
    peers: list[asyncio.subprocess.Process] = []

    async def start(switch: Switch, name: str) -> asyncio.subprocess.Process:
        with await switch.attach(name) as end:
            peer = await asyncio.create_subprocess_exec(
                peer_program, str(end.fileno()), ADDRESS[name], pass_fds=(end.fileno(),)
            )
        peers.append(peer)
        return peer

    yield start
    for peer in peers:
        if peer.returncode is None:
            peer.terminate()
        await peer.wait()
