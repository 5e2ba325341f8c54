"""Calls over a connection: side by side, with deadlines, and each with its own fate."""

from __future__ import annotations

import asyncio
import threading
from datetime import date
from typing import Any

import attrs
import msgpack
import pytest

from meshkernel.errors import DeadlineExceeded, MayHaveRun, NotDelivered, RemoteError
from meshkernel.wire import connection, deadline, frames, server
from meshkernel.wire.frames import CALL, CANCEL, ERROR, HELLO, RESULT


@attrs.frozen
class Item:
    name: str
    day: date


class SoldOut(LookupError):  # noqa: N818
    pass


SHARED = {f"{__name__}.SoldOut": SoldOut}


async def buy(item: Item, quantity: int = 1) -> list[Item]:
    return [item] * quantity


async def echo(value: Any) -> Any:
    return value


def plain(text: str) -> str:
    return text.upper()


async def fail(shared: bool = False) -> None:
    raise SoldOut("milk") if shared else ValueError("spilt")


ITEM = Item("milk", date(2026, 1, 2))


async def test_a_call_gives_a_typed_result(connected: Any) -> None:
    caller = await connected(buy)
    assert await caller.call("buy", {"item": ITEM, "quantity": 2}, 5) == [ITEM, ITEM]


async def test_a_result_stays_plain_where_types_are_not_asked_for(connected: Any) -> None:
    caller = await connected(buy, typed=False)
    result = await caller.call("buy", {"item": {"name": "milk", "day": "2026-01-02"}}, 5)
    assert result == [{"name": "milk", "day": "2026-01-02"}]


async def test_plain_functions_run_in_threads_and_hold_up_nothing(connected: Any) -> None:
    release = threading.Event()

    def wait() -> str:
        assert threading.current_thread() is not threading.main_thread()
        release.wait(10)
        return "done"

    caller = await connected(wait, echo)
    slow = asyncio.create_task(caller.call("wait", {}, 10))
    assert await caller.call("echo", {"value": 1}, 5) == 1
    assert not slow.done()
    release.set()
    assert await slow == "done"


async def test_a_thousand_calls_share_a_connection(connected: Any) -> None:
    caller = await connected(echo, plain)
    calls = [caller.call("echo", {"value": number}, 30) for number in range(900)]
    calls += [caller.call("plain", {"text": f"t{number}"}, 30) for number in range(100)]
    results = await asyncio.gather(*calls)
    assert results == [*range(900), *(f"T{number}" for number in range(100))]


async def test_what_a_function_raises_is_a_remote_error_with_its_stack(connected: Any) -> None:
    caller = await connected(fail)
    with pytest.raises(RemoteError, match="ValueError: spilt") as caught:
        await caller.call("fail", {}, 5)
    lines = caught.value.stack.splitlines()
    assert lines[1].endswith("in fail")
    assert __file__ in lines[1]


async def test_shared_exceptions_are_caught_as_themselves(connected: Any) -> None:
    caller = await connected(fail, shared=SHARED)
    with pytest.raises(SoldOut, match="milk"):
        await caller.call("fail", {"shared": True}, 5)


async def test_call_errors_that_a_function_meets_are_no_statement_about_its_own_call(
    connected: Any,
) -> None:
    async def relay() -> None:
        raise NotDelivered("the next service is away")

    caller = await connected(relay)
    with pytest.raises(RemoteError, match=r"meshkernel\.errors\.NotDelivered: the next"):
        await caller.call("relay", {}, 5)


@pytest.mark.parametrize(
    ("method", "arguments", "told"),
    [
        ("sell", {}, "shop has no function 'sell' (it serves buy, echo)"),
        ("buy", {}, "shop.buy: argument 'item' is missing"),
        ("buy", {"item": ITEM, "count": 1}, "there is no argument 'count'"),
        ("buy", {"item": ITEM, "quantity": "1"}, "argument 'quantity': expected int, got str '1'"),
    ],
)
async def test_a_bad_call_is_refused_before_anything_runs(
    connected: Any, method: str, arguments: dict[str, Any], told: str
) -> None:
    caller = await connected(buy, echo)
    with pytest.raises(NotDelivered) as caught:
        await caller.call(method, arguments, 5)
    assert told in str(caught.value)
    assert await caller.call("echo", {"value": "still there"}, 5) == "still there"


