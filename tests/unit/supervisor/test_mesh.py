from __future__ import annotations

import asyncio
import signal
import threading

import pytest

from meshkernel.errors import MachineError, SupervisorError, UserError
from meshkernel.plan import make_plan
from meshkernel.supervisor import backoff, up
from meshkernel.supervisor.remote import Remote
from meshkernel.supervisor.run_folder import AlreadyRunningError, RunFolder
from meshkernel.supervisor.server import MeshServer
from meshkernel.supervisor.state import State
from meshkernel.topology import parse

from .fakes import FakeHost, ask, chain, fails, mute


@pytest.fixture(autouse=True)
def short_waits(monkeypatch):
    monkeypatch.setattr(backoff, "FIRST", 0.01)


@pytest.fixture
def plan(tmp_path):
    return chain(tmp_path)


@pytest.fixture
async def server(plan):
    """A mesh that is up, on the host that is its attribute ``host``."""
    folder = up.run_folder(plan)
    folder.acquire()
    async with MeshServer(plan, folder, FakeHost(), {"front": 5}) as server:
        server.host = server._host
        await server.mesh.start()
        yield server
    folder.release()


async def test_services_start_before_their_callers_and_stop_after_them(plan):
    host, folder = FakeHost(), up.run_folder(plan)
    folder.acquire()
    async with MeshServer(plan, folder, host, {}) as server:
        await server.mesh.start()
        assert host.started == ["back", "middle", "front"]
        assert {row.state for row in server.mesh.rows()} == {"running"}
    assert host.ended == ["front", "middle", "back"]
    folder.release()
    assert [entry.name for entry in folder.path.iterdir()] == ["logs"]


async def test_a_service_that_fails_ends_the_start_with_its_reason(plan):
    host = FakeHost({"middle": [fails("ImportError: no module")]})
    events = []
    folder = up.run_folder(plan)
    folder.acquire()
    with pytest.raises(MachineError, match="middle failed to start: ImportError"):
        await up.bring_up(plan, folder, host, on_event=events.append)
    assert host.started == ["back", "middle"]
    assert host.machines == []
    assert [event.phase for event in events if event.service == "middle"] == [
        "built", "boot", "failed",
    ]  # fmt: skip
    folder.release()


async def test_ps(server):
    rows = await ask(server, "ps")
    assert [row["service"] for row in rows] == ["back", "middle", "front"]
    front = rows[2]
    assert front["state"] == "running"
    assert front["address"].endswith(":7000")
    assert (front["memory_mb"], front["restarts"], front["image_bytes"]) == (64, 0, 5)


@pytest.fixture
def written(server, monkeypatch):
    """The states that are written from now on."""
    server.write_state()  # what the start has left to be written
    states = asyncio.Queue()
    monkeypatch.setattr(RunFolder, "write_state", lambda self, state: states.put_nowait(state))
    return states


async def test_changes_that_come_together_are_written_together(server, written):
    for _ in range(2):
        for _ in range(3):
            server._note_state()
        async with asyncio.timeout(5):
            await written.get()
        assert written.empty()


async def test_what_has_changed_is_written(server, written):
    await server.host.arrival("back")
    await ask(server, "kill", service="back")
    await server.host.arrival("back")
    async with asyncio.timeout(5):
        await server.mesh.runner("back").reached(State.RUNNING)
        while (state := await written.get())["services"][0]["state"] != "running":
            pass  # written in between, where this process was slow
    rows = await ask(server, "ps")
    assert state["services"] == [{k: row[k] for k in row if k != "egress"} for row in rows]
    assert len(state["processes"]) == 5  # the supervisor, the switch, and the machines


async def test_info_says_where_things_are(server):
    info = await ask(server, "info")
    assert info["dial"] == str(server.network.dial_socket)
    assert info["services"]["back"]["methods"] == ["echo"]
    assert info["exposed"] == [
        {"service": "front", "host": "127.0.0.1", "port": 8080, "inside": 80}
    ]


async def test_kill_is_followed_by_a_restart(server):
    await server.host.arrival("back")
    await ask(server, "kill", service="back")
    await server.host.arrival("back")
    async with asyncio.timeout(5):
        await server.mesh.runner("back").reached(State.RUNNING)
    assert server.mesh.runner("back").restarts == 1


async def test_a_service_that_is_not_there_is_named(server):
    with pytest.raises(SupervisorError, match="there is no service 'bakc'; there are back"):
        await ask(server, "kill", service="bakc")
    with pytest.raises(SupervisorError, match="not understood"):
        await ask(server, "dance")


async def test_a_stopped_service_is_healed(server):
    await ask(server, "stop", service="middle")
    assert server.mesh.runner("middle").state is State.STOPPED
    assert await ask(server, "heal") == ["middle"]
    assert server.mesh.runner("middle").state is State.RUNNING


