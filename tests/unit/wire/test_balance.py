"""Calls balanced over replicas, on real connections of the loopback device."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import pytest

from meshkernel.errors import DeadlineExceeded, MayHaveRun, NotDelivered
from meshkernel.wire import caller, server
from meshkernel.wire.balance import MOST_LOSSES, Balance
from meshkernel.wire.caller import CallerConnection
from meshkernel.wire.server import Dispatcher, ServerConnection


class Shop:
    """One replica: it counts its calls, and holds those to ``hold`` and ``keep``."""

    def __init__(self) -> None:
        self.calls = 0
        self.begun = asyncio.Semaphore(0)
        self.release = asyncio.Event()
        self.connections: list[ServerConnection] = []
        self.port = 0

        async def where() -> int:
            self.calls += 1
            return self.port

        async def hold() -> int:
            self.calls += 1
            self.begun.release()
            await self.release.wait()
            return self.port

        functions = {"where": where, "hold": hold, "keep": hold}
        self.dispatcher = Dispatcher("shop", functions, idempotent=["where", "hold"])
        self._server: asyncio.Server | None = None

    async def listen(self) -> None:
        """From the start, or again."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._connection, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    def die(self) -> None:
        """As a machine that is killed: connections are reset, nobody listens."""
        assert self._server is not None
        self._server.close()
        for connection in list(self.dispatcher.connections):
            connection.abort()

    async def stop(self) -> None:
        """In order, as the runtime does it."""
        assert self._server is not None
        self._server.close()
        await self.dispatcher.drain(5)
        await self.dispatcher.close()

    def _connection(self) -> ServerConnection:
        self.connections.append(ServerConnection(self.dispatcher))
        return self.connections[-1]


Replicas = Callable[[int], Awaitable[tuple[Balance, list[Shop]]]]


@pytest.fixture
async def replicas() -> AsyncIterator[Replicas]:
    """So many replicas, and a balance over them."""
    async with AsyncExitStack() as stack:

        async def start(count: int) -> tuple[Balance, list[Shop]]:
            shops = [Shop() for _ in range(count)]
            for shop in shops:
                await shop.listen()
                stack.callback(shop.die)
            balance = Balance("shop", connect, [str(shop.port) for shop in shops])
            stack.callback(balance.close)
            return balance, shops

        yield start


async def connect(address: str) -> CallerConnection:
    loop = asyncio.get_running_loop()
    _, connection = await loop.create_connection(
        lambda: CallerConnection("test", "shop"), "127.0.0.1", int(address)
    )
    return connection


async def warm(balance: Balance, shops: list[Shop]) -> None:
    """Call until every replica has answered."""
    async with asyncio.timeout(10):
        while not all(shop.calls for shop in shops):
            await balance.call("where", {}, 5)
    for shop in shops:
        shop.calls = 0


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


async def test_calls_go_round_where_all_are_idle(replicas: Replicas) -> None:
    balance, shops = await replicas(3)
    await warm(balance, shops)
    for _ in range(30):
        await balance.call("where", {}, 5)
    assert [shop.calls for shop in shops] == [10, 10, 10]
    assert [len(shop.connections) for shop in shops] == [1, 1, 1]


async def test_each_call_goes_where_the_fewest_are_under_way(replicas: Replicas) -> None:
    balance, shops = await replicas(3)
    await warm(balance, shops)
    held = [asyncio.create_task(balance.call("hold", {}, 5)) for _ in range(9)]
    for shop in shops:
        for _ in range(3):
            await shop.begun.acquire()
    shops[1].release.set()
    done, _ = await asyncio.wait(held, return_when=asyncio.FIRST_COMPLETED)
    while len(done) < 3:
        done, _ = await asyncio.wait(held, timeout=0.01)
    # The second one is idle now, so that it gets the next three of these; they end at once.
    assert {await balance.call("hold", {}, 5) for _ in range(3)} == {shops[1].port}
    for shop in shops:
        shop.release.set()
    await asyncio.gather(*held)


async def test_a_dead_replica_is_left_out_at_once_and_taken_back(replicas: Replicas) -> None:
    balance, shops = await replicas(2)
    await warm(balance, shops)
    shops[0].die()
    for _ in range(20):
        assert await balance.call("where", {}, 5) == shops[1].port
    await shops[0].listen()
    await warm(balance, shops)