async def test_an_argument_that_cannot_be_sent_is_named(connected: Any) -> None:
    caller = await connected(echo)
    with pytest.raises(TypeError, match=r"shop\.echo: argument 'value': .* cannot hold a "):
        await caller.call("echo", {"value": object()}, 5)


async def test_a_result_that_cannot_be_sent_is_told_instead_of_a_broken_reply(
    connected: Any,
) -> None:
    async def bad() -> Any:
        return {"inner": object()}

    async def large() -> bytes:
        return bytes(frames.MAX_PAYLOAD)

    caller = await connected(bad, large, echo)
    with pytest.raises(RemoteError, match=r"the result of shop\.bad: a message cannot hold"):
        await caller.call("bad", {}, 5)
    with pytest.raises(RemoteError, match=r"the result of shop\.large takes 16777221 bytes"):
        await caller.call("large", {}, 5)
    assert await caller.call("echo", {"value": 1}, 5) == 1


async def test_arguments_that_are_too_large_are_refused_by_the_caller(connected: Any) -> None:
    caller = await connected(echo)
    with pytest.raises(NotDelivered, match="at most 16777216"):
        await caller.call("echo", {"value": bytes(frames.MAX_PAYLOAD)}, 5)
    large = bytes(frames.MAX_PAYLOAD - 100)
    assert await caller.call("echo", {"value": large}, 30) == large


async def test_a_deadline_ends_both_sides(connected: Any) -> None:
    ended = asyncio.Event()

    async def hang() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    caller = await connected(hang)
    with pytest.raises(DeadlineExceeded, match=r"shop\.hang did not answer within 0\.05 s"):
        await caller.call("hang", {}, 0.05)
    async with asyncio.timeout(5):
        await ended.wait()


async def test_a_caller_that_gives_up_cancels_the_function(connected: Any) -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def hang() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    caller = await connected(hang, echo)
    call = asyncio.create_task(caller.call("hang", {}, 30))
    await begun.wait()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    async with asyncio.timeout(5):
        await ended.wait()
    assert await caller.call("echo", {"value": 1}, 5) == 1


async def test_a_function_that_cancels_itself_is_an_error(connected: Any) -> None:
    async def cancel() -> None:
        raise asyncio.CancelledError

    caller = await connected(cancel)
    with pytest.raises(RemoteError, match="CancelledError"):
        await caller.call("cancel", {}, 5)


async def test_a_function_that_asks_to_exit_does_not_end_the_service(connected: Any) -> None:
    async def leave() -> None:
        raise SystemExit(3)

    caller = await connected(leave, echo)
    with pytest.raises(RemoteError, match="SystemExit: 3"):
        await caller.call("leave", {}, 5)
    assert await caller.call("echo", {"value": 1}, 5) == 1


async def test_calls_inherit_what_is_left_of_the_deadline(connected: Any) -> None:
    async def left() -> list[float]:
        return [deadline.seconds_for(100), deadline.seconds_for(0.5)]

    caller = await connected(left)
    inherited, own = await caller.call("left", {}, 10)
    assert 9 < inherited <= 10
    assert own == 0.5


async def test_a_lost_connection_says_that_the_call_may_have_run(connected: Any) -> None:
    begun = asyncio.Event()

    async def hang() -> None:
        begun.set()
        await asyncio.Event().wait()

    caller = await connected(hang)
    call = asyncio.create_task(caller.call("hang", {}, 30))
    await begun.wait()
    caller.abort()
    with pytest.raises(MayHaveRun, match="the connection to shop was lost"):
        await call
    assert caller.lost
    with pytest.raises(NotDelivered, match="lost before the call was sent"):
        await caller.call("hang", {}, 5)


