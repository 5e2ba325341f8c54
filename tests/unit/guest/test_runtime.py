"""The life of a service, as its supervisor sees it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgpack
import pytest
from supervisor_end import control_pair

from meshkernel.errors import DeadlineExceeded, NotDelivered
from meshkernel.guest.control import LONGEST_TEXT, ControlChannel
from meshkernel.guest.logs import ControlHandler
from meshkernel.wire.caller import CallerConnection

LIFE = """
from meshkernel import on_start, on_stop, rpc
told = []

@on_start
def first(): told.append("first")

@on_start
async def second(): told.append("second")

@rpc
async def history() -> list[str]: return told

@rpc
def plain() -> int: return 1

def not_served(): ...

@on_stop
def last(): told.append("last")

@on_stop
async def before(): told.append("before")
"""


async def dial(port: int) -> CallerConnection:
    _, caller = await asyncio.get_running_loop().create_connection(
        lambda: CallerConnection("test", "s"), "127.0.0.1", port
    )
    return caller


async def test_a_service_starts_serves_and_stops(start: Any, module: Any) -> None:
    service = await start(module=module("life", LIFE))
    ready = await service.receive()
    assert ready["type"] == "ready"
    assert ready["methods"] == ["history", "plain"]
    caller = await dial(ready["port"])
    assert await caller.call("history", {}, 5) == ["first", "second"]
    service.send(type="ping", id=7)
    assert await service.receive() == {"type": "pong", "id": 7}
    told = sys.modules["life"].told
    await service.stop()
    assert await service.receive() == {"type": "stopped"}
    assert caller.lost
    assert told == ["first", "second", "before", "last"]


async def test_calls_that_run_may_end_before_a_stop_and_new_ones_are_refused(
    start: Any, module: Any
) -> None:
    text = """
import asyncio
from meshkernel import rpc
begun, release = asyncio.Event(), asyncio.Event()
@rpc
async def wait() -> str:
    begun.set()
    await release.wait()
    return "done"
"""
    service = await start(module=module("waiting", text))
    caller = await dial((await service.receive())["port"])
    running = asyncio.create_task(caller.call("wait", {}, 10))
    await sys.modules["waiting"].begun.wait()
    service.send(type="stop", grace=10)
    with pytest.raises(NotDelivered, match="s is stopping"):
        while True:  # until the service has read its `stop`
            with contextlib.suppress(DeadlineExceeded):
                await caller.call("wait", {}, 0.05)
    sys.modules["waiting"].release.set()
    assert await running == "done"
    assert await service.receive() == {"type": "stopped"}


async def test_a_lost_supervisor_is_a_reason_to_stop(start: Any, module: Any) -> None:
    service = await start(module=module("left_alone", LIFE))
    await service.receive()
    service.control.shutdown(2)
    with pytest.raises(BrokenPipeError):  # `stopped` reaches nobody
        await asyncio.wait_for(service.task, 10)
    assert sys.modules["left_alone"].told[-1] == "last"


RUN = """
import sys
from meshkernel.guest.runtime import main
raise SystemExit(main(int(sys.argv[1])))
"""


def run_guest(tmp_path: Path, text: str, **values: Any) -> tuple[int, list[dict[str, Any]], str]:
    """Run a service in a process of its own until it ends; `stop` comes at once."""
    (tmp_path / "service_under_test.py").write_text(text)
    defaults = {"mesh": "m", "service": "s", "host": "127.0.0.1", "port": 0}
    configuration = json.dumps(defaults | {"module": "service_under_test"} | values)
    ours, theirs = control_pair()
    with ours, theirs:
        ours.setblocking(True)
        ours.settimeout(20)
        ours.send(msgpack.packb({"type": "stop", "grace": 5}))
        process = subprocess.run(
            [sys.executable, "-c", RUN, str(theirs.fileno())],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(tmp_path), "MESHKERNEL_SERVICE": configuration},
            pass_fds=[theirs.fileno()],
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
        # Closed with the `stop` unread, this end would lose what the service sent.
        with contextlib.suppress(BlockingIOError):
            theirs.recv(1 << 20, socket.MSG_DONTWAIT)
        theirs.close()
        messages = []
        while packed := ours.recv(1 << 20):
            messages.append(msgpack.unpackb(packed))
    return process.returncode, messages, process.stderr


def test_a_whole_process(tmp_path: Path) -> None:
    text = """
