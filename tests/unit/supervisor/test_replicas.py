"""Replicas of services: on machines and a network of the test's own."""

from __future__ import annotations

import asyncio
from collections import deque

import pytest

from meshkernel.errors import SupervisorError
from meshkernel.supervisor.remote import Remote
from meshkernel.supervisor.state import State

from .fakes import FakeHost, ask, fails, ready

TOPOLOGY = """
[mesh]
name = "chain"
[services.front]
module = "front"
replicas = 2
[services.middle]
module = "middle"
replicas = { min = 1, max = 4, target_calls = 10, cooldown = "200ms" }
expose = [{ host = 8080, port = 80 }]
[services.back]
module = "back"
[[links]]
from = "front"
to = "middle"
[[links]]
from = "middle"
to = "back"
"""


def machine(server, name):
    (found,) = [each for each in server.host.machines if each.service == name]
    return found


def addresses(server, *names):
    return [str(server.plan.replicas[name].address) for name in names]


async def told(server, name, *names):
    """Wait until a machine knows that it is to call these replicas of middle, and no others."""
    expected = {"type": "replicas", "peers": {"middle": addresses(server, *names)}}

    def is_last(sent):
        return [each for each in sent if each["type"] == "replicas"][-1:] == [expected]

    async with asyncio.timeout(5):
        await machine(server, name).heard(is_last)


async def reached(server, service, count):
    """Wait until so many replicas of a service run, and all others have stopped."""
    runners = server.mesh.services[service].runners
    async with asyncio.timeout(5):
        for runner in runners[:count]:
            await runner.reached(State.RUNNING)
        for runner in runners[count:]:
            await runner.reached(State.PENDING, State.STOPPED)


def loaded(server, calls, *names):
    """These replicas say how busy they are."""
    for name in names:
        machine(server, name).on_message({"type": "load", "calls": calls})


async def test_as_many_are_started_as_always_run(serve):
    server = await serve()
    assert sorted(server.host.started) == ["back", "front-1", "front-2", "middle-1"]
    rows = [(row["service"], row["replica"], row["name"]) for row in await ask(server, "ps")]
    assert rows == [
        ("back", 1, "back"),
        ("middle", 1, "middle-1"),
        ("front", 1, "front-1"),
        ("front", 2, "front-2"),
    ]
    (middle,) = [row for row in await ask(server, "ps") if row["service"] == "middle"]
    assert middle["address"] == f"{addresses(server, 'middle-1')[0]}:7000"
    assert middle["image_bytes"] == 7


async def test_callers_hear_of_replicas_that_come_and_go(serve):
    server = await serve()
    await told(server, "front-1", "middle-1")
    await ask(server, "scale", service="middle", count=3)
    for name in ("front-1", "front-2"):
        await told(server, name, "middle-1", "middle-2", "middle-3")
    machine(server, "middle-2").kill()
    await told(server, "front-1", "middle-1", "middle-3")
    await told(server, "front-1", "middle-1", "middle-2", "middle-3")  # it is started again
    await ask(server, "scale", service="middle", count=1)
    await told(server, "front-2", "middle-1")
    assert all(each["type"] != "replicas" for each in machine(server, "back").sent)


async def test_a_replica_is_called_no_more_before_it_is_stopped(serve):
    server = await serve()
    await ask(server, "scale", service="middle", count=2)
    await told(server, "front-1", "middle-1", "middle-2")
    leaving = machine(server, "middle-2")
    leaving.stops = False
    scaling = asyncio.create_task(server.mesh.scale("middle", 1))
    async with asyncio.timeout(5):
        await leaving.stop_asked.wait()
    await told(server, "front-1", "middle-1")
    assert ("drain", "middle-2") in server.network.commands
    assert server.network.commands[-1] == ("drain", "middle-2")  # and is not opened again
    assert ("serve", "middle-2") in server.network.commands
    assert leaving.sent[-1]["grace"] >= 30  # its calls may take long
    leaving.end("ended with status 0")
    await scaling
    assert "middle-2" in server.host.ended