async def test_a_replica_that_hangs_gets_no_more_calls_until_it_is_heard_of(
    replicas: Replicas,
) -> None:
    balance, shops = await replicas(2)
    await warm(balance, shops)
    (hanging,) = shops[0].connections
    assert hanging._transport is not None
    hanging._transport.pause_reading()
    results = await asyncio.gather(
        *(balance.call("where", {}, 0.1) for _ in range(4)), return_exceptions=True
    )
    assert [type(each) for each in results].count(DeadlineExceeded) == 2
    for _ in range(10):
        assert await balance.call("where", {}, 5) == shops[1].port
    hanging._transport.resume_reading()
    shops[0].calls = shops[1].calls = 0
    await warm(balance, shops)


async def test_a_replica_whose_function_is_slow_stays_in_the_balance(replicas: Replicas) -> None:
    balance, shops = await replicas(2)
    await warm(balance, shops)
    slow = [asyncio.create_task(balance.call("keep", {}, 0.05)) for _ in range(2)]
    await asyncio.wait(slow)
    assert {type(each.exception()) for each in slow} == {DeadlineExceeded}
    for shop in shops:
        shop.calls = 0
    await warm(balance, shops)


async def test_where_all_hang_calls_go_to_them_all_the_same(replicas: Replicas) -> None:
    balance, shops = await replicas(1)
    await warm(balance, shops)
    (hanging,) = shops[0].connections
    assert hanging._transport is not None
    hanging._transport.pause_reading()
    with pytest.raises(DeadlineExceeded):
        await balance.call("where", {}, 0.05)
    call = asyncio.create_task(balance.call("where", {}, 5))
    await asyncio.sleep(0)
    hanging._transport.resume_reading()
    assert await call == shops[0].port