import logging
from meshkernel import on_start, rpc
@on_start
def begin():
    logging.getLogger("shop").warning("low on %s", "milk")
    logging.getLogger("shop").debug("not told")
@rpc
def get() -> int: return 1
"""
    status, messages, stderr = run_guest(tmp_path, text)
    assert (status, stderr) == (0, "")
    assert [message["type"] for message in messages] == ["log", "ready", "stopped"]
    log = messages[0]
    assert (log["level"], log["logger"], log["message"]) == ("WARNING", "shop", "low on milk")
    assert log["time"] > 1_700_000_000


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("import no_such_module", "ModuleNotFoundError: No module named 'no_such_module'", 1),
        ("x = 1\ny = (", "SyntaxError: '(' was never closed", 2),
        (
            "from meshkernel import on_start\n@on_start\ndef begin():\n    raise OSError('full')",
            "OSError: full",
            4,
        ),
        (
            "from meshkernel import rpc\nclass A: pass\n@rpc\ndef get(a: A): ...",
            "TypeError: s.get: a: A cannot be in a message",
            None,
        ),
        ("raise SystemExit(0)", "SystemExit: 0", 1),
    ],
)
def test_a_service_that_cannot_start_says_why(
    tmp_path: Path, text: str, message: str, line: int | None
) -> None:
    status, messages, stderr = run_guest(tmp_path, text)
    assert status == 1
    (failed,) = messages
    assert failed["type"] == "failed"
    assert failed["message"].startswith(message)
    if line is not None:
        assert f'service_under_test.py", line {line}' in failed["stack"]
    assert "importlib" not in failed["stack"]
    assert failed["stack"] == stderr


def test_a_start_that_fails_stops_what_had_begun(tmp_path: Path) -> None:
    status, messages, _ = run_guest(tmp_path, "", module=None, asgi="service_under_test:missing")
    assert status == 1
    assert "has no attribute 'missing'" in messages[0]["message"]


def test_garbage_is_collected_once_a_service_has_settled(tmp_path: Path) -> None:
    text = """
import asyncio, gc
from meshkernel import on_start, on_stop
from meshkernel.guest.runtime import SETTLED
at_import = gc.isenabled()
@on_stop
async def check():
    await asyncio.sleep(SETTLED)  # its timer was set before this one
    assert (at_import, gc.isenabled(), gc.get_freeze_count() > 0) == (False, True, True)
"""
    status, messages, _ = run_guest(tmp_path, text)
    assert (status, messages[-1]) == (0, {"type": "stopped"})


def test_the_guest_imports_nothing_that_costs_start_up(tmp_path: Path) -> None:
    text = """
import sys
from meshkernel import rpc
@rpc
async def get(a: int, b: list[str] | None = None) -> dict[str, int]: return {}
unwanted = {"attr", "cattrs", "networkx", "jinja2", "decimal", "uuid", "uvicorn", "pathlib"}
if found := unwanted & set(sys.modules):
    raise RuntimeError(f"imported: {sorted(found)}")
from meshkernel import on_start
@on_start
def check():
    if found := unwanted & set(sys.modules):
        raise RuntimeError(f"imported: {sorted(found)}")
"""
    status, messages, _ = run_guest(tmp_path, text)
    assert messages[-1] == {"type": "stopped"}
    assert status == 0


def test_long_texts_are_cut_in_the_middle_to_fit() -> None:
    ours, theirs = control_pair()
    with ours, theirs:
        text = "a" * 200_000 + "b"
        ControlChannel(theirs.fileno()).send("failed", message="m", stack=text)
        message = msgpack.unpackb(ours.recv(1 << 20))
    assert len(message["stack"]) < LONGEST_TEXT + 100
    assert message["stack"].endswith("ab")
    assert "characters left out" in message["stack"]


def test_a_log_record_carries_its_exception() -> None:
    ours, theirs = control_pair()
    with ours, theirs:
        logger = logging.Logger("shop")
        logger.addHandler(ControlHandler(ControlChannel(theirs.fileno())))
        logger.error("oh", exc_info=ValueError("spilt"))
        message = msgpack.unpackb(ours.recv(1 << 20))
    assert message["message"].startswith("oh\n")
    assert message["message"].endswith("ValueError: spilt")