async def test_a_caller_that_starts_hears_at_once(serve):
    server = await serve()
    await ask(server, "scale", service="middle", count=2)
    await server.host.arrival("front-1")
    machine(server, "front-1").kill()
    await server.host.arrival("front-1")
    async with asyncio.timeout(5):
        await server.mesh.runner("front-1").reached(State.RUNNING)
    await told(server, "front-1", "middle-1", "middle-2")


async def test_replicas_follow_the_load_and_not_at_once_back(serve):
    server = await serve()
    loaded(server, 25, "middle-1")
    await reached(server, "middle", 3)
    loaded(server, 9, "middle-1", "middle-2", "middle-3")  # 27: three are right
    assert server.mesh.services["middle"].wanted == 3
    began = asyncio.get_running_loop().time()
    loaded(server, 2, "middle-1", "middle-2", "middle-3")
    await reached(server, "middle", 1)
    assert asyncio.get_running_loop().time() - began >= 0.2
    text = "\n".join(line.text for line in server.logs.last(["middle-1"]))
    assert "3 replicas from now on, for 25.0 calls at a time" in text
    assert "1 replica from now on" in text


async def test_more_than_there_may_be_are_not_started(serve):
    server = await serve()
    loaded(server, 1000, "middle-1")
    await reached(server, "middle", 4)


async def test_a_number_that_somebody_has_chosen_holds_until_it_is_left_to_the_load(serve):
    server = await serve()
    await ask(server, "scale", service="middle", count=2)
    loaded(server, 35, "middle-1", "middle-2")
    await asyncio.sleep(0)
    assert server.mesh.services["middle"].wanted == 2
    await ask(server, "scale", service="middle", count=None)
    await reached(server, "middle", 4)


async def test_one_replica_can_be_named(serve):
    server = await serve()
    assert await ask(server, "stop", service="front-2") == ["front-2"]
    states = {row["name"]: row["state"] for row in await ask(server, "ps")}
    assert (states["front-1"], states["front-2"]) == ("running", "stopped")
    assert await ask(server, "heal") == ["front-2"]
    await server.host.arrival("front-1")
    await ask(server, "kill", service="front-1")
    await server.host.arrival("front-1")
    await reached(server, "front", 2)
    restarts = {row["name"]: row["restarts"] for row in await ask(server, "ps")}
    assert (restarts["front-1"], restarts["front-2"]) == (1, 0)
    machines = {row["name"]: row["report"] for row in await ask(server, "ps")}
    assert "crashes/front-1-" in machines["front-1"]
    assert server.mesh.runner("front").name == "front-1"


async def test_a_service_stops_and_starts_with_all_its_replicas(serve):
    server = await serve()
    assert await ask(server, "stop", service="front") == ["front-1", "front-2"]
    assert await ask(server, "start", service="front") == ["front-1", "front-2"]
    await reached(server, "front", 2)


async def test_logs_of_one_and_of_all(serve):
    def lines(names):
        with Remote.connect(server.folder) as remote:
            return sorted({line["service"] for line in remote.lines("logs", services=names)})

    server = await serve()
    assert await asyncio.to_thread(lines, ["front-2"]) == ["front-2"]
    assert await asyncio.to_thread(lines, ["front"]) == ["front-1", "front-2"]


async def test_more_than_the_topology_asks_for_can_be_had(serve):
    server = await serve()
    before = server.plan
    await ask(server, "scale", service="back", count=3)
    await reached(server, "back", 3)
    assert server.host.started[-2:] == ["back-2", "back-3"]
    assert ("extend", "back-2", "back-3") in server.network.commands
    assert server.host.extended is server.plan
    for name, replica in before.replicas.items():
        assert server.plan.replicas[name] == replica
    found = [str(each.address) for each in server.plan.services["back"].replicas]
    async with asyncio.timeout(5):
        await machine(server, "middle-1").heard(lambda sent: sent[-1]["peers"] == {"back": found})
    assert [row["name"] for row in await ask(server, "ps")][:3] == ["back", "back-2", "back-3"]
    assert await ask(server, "stop", service="back") == ["back", "back-2", "back-3"]
    assert await ask(server, "start", service="back-2") == ["back-2"]
    assert server.mesh.runner("back").name == "back-2"
    assert await ask(server, "start", service="back-1") == ["back"]
    assert server.mesh.runner("back-1").name == "back"
    assert server.logs.path("back-3").name == "back-3.log"
    with Remote.connect(server.folder) as remote:
        assert await asyncio.to_thread(remote.ask, "logs", services=["back-3"]) is None