async def test_a_connection_on_which_nothing_comes_is_not_waited_for(replicas: Replicas) -> None:
    """As behind a partition that is healed: TCP tries the old one again only after a long pause."""
    balance, (shop,) = await replicas(1)
    await warm(balance, [shop])
    (stuck,) = shop.connections
    assert stuck._transport is not None
    stuck._transport.pause_reading()
    with pytest.raises(DeadlineExceeded):
        await balance.call("where", {}, 0.05)
    assert await balance.call("where", {}, 5) == shop.port
    assert len(shop.connections) == 2
    assert await balance.call("where", {}, 5) == shop.port
    assert len(shop.connections) == 2


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Callers that find out quickly whether a callee lives."""
    monkeypatch.setattr(caller, "LISTENING", (0.05, 0.05))


def hang(shop: Shop) -> asyncio.Transport:
    """From now on it reads nothing; what it may have again is returned."""
    (connection,) = shop.connections
    assert connection._transport is not None
    connection._transport.pause_reading()
    return connection._transport


@pytest.mark.usefixtures("impatient")
async def test_an_idempotent_call_to_a_callee_that_falls_silent_is_made_elsewhere_too(
    replicas: Replicas,
) -> None:
    balance, shops = await replicas(2)
    await warm(balance, shops)
    hang(shops[0])
    calls = [balance.call("where", {}, 30) for _ in range(8)]
    async with asyncio.timeout(10):
        assert set(await asyncio.gather(*calls)) == {shops[1].port}
    assert [each.calls for each in balance._replicas.values()] == [0, 0]


@pytest.mark.usefixtures("impatient")
async def test_any_other_call_to_a_callee_that_falls_silent_is_left_to_it(
    replicas: Replicas,
) -> None:
    balance, shops = await replicas(2)
    await warm(balance, shops)
    hang(shops[0])
    for shop in shops:
        shop.release.set()
    done = await asyncio.gather(
        *(balance.call("keep", {}, 0.6) for _ in range(4)), return_exceptions=True
    )
    assert [type(each) for each in done].count(DeadlineExceeded) == 2
    assert shops[1].calls == 2


@pytest.mark.usefixtures("impatient")
async def test_a_callee_that_is_heard_of_again_may_answer_first(replicas: Replicas) -> None:
    balance, shops = await replicas(2)
    await warm(balance, shops)
    silent = hang(shops[0])
    calls = [asyncio.create_task(balance.call("hold", {}, 30)) for _ in range(2)]
    async with asyncio.timeout(10):
        await shops[1].begun.acquire()  # its own, and the one that is made here, too
        await shops[1].begun.acquire()
        silent.resume_reading()
        await shops[0].begun.acquire()
        shops[0].release.set()
        done, _ = await asyncio.wait(calls, return_when=asyncio.FIRST_COMPLETED)
        assert [call.result() for call in done] == [shops[0].port]
        shops[1].release.set()
        await asyncio.wait(calls)
    assert sorted(call.result() for call in calls) == sorted(shop.port for shop in shops)


@pytest.mark.usefixtures("impatient")
async def test_a_slow_function_is_not_a_silent_callee(replicas: Replicas) -> None:
    balance, shops = await replicas(2)
    await warm(balance, shops)
    call = asyncio.create_task(balance.call("hold", {}, 30))
    await asyncio.wait({call}, timeout=0.5)
    assert sum(shop.calls for shop in shops) == 1
    for shop in shops:
        shop.release.set()
    assert await call in [shop.port for shop in shops]


@pytest.mark.usefixtures("impatient")
async def test_a_call_on_a_connection_that_is_stuck_is_made_over_a_new_one(
    replicas: Replicas,
) -> None:
    balance, (shop,) = await replicas(1)
    await warm(balance, [shop])
    hang(shop)
    async with asyncio.timeout(10):
        assert await balance.call("where", {}, 30) == shop.port
    assert len(shop.connections) == 2


@pytest.mark.usefixtures("impatient")
async def test_a_call_that_nobody_answers_ends_with_its_deadline(replicas: Replicas) -> None:
    balance, shops = await replicas(2)
    await warm(balance, shops)
    for shop in shops:
        hang(shop)
        assert shop._server is not None
        shop._server.close()
    with pytest.raises(DeadlineExceeded, match=r"shop.where did not answer within 1 s"):
        await balance.call("where", {}, 1)


async def test_an_idempotent_call_is_made_again_where_its_replica_is_lost(
    replicas: Replicas,
) -> None:
    balance, shops = await replicas(2)
    await warm(balance, shops)
    held = [asyncio.create_task(balance.call("hold", {}, 5)) for _ in range(6)]
    for _ in range(3):
        await shops[0].begun.acquire()
    shops[1].release.set()
    shops[0].die()
    assert set(await asyncio.gather(*held)) == {shops[1].port}
    assert (shops[0].calls, shops[1].calls) == (3, 6)


async def test_any_other_call_of_unknown_outcome_is_the_callers_to_repeat(
    replicas: Replicas,
) -> None:
    balance, shops = await replicas(2)
    await warm(balance, shops)
    held = [asyncio.create_task(balance.call("keep", {}, 5)) for _ in range(2)]
    await shops[0].begun.acquire()
    shops[1].release.set()
    shops[0].die()
    results = await asyncio.gather(*held, return_exceptions=True)
    assert sorted(type(result) for result in results if result != shops[1].port) == [MayHaveRun]


async def test_no_call_is_given_to_a_replica_that_has_not_said_hello() -> None:
    """It accepts, and is gone: nothing has been delivered."""
    shop = Shop()
    await shop.listen()
    gone = asyncio.Event()

    async def leave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(10)
        writer.transport.abort()
        gone.set()

    rude = await asyncio.start_server(leave, "127.0.0.1", 0)
    balance = Balance("shop", connect, [str(rude.sockets[0].getsockname()[1])])
    call = asyncio.create_task(balance.call("keep", {}, 5))
    await gone.wait()
    shop.release.set()
    balance.offer([str(shop.port)])
    assert await call == shop.port
    balance.close()
    rude.close()
    shop.die()


async def test_a_call_that_ends_its_replicas_does_not_end_all_of_them(replicas: Replicas) -> None:
    balance, shops = await replicas(MOST_LOSSES + 2)
    await warm(balance, shops)
    call = asyncio.create_task(balance.call("hold", {}, 5))
    killed = set()
    while not call.done():
        for shop in shops:
            if shop.dispatcher.running and shop.port not in killed:
                shop.die()
                killed.add(shop.port)
        await asyncio.sleep(0)
    with pytest.raises(MayHaveRun):
        await call
    assert len(killed) == MOST_LOSSES + 1


async def test_a_replica_that_stops_loses_no_call(replicas: Replicas) -> None:
    balance, shops = await replicas(2)
    await warm(balance, shops)
    counted = 0

    async def client() -> None:
        nonlocal counted
        while not stopped.done():
            await balance.call("where", {}, 5)
            counted += 1
            if counted == 100:
                enough.set()

    enough = asyncio.Event()
    stopped = asyncio.create_task(asyncio.sleep(0))
    held = [asyncio.create_task(balance.call("keep", {}, 5)) for _ in range(2)]
    await shops[0].begun.acquire()
    stopped = asyncio.create_task(shops[0].stop())
    clients = [asyncio.create_task(client()) for _ in range(8)]
    await enough.wait()
    assert not stopped.done()  # a call of it goes on
    for shop in shops:
        shop.release.set()
    assert {*await asyncio.gather(*held)} == {shop.port for shop in shops}
    await asyncio.gather(*clients)
    await asyncio.wait_for(stopped, 5)


async def test_a_replica_of_which_one_hears_no_more_is_left_when_its_last_call_has_ended(
    replicas: Replicas,
) -> None:
    balance, shops = await replicas(2)
    await warm(balance, shops)
    held = [asyncio.create_task(balance.call("keep", {}, 5)) for _ in range(2)]
    await shops[0].begun.acquire()
    balance.offer([str(shops[1].port)])
    assert {await balance.call("where", {}, 5) for _ in range(5)} == {shops[1].port}
    assert shops[0].dispatcher.connections
    for shop in shops:
        shop.release.set()
    assert {*await asyncio.gather(*held)} == {shop.port for shop in shops}
    await shops[0].stop()
    assert not shops[0].dispatcher.connections


async def test_a_new_replica_gets_its_part(replicas: Replicas) -> None:
    balance, shops = await replicas(2)
    balance.offer([str(shops[0].port)])
    assert await balance.call("where", {}, 5) == shops[0].port
    balance.offer([str(shop.port) for shop in shops])
    await warm(balance, shops)


async def test_a_call_waits_for_the_first_replica_that_is_there() -> None:
    shop = Shop()
    await shop.listen()
    balance = Balance("shop", connect, [str(free_port())])
    call = asyncio.create_task(balance.call("where", {}, 5))
    await asyncio.sleep(0)
    balance.offer([str(free_port()), str(shop.port)])
    assert await call == shop.port
    balance.close()
    shop.die()


async def test_a_full_replica_turns_calls_down_and_another_takes_them(
    replicas: Replicas, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "MOST_CALLS", 2)
    balance, shops = await replicas(2)
    await warm(balance, shops)
    held = [asyncio.create_task(balance.call("keep", {}, 5)) for _ in range(4)]
    for shop in shops:
        await shop.begun.acquire()
        await shop.begun.acquire()
    with pytest.raises(NotDelivered, match="2 calls of this connection run already"):
        await balance.call("keep", {}, 5)
    assert [shop.calls for shop in shops] == [2, 2]
    shops[1].release.set()
    shops[0].release.set()
    await asyncio.gather(*held)


async def test_the_deadline_is_that_of_the_whole_call(replicas: Replicas) -> None:
    balance, shops = await replicas(1)
    await warm(balance, shops)
    call = asyncio.create_task(balance.call("hold", {}, 0.3))
    await shops[0].begun.acquire()
    shops[0].die()  # and nobody takes its place
    with pytest.raises(MayHaveRun) as caught:
        await call
    assert not isinstance(caught.value, DeadlineExceeded)
    with pytest.raises(NotDelivered, match=r"shop\.hold: shop could not be reached within 0\.1 s"):
        await balance.call("hold", {}, 0.1)


async def test_what_no_replica_would_take_is_tried_once(replicas: Replicas) -> None:
    balance, shops = await replicas(2)
    await warm(balance, shops)
    with pytest.raises(NotDelivered, match="no function 'buy'"):
        await balance.call("buy", {}, 5)


async def test_a_caller_that_is_not_patient_is_told_when_every_attempt_has_failed() -> None:
    addresses = [str(free_port()), str(free_port())]
    balance = Balance("shop", connect, addresses, patient=False)
    with pytest.raises(NotDelivered, match=r"shop could not be reached: .*Errno 111"):
        await balance.call("where", {}, 30)
    balance.close()


async def test_silence_is_a_reason_too() -> None:
    async def silent(address: str) -> CallerConnection:
        await asyncio.wait({asyncio.get_running_loop().create_future()}, timeout=0.01)
        raise TimeoutError

    balance = Balance("shop", silent, ["here"])
    with pytest.raises(NotDelivered, match=r"shop could not be reached within 0\.05 s: no answer$"):
        await balance.call("where", {}, 0.05)
    balance.close()