async def test_a_peer_that_does_not_read_holds_calls_back_as_not_delivered(dial: Any) -> None:
    class Deaf(asyncio.Protocol):
        def connection_made(self, transport: Any) -> None:
            transport.pause_reading()

    listener = await asyncio.get_running_loop().create_server(Deaf, "127.0.0.1", 0)
    caller = await dial(listener.sockets[0].getsockname()[1])
    first = asyncio.create_task(caller.call("echo", {"value": bytes(frames.MAX_PAYLOAD - 99)}, 30))
    await asyncio.sleep(0)
    assert caller.congested
    with pytest.raises(NotDelivered, match="did not read the calls before this one in time"):
        await caller.call("echo", {"value": 1}, 0.05)
    caller.abort()
    with pytest.raises(MayHaveRun):
        await first
    listener.close()


HELLO_PAYLOAD = msgpack.packb({"version": frames.VERSION, "from": "raw"})
ECHO = msgpack.packb({"method": "echo", "arguments": {"value": 5}, "deadline": None})


async def greeted(raw: Any, port: int) -> Any:
    caller = await raw(port)
    caller.send(0, HELLO, HELLO_PAYLOAD)
    identifier, kind, payload = await caller.receive()
    assert (identifier, kind) == (0, HELLO)
    assert msgpack.unpackb(payload)["from"] == "shop"
    return caller


@pytest.mark.parametrize(
    ("kind", "payload", "told"),
    [
        (CALL, b"\xc1", "not msgpack"),
        (CALL, b"\x92\x01", "not msgpack"),
        (CALL, msgpack.packb([1, 2]), "a call is a map"),
        (CALL, msgpack.packb({"method": "echo"}), "a call is a map"),
        (CALL, msgpack.packb({"method": "echo", "arguments": {1: 2}}), "no argument 1"),
        (
            CALL,
            msgpack.packb({"method": "echo", "arguments": {"value": 1}, "deadline": 0}),
            "no time is left",
        ),
        (
            CALL,
            msgpack.packb({"method": "echo", "arguments": {"value": 1}, "deadline": "x"}),
            "no time is left",
        ),
        (9, b"", "frames of kind 9 are not known"),
        (RESULT, b"\xc0", "frames of kind 3 are not known"),
    ],
)
async def test_a_bad_frame_is_refused_for_its_call_alone(
    serve: Any, raw: Any, kind: int, payload: bytes, told: str
) -> None:
    caller = await greeted(raw, await serve(echo))
    caller.send(1, kind, payload)
    caller.send(2, CALL, ECHO)
    answers = {}
    for _ in range(2):
        identifier, kind, reply = await caller.receive()
        answers[identifier] = (kind, msgpack.unpackb(reply))
    assert answers[2] == (RESULT, 5)
    assert answers[1][0] == ERROR
    assert answers[1][1]["kind"] == "refused"
    assert told in answers[1][1]["message"]


async def test_a_frame_that_is_too_large_is_refused_and_passed_over(serve: Any, raw: Any) -> None:
    caller = await greeted(raw, await serve(echo))
    length = frames.MAX_PAYLOAD + 1
    caller.writer.write(frames.HEADER.pack(length, 1, CALL))
    # Refused by its header, before its payload has come.
    identifier, kind, reply = await caller.receive()
    assert (identifier, kind) == (1, ERROR)
    assert "more than 16777216 bytes" in msgpack.unpackb(reply)["message"]
    caller.writer.write(bytes(length))
    caller.send(2, CALL, ECHO)
    assert await caller.receive() == (2, RESULT, msgpack.packb(5))


async def test_calls_before_a_hello_are_refused(serve: Any, raw: Any) -> None:
    caller = await raw(await serve(echo))
    caller.send(1, CALL, ECHO)
    _, kind, reply = await caller.receive()
    assert kind == ERROR
    assert "begins with a hello" in msgpack.unpackb(reply)["message"]


