"""A host port that leads to whichever replica of a service is ready."""

from __future__ import annotations

import asyncio
from ipaddress import IPv4Address

import pytest
from attrs import evolve

from meshkernel.errors import SupervisorError
from meshkernel.network.switch import Switch
from meshkernel.plan.model import Way
from meshkernel.topology.model import Expose

from .conftest import Attach, StartPeer, StartSwitch, make_plan, until
from .frames import SECONDS

ECHO = 7
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@pytest.fixture
async def switch(start_switch: StartSwitch) -> Switch:
    """b has two replicas, whose ports are b and c; none runs yet."""
    return await start_switch(make_plan(alike=True, b=(Expose(host=0, port=ECHO),)))


async def enter(switch: Switch) -> Streams:
    return await asyncio.open_connection("127.0.0.1", switch.exposed[0].port)


async def answers(streams: Streams) -> None:
    """Something that was sent comes back; the connection stays."""
    reader, writer = streams
    writer.write(b"hello")
    async with asyncio.timeout(SECONDS):
        assert await reader.readexactly(5) == b"hello"


async def led_to(switch: Switch, *connections: Streams) -> dict[str, int]:
    """How many frames went to each replica for what the connections send now."""

    async def frames() -> dict[str, int]:
        links = (await switch.counters()).links
        return {name: links["gateway", name].forward.frames for name in ("b", "c")}

    before = await frames()
    for each in connections:
        await answers(each)
    after = await frames()
    return {name: after[name] - before[name] for name in after}


async def test_connections_are_shared_out(switch: Switch, start_peer: StartPeer) -> None:
    for name in ("b", "c"):
        await start_peer(switch, name)
        await switch.serve(name)
    kept = [await enter(switch) for _ in range(6)]
    for each in kept:
        await answers(each)
    busy = [
        [name for name, count in (await led_to(switch, each)).items() if count] for each in kept
    ]
    assert sorted(busy) == [["b"]] * 3 + [["c"]] * 3
    for index, (_, writer) in enumerate(kept):
        if busy[index] == ["b"]:
            writer.close()
    await until(switch, lambda counters: counters.tunnels == 3)
    more = [await enter(switch) for _ in range(3)]  # b has the fewest
    for each in more:
        await answers(each)
    assert (await led_to(switch, *more))["c"] == 0


async def test_a_replica_that_drains_gets_no_more(switch: Switch, start_peer: StartPeer) -> None:
    for name in ("b", "c"):
        await start_peer(switch, name)
        await switch.serve(name)
    await switch.drain("b")
    kept = [await enter(switch) for _ in range(4)]
    assert (await led_to(switch, *kept))["b"] == 0


async def test_a_replica_that_is_silent_or_refuses_is_passed_over(
    switch: Switch, attach: Attach, start_peer: StartPeer
) -> None:
    await attach(switch, "b")  # it boots, and takes what is sent to it
    await start_peer(switch, "c")
    for _ in range(4):
        await answers(await enter(switch))


async def test_who_comes_early_waits_for_any_replica(switch: Switch, start_peer: StartPeer) -> None:
    kept = await enter(switch)
    await until(switch, lambda counters: counters.tunnels == 1)
    await start_peer(switch, "c")
    await answers(kept)


async def test_a_replica_that_runs_is_better_than_one_that_sleeps(
    start_switch: StartSwitch, start_peer: StartPeer
) -> None:
    plan = make_plan(asleep=["b"], alike=True, b=(Expose(host=0, port=ECHO),))
    switch = await start_switch(plan)
    summoned: list[str] = []
    switch.on_summon = summoned.append
    await start_peer(switch, "c")
    await switch.release("c")
    await answers(await enter(switch))
    assert summoned == []


async def test_where_none_runs_the_first_that_sleeps_is_summoned(
    start_switch: StartSwitch, start_peer: StartPeer
) -> None:
    plan = make_plan(asleep=["b"], alike=True, b=(Expose(host=0, port=ECHO),))
    switch = await start_switch(plan)
    summoned: asyncio.Queue[str] = asyncio.Queue()
    switch.on_summon = summoned.put_nowait
    kept = await enter(switch)
    async with asyncio.timeout(SECONDS):
        assert await summoned.get() == "b"
    await start_peer(switch, "b")
    await switch.release("b")
    await answers(kept)


async def test_a_replica_that_goes_takes_only_its_own_connections(
    switch: Switch, start_peer: StartPeer
) -> None:
    peers = {name: await start_peer(switch, name) for name in ("b", "c")}
    kept = [await enter(switch) for _ in range(4)]
    for each in kept:
        await answers(each)
    peers["b"].terminate()
    await until(switch, lambda counters: counters.tunnels == 2)
    for _ in range(3):
        await answers(await enter(switch))


async def test_a_plan_that_grows_while_the_switch_runs(
    start_switch: StartSwitch, start_peer: StartPeer
) -> None:
    whole = make_plan(alike=True, b=(Expose(host=0, port=ECHO),))
    b = whole.services["b"]
    first = evolve(b, replicas=b.replicas[:1])
    switch = await start_switch(evolve(whole, services={**whole.services, "b": first}))
    assert set((await switch.counters()).links) == {("gateway", n) for n in "ab"} | {("a", "b")}
    await switch.extend(whole, b.replicas[1:])
    assert {("a", "c"), ("gateway", "c")} <= set((await switch.counters()).links)
    for name in ("b", "c"):
        await start_peer(switch, name)
        await switch.serve(name)
    kept = [await enter(switch) for _ in range(4)]
    led = await led_to(switch, *kept)
    assert led["b"] > 0
    assert led["c"] > 0


async def test_each_replica_has_the_ways_out_of_its_service(start_switch: StartSwitch) -> None:
    whole = make_plan(alike=True)
    way = Way("db", IPv4Address("10.9.0.200"), 5432, "127.0.0.1", 1)
    b = evolve(whole.services["b"], ways=(way,))
    first = evolve(b, replicas=b.replicas[:1])
    switch = await start_switch(evolve(whole, services={**whole.services, "b": first}))
    await switch.extend(evolve(whole, services={**whole.services, "b": b}), b.replicas[1:])
    ways = (await switch.counters()).egress
    assert [(each.source, each.target, each.port) for each in ways] == [
        ("b", "db", 5432),
        ("c", "db", 5432),
    ]


async def test_what_cannot_serve_is_told(switch: Switch) -> None:
    with pytest.raises(SupervisorError, match="serve: no such port, or no machine"):
        await switch.serve("b")
    with pytest.raises(SupervisorError, match="drain: no such port"):
        await switch.drain("nobody")