async def test_logs_are_followed_until_the_reader_has_enough(server):
    first, seen = threading.Event(), []

    def read():
        with Remote.connect(server.folder) as remote:
            for line in remote.lines("logs", services=["back"], follow=True):
                seen.append(line["text"])
                first.set()
                if line["text"] == "enough":
                    return

    reading = asyncio.create_task(asyncio.to_thread(read))
    await asyncio.to_thread(first.wait, 10)
    server.logs.add("middle", "other", 1.0)
    server.logs.add("back", "enough", 2.0)
    async with asyncio.timeout(10):
        await reading
    assert seen == ["back says hello", "enough"]


async def test_logs_of_the_past(server):
    def read():
        with Remote.connect(server.folder) as remote:
            return [line["text"] for line in remote.lines("logs", services=[], count=1)]

    assert sorted(await asyncio.to_thread(read)) == [
        "back says hello", "front says hello", "middle says hello",
    ]  # fmt: skip


async def run_until_up(plan, host, **more):
    """`supervise` in a task, and an event for the moment at which it is up."""
    is_up = asyncio.Event()
    events = []

    def on_event(event):
        events.append(event)
        if event.phase == "up":
            is_up.set()

    task = asyncio.create_task(up.supervise(plan, host, on_event=on_event, **more))
    waiting = asyncio.create_task(is_up.wait())
    await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED, timeout=10)
    waiting.cancel()
    return task, events


async def test_down_ends_the_supervisor_and_leaves_nothing(plan):
    host = FakeHost()
    task, _ = await run_until_up(plan, host)
    folder = up.run_folder(plan)
    with pytest.raises(AlreadyRunningError):
        await up.supervise(plan, host, on_event=lambda event: None)

    def down():
        with Remote.connect(folder) as remote:
            remote.ask("down")

    await asyncio.to_thread(down)
    async with asyncio.timeout(10):
        assert await task == 0
    assert host.machines == []
    assert [entry.name for entry in folder.path.iterdir()] == ["logs"]
    with pytest.raises(SupervisorError, match="is not running"):
        Remote.connect(folder)


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
async def test_a_signal_stops_the_mesh(plan, number, status):
    host = FakeHost()
    task, _ = await run_until_up(plan, host)
    signal.raise_signal(number)
    async with asyncio.timeout(10):
        assert await task == status
    assert host.ended == ["front", "middle", "back"]


async def test_who_follows_the_logs_hears_how_the_mesh_stops(plan):
    host = FakeHost()
    host.unstoppable.add("front")
    following, said = asyncio.Event(), []

    async def follow(server):
        async with server.logs.following(["front"]) as coming:
            following.set()
            async for line in coming:
                said.append(line.text)

    task, _ = await run_until_up(plan, host, meanwhile=follow)
    front = await host.arrival("front")
    async with asyncio.timeout(10):
        await following.wait()
        signal.raise_signal(signal.SIGINT)
        await front.stop_asked.wait()
        front.on_console(b"bye\n")
        front.end("ended with status 0")
        assert await task == 130
    assert said == ["bye"]


async def test_a_signal_while_it_starts(plan):
    host = FakeHost({"middle": [mute]})
    task = asyncio.create_task(up.supervise(plan, host, on_event=lambda event: None))
    await host.arrival("middle")
    signal.raise_signal(signal.SIGINT)
    async with asyncio.timeout(10):
        assert await task == 130
    assert host.machines == []


async def test_a_second_signal_does_not_wait_for_a_service(plan):
    host = FakeHost()
    host.unstoppable.add("front")
    task, _ = await run_until_up(plan, host)
    front = await host.arrival("front")
    signal.raise_signal(signal.SIGINT)
    await front.stop_asked.wait()
    signal.raise_signal(signal.SIGINT)
    async with asyncio.timeout(2):  # less than the grace
        assert await task == 130


async def test_a_switch_that_ends_ends_the_mesh(plan):
    host, networks = FakeHost(), []
    launcher = host.launcher
    host.launcher = lambda plan, network: networks.append(network) or launcher(plan, network)
    task, _ = await run_until_up(plan, host)
    networks[0].broken.set_result("the switch has ended (exit code 1)")
    with pytest.raises(SupervisorError, match="the switch has ended"):
        async with asyncio.timeout(10):
            await task
    assert host.machines == []


async def test_a_missing_secret_is_told_before_anything_starts(tmp_path):
    plan = chain(tmp_path)
    text = plan.topology.path.read_text()
    plan.topology.path.write_text(
        text.replace('module = "back"', 'module = "back"\nsecrets = ["MESHKERNEL_TEST_KEY"]')
    )
    host = FakeHost()
    with pytest.raises(UserError, match="MESHKERNEL_TEST_KEY is not in the environment"):
        await up.supervise(make_plan(parse(plan.topology.path)), host, on_event=lambda e: None)
    assert host.started == []
    assert list(up.run_folder(plan).path.iterdir()) == []