async def test_another_version_is_turned_away(serve: Any, raw: Any) -> None:
    caller = await raw(await serve(echo))
    caller.send(0, HELLO, msgpack.packb({"version": 99, "from": "raw"}))
    identifier, kind, reply = await caller.receive()
    assert (identifier, kind) == (0, ERROR)
    assert "version 1" in msgpack.unpackb(reply)["message"]
    assert await caller.reader.read() == b""


async def test_a_caller_that_is_turned_away_knows_that_nothing_ran(
    connected: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    caller = await connected(echo)
    monkeypatch.setattr(frames, "VERSION", 2)  # of this end alone, from now on
    caller.send(0, HELLO, msgpack.packb({"version": 1, "from": "test"}))
    with pytest.raises(NotDelivered, match="refuses the connection: this end speaks version 2"):
        await caller.call("echo", {"value": 1}, 5)


async def test_a_second_call_with_the_identifier_of_a_running_one_is_refused(
    serve: Any, raw: Any
) -> None:
    release = asyncio.Event()

    async def wait() -> str:
        await release.wait()
        return "done"

    caller = await greeted(raw, await serve(wait))
    call = msgpack.packb({"method": "wait", "arguments": {}, "deadline": None})
    caller.send(1, CALL, call)
    caller.send(1, CALL, call)
    _, kind, _ = await caller.receive()
    assert kind == ERROR
    release.set()
    assert await caller.receive() == (1, RESULT, msgpack.packb("done"))


async def test_calls_beyond_the_most_that_may_run_are_refused(
    connected: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "MOST_CALLS", 2)
    release = asyncio.Event()

    async def wait() -> int:
        await release.wait()
        return 1

    caller = await connected(wait)
    running = [asyncio.create_task(caller.call("wait", {}, 30)) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(NotDelivered, match="2 calls of this connection run already"):
        await caller.call("wait", {}, 30)
    release.set()
    assert await asyncio.gather(*running) == [1, 1]


async def test_a_caller_that_sends_more_than_is_worked_off_is_not_read(
    connected: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "MOST_HELD", 1000)
    release = asyncio.Event()
    seen = []
    first = asyncio.Event()

    async def keep(data: bytes) -> int:
        seen.append(len(data))
        first.set()
        await release.wait()
        return len(data)

    caller = await connected(keep)
    calls = []
    for _ in range(20):
        calls.append(asyncio.create_task(caller.call("keep", {"data": bytes(400_000)}, 30)))
        await asyncio.sleep(0)
    await first.wait()
    for _ in range(200):
        await asyncio.sleep(0)
    assert len(seen) < 20
    release.set()
    assert await asyncio.gather(*calls) == [400_000] * 20


async def test_calls_go_on_after_one_is_cancelled_by_frame(serve: Any, raw: Any) -> None:
    ended = asyncio.Event()

    async def hang() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    caller = await greeted(raw, await serve(hang, echo))
    caller.send(1, CALL, msgpack.packb({"method": "hang", "arguments": {}, "deadline": None}))
    caller.send(2, CALL, ECHO)
    assert (await caller.receive())[0] == 2
    caller.send(1, CANCEL, msgpack.packb(None))
    caller.send(77, CANCEL, b"")  # of a call that is over
    async with asyncio.timeout(5):
        await ended.wait()
    caller.send(3, CALL, ECHO)
    assert (await caller.receive())[0] == 3


async def test_a_lost_caller_cancels_its_calls(connected: Any) -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def hang() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    caller = await connected(hang)
    call = asyncio.create_task(caller.call("hang", {}, 30))
    await begun.wait()
    caller.close()
    with pytest.raises(MayHaveRun):
        await call
    async with asyncio.timeout(5):
        await ended.wait()


async def test_a_stream_is_taken_over(serve: Any) -> None:
    from meshkernel.wire.caller import CallerConnection

    _, writer = await asyncio.open_connection("127.0.0.1", await serve(echo))
    caller = CallerConnection("test", "shop")
    connection.adopt(writer, caller)
    assert await caller.call("echo", {"value": 1}, 5) == 1
    writer.close()