async def test_an_exposed_service_that_grows_is_reached_at_all_of_its_replicas(serve, tmp_path):
    server = await serve()
    await ask(server, "scale", service="middle", count=6)
    await reached(server, "middle", 6)
    served = {each[1] for each in server.network.commands if each[0] == "serve"}
    assert served == {f"middle-{number}" for number in range(1, 7)}


async def test_what_cannot_be_had_is_told(serve):
    server = await serve()
    for request, told in {
        ("front", 65): "front can have at most 64 replicas, not 65",
        ("front", None): "the replicas of front do not follow its load",
        ("front", -1): "-1 is no number of replicas",
        ("front", "2"): "'2' is no number of replicas",
        ("rear", 1): "there is no service 'rear'; there are back, middle",
    }.items():
        with pytest.raises(SupervisorError, match=told):
            await ask(server, "scale", service=request[0], count=request[1])
    assert [row.name for row in server.mesh.rows() if row.service == "front"] == [
        "front-1",
        "front-2",
    ]


async def test_a_replica_that_does_not_start_is_told_and_the_others_serve(serve):
    server = await serve(FakeHost({"middle-2": [fails("no luck"), ready]}))
    loaded(server, 15, "middle-1")
    async with asyncio.timeout(5):
        await server.mesh.runner("middle-2").reached(State.FAILED)
    await told(server, "front-1", "middle-1")
    assert await ask(server, "heal") == ["middle-2"]
    await told(server, "front-1", "middle-1", "middle-2")


async def test_info_says_which_replicas_to_call(serve):
    server = await serve()
    await ask(server, "scale", service="middle", count=2)
    middle = (await ask(server, "info"))["services"]["middle"]
    assert [each["name"] for each in middle["replicas"]] == ["middle-1", "middle-2"]
    assert middle["methods"] == ["echo"]


async def test_replicas_are_restarted_one_after_the_other(serve):
    server = await serve()
    await ask(server, "scale", service="middle", count=3)
    await told(server, "front-1", "middle-1", "middle-2", "middle-3")
    ends_before, starts_before = len(server.host.ended), len(server.host.started)
    held = machine(server, "middle-2")
    held.stops = False
    restarting = asyncio.create_task(ask(server, "restart", service="middle", grace=30))
    async with asyncio.timeout(5):
        await held.stop_asked.wait()
    assert held.sent[-1] == {"type": "stop", "grace": 30}
    await told(
        server, "front-1", "middle-1", "middle-3"
    )  # the first is back, the third not touched
    assert server.host.started[starts_before:] == ["middle-1"]
    assert ("drain", "middle-2") in server.network.commands
    held.end("ended with status 0")
    async with asyncio.timeout(5):
        assert await restarting == ["middle-1", "middle-2", "middle-3"]
    assert server.host.ended[ends_before:] == ["middle-1", "middle-2", "middle-3"]
    assert server.host.started[starts_before:] == ["middle-1", "middle-2", "middle-3"]
    await told(server, "front-1", "middle-1", "middle-2", "middle-3")


async def test_a_replica_that_does_not_come_back_leaves_the_others_alone(serve):
    server = await serve()
    server.host.scripts["middle-1"] = deque([fails("ValueError: no shelf")])
    await ask(server, "scale", service="middle", count=3)
    ended = len(server.host.ended)
    with pytest.raises(SupervisorError, match="no shelf"):
        await ask(server, "restart", service="middle")
    states = [runner.state for runner in server.mesh.services["middle"].chosen]
    assert states == [State.FAILED, State.RUNNING, State.RUNNING]
    assert server.host.ended[ended:] == ["middle-1"] * 2
    await told(server, "front-1", "middle-2", "middle-3")


async def test_one_replica_is_restarted_alone(serve):
    server = await serve()
    await ask(server, "scale", service="middle", count=2)
    started = len(server.host.started)
    assert await ask(server, "restart", service="middle-2") == ["middle-2"]
    assert server.host.started[started:] == ["middle-2"]
