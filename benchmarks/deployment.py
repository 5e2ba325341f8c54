"""A few services of a topology that run together, in each of the ways that are compared."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from attrs import define

from benchmarks.output import OUT
from benchmarks.peers.microvm import KERNEL, Kernel
from benchmarks.plans import built
from benchmarks.ways import linux
from benchmarks.ways.base import Streams, Way, knock
from benchmarks.ways.linux import OnLinux
from benchmarks.ways.machine import InMachine, cold_spec, warm_spec
from benchmarks.ways.process import HERE, AsProcess, Ports
from meshkernel.client import Client
from meshkernel.network.dial import open_dial
from meshkernel.network.switch import Switch
from meshkernel.plan.model import CALL_PORT, Plan
from meshkernel.wire import codec

PATIENCE = 120.0
GRPC = "benchmarks.programs.grpc_service"

Call = Callable[..., Awaitable[Any]]
"""Takes ``service.function`` and its arguments by name."""


@define
class Deployment:
    """Services that run.

    Attributes:
        client: a way to call them over connections of its own.
        address: where a service is for the others.
    """

    client: Callable[[], AbstractAsyncContextManager[Call]]
    address: Callable[[str], str]


@asynccontextmanager
async def deployments(plan: Plan) -> AsyncIterator[dict[str, Deployment]]:
    """The services of a plan, those that are called first, in every way that is compared."""
    names = list(plan.services)
    out, native = await built(plan)
    async with AsyncExitStack() as stack:

        async def wires() -> Switch:
            folder = Path(stack.enter_context(TemporaryDirectory()))
            return await stack.enter_async_context(await Switch.start(plan, folder, program=native))

        found: dict[str, Deployment] = {}
        found["unikernels"] = await _started(
            stack, _machines(plan, names, out, switch := await wires()), _dialling(plan, switch)
        )
        if KERNEL.exists():
            linuxes = _linuxes(plan, names, out, switch := await wires())
            found["linux"] = await _started(stack, linuxes, _dialling(plan, switch))
        for name, runtime in (("processes", {}), ("grpc", {"runtime": GRPC})):
            ports = Ports.free(plan)
            ways = [AsProcess(plan, each, ports, **runtime) for each in names]
            client = _grpc_client if runtime else _loopback_client
            local = Deployment(partial(client, ports), lambda _: HERE)
            found[name] = await _started(stack, ways, local)
        yield found


async def _started(stack: AsyncExitStack, ways: Sequence[Way], reached: Deployment) -> Deployment:
    for way in ways:
        async with asyncio.timeout(PATIENCE):
            await (await stack.enter_async_context(way.start())).ready
    return reached


def _machines(plan: Plan, names: Sequence[str], out: Path, switch: Switch) -> list[Way]:
    """From warm images where there are."""
    specs = [warm_spec(plan, name, out) or cold_spec(plan, name, out) for name in names]
    return [InMachine(spec.name, spec, switch, None) for spec in specs]


def _linuxes(plan: Plan, names: Sequence[str], out: Path, switch: Switch) -> list[Way]:
    folder = OUT / "linux"
    kernel = Kernel.tiny(KERNEL, folder)
    ways: list[Way] = []
    for name in names:
        image = cold_spec(plan, name, out).image
        packed = linux.initramfs(plan, name, kernel, image, folder)
        ways.append(OnLinux(plan, name, kernel, packed, switch, None))
    return ways


def _dialling(plan: Plan, switch: Switch) -> Deployment:
    async def to(service: str) -> Streams:
        place = plan.services[service].address
        return await open_dial(switch.dial_socket, place, CALL_PORT, patience=PATIENCE)

    return Deployment(partial(_client, to), lambda name: str(plan.services[name].address))


def _loopback_client(ports: Ports) -> AbstractAsyncContextManager[Call]:
    return _client(lambda service: knock(HERE, ports.calls[service]))


@asynccontextmanager
async def _client(to: Callable[[str], Awaitable[Streams]]) -> AsyncIterator[Call]:
    async with Client(to) as client:

        async def call(target: str, **arguments: Any) -> Any:
            return await client.call_within(PATIENCE, target, arguments)

        yield call


@asynccontextmanager
async def _grpc_client(ports: Ports) -> AsyncIterator[Call]:
    import grpc.aio  # noqa: PLC0415 - no other way needs it

    channels: dict[str, grpc.aio.Channel] = {}
    # Channels to one place share a connection if they are not told otherwise.
    options = [("grpc.use_local_subchannel_pool", 1)]

    async def call(target: str, **arguments: Any) -> Any:
        service, _, function = target.partition(".")
        if service not in channels:
            place = f"{HERE}:{ports.calls[service]}"
            channels[service] = grpc.aio.insecure_channel(place, options)
        method = channels[service].unary_unary(f"/{service}/{function}")
        return codec.unpack(await method(codec.pack(arguments), timeout=PATIENCE))

    try:
        yield call
    finally:
        for channel in channels.values():
            await channel.close()
