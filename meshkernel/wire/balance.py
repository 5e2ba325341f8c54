"""The replicas of one callee: each call goes to the one that has the fewest of this caller's."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from typing import Any

from meshkernel.errors import MayHaveRun, MeshkernelError, NotDelivered
from meshkernel.wire import deadline
from meshkernel.wire.caller import CallerConnection
from meshkernel.wire.faults import Closing, Full, Silent

FIRST_WAIT, LONGEST_WAIT = 0.02, 1.0
"""Seconds between attempts to connect: each waits twice as long as the one before it."""

MOST_LOSSES = 3
"""Replicas lost under one call, behind which it is not made again: it may be what ends them."""

Connect = Callable[[str], Awaitable[CallerConnection]]
"""Connects to the replica at this address: OSError if it cannot be reached; one of our own errors
if it never can.
"""


class Replica:
    """One replica, as this caller sees it."""

    __slots__ = ("address", "again", "calls", "connection", "fault", "opening", "wait")

    def __init__(self, address: str) -> None:
        self.address = address
        self.calls = 0  # of this caller, that have no answer yet
        self.connection: CallerConnection | None = None
        self.opening: asyncio.Task[None] | None = None
        self.fault: OSError | None = None  # of the last attempt to connect
        self.wait = FIRST_WAIT
        self.again = 0.0  # by the loop's clock: no attempt before, unless a call waits

    @property
    def usable(self) -> bool:
        connection = self.connection
        return connection is not None and connection.usable

    @property
    def callable(self) -> bool:
        """Whether a call may be given to it: one that hangs first has to answer a new hello."""
        connection = self.connection
        return connection is not None and connection.usable and not connection.silent

    @property
    def burden(self) -> tuple[bool, int]:
        """Of two replicas, the one with less of it is called."""
        connection = self.connection
        return connection is not None and connection.congested, self.calls

    @property
    def is_opening(self) -> bool:
        return self.opening is not None and not self.opening.done()

    def let_go(self) -> None:
        """Call it no more."""
        if self.opening is not None:
            self.opening.cancel()
        if self.connection is not None:
            self.connection.leave()


class Balance:
    """Calls to one callee.

    Connections are opened by the first call, one to each replica. Each call goes to the usable one
    with the fewest calls of this caller under way. One that is lost, or whose replica says that it
    stops, is left out at once; later calls open it anew, in the background as long as another one
    is there. So is one that hangs, from the first call on whose time was over until it is heard of
    again, be it over a new connection: TCP tries an old one again only after long pauses. A call
    that was not delivered goes to another replica; so does one of unknown outcome, if its function
    is idempotent; all within the call's deadline. An idempotent call whose callee falls silent is
    made elsewhere, too, once: the first answer counts.

    Args:
        target: of the callee, for messages.
        connect: to a replica.
        addresses: of the replicas there are, see `offer`.
        patient: try to connect for as long as a call waits; else a call fails when every attempt
            has.
    """

    def __init__(
        self,
        target: str,
        connect: Connect,
        addresses: Iterable[str],
        *,
        patient: bool = True,
    ) -> None:
        self._target = target
        self._connect = connect
        self._patient = patient
        self._replicas: dict[str, Replica] = {}
        self._turn: list[Replica] = []  # the same, the one that was chosen last at the end
        self._lacking = False  # some replica is not usable
        self._waiting = 0  # calls that wait for a connection
        self._arrival: asyncio.Future[None] | None = None  # of one, for them
        self.offer(addresses)

    def offer(self, addresses: Iterable[str]) -> None:
        """These are the replicas to be called from now on.

        Connections with others are closed when their last call has been answered.
        """
        offered = list(addresses)
        if offered == list(self._replicas):
            return
        known, self._replicas = self._replicas, {}
        for address in offered:
            self._replicas[address] = known.pop(address) if address in known else Replica(address)
        self._turn = list(self._replicas.values())
        self._lacking = True
        for gone in known.values():
            gone.let_go()
        if self._waiting:
            self._open_missing(at_once=True)

    async def call(self, method: str, arguments: Mapping[str, Any], timeout: float) -> Any:  # noqa: ASYNC109
        """The result of one call.

        ``timeout`` in seconds, of which a deadline that is being served takes its part.
        """
        until = asyncio.get_running_loop().time() + deadline.seconds_for(timeout)
        return await self._call(method, arguments, timeout, until, movable=True)

    async def _call(
        self,
        method: str,
        arguments: Mapping[str, Any],
        timeout: float,  # noqa: ASYNC109
        until: float,
        *,
        movable: bool,
    ) -> Any:
        """``movable``: whether it may be made elsewhere when its callee falls silent."""
        seconds = round(until - asyncio.get_running_loop().time(), 3)
        doubts: list[MayHaveRun] = []  # the call may have run already
        full: list[Replica] = []
        while True:
            try:
                replica = await self._choose(full, until)
            except (TimeoutError, NotDelivered) as error:
                if doubts:
                    raise doubts[0] from error
                raise self._unreached(method, seconds, error) from error
            connection = replica.connection
            assert connection is not None  # noqa: S101 - it is usable
            replica.calls += 1
            may_move = movable and method in connection.idempotent
            try:
                return await connection.call(
                    method, arguments, timeout, until=until, movable=may_move
                )
            except Silent as silent:
                again = self._call(method, arguments, timeout, until, movable=False)
                return await _first_answer(silent.rest(), again)
            except Closing:  # it ran nothing of this call
                pass
            except Full as error:
                full.append(replica)
                if not any(each.usable and each not in full for each in self._turn):
                    raise doubts[0] if doubts else error from None
            except MayHaveRun as error:
                doubts.append(error)
                # Others of this class: the time is over, or it is what the function raised.
                lost = type(error) is MayHaveRun and connection.lost
                if not lost or method not in connection.idempotent or len(doubts) > MOST_LOSSES:
                    raise
            finally:
                replica.calls -= 1

    def close(self) -> None:
        """End every connection, and all attempts to open one."""
        for replica in self._replicas.values():
            if replica.opening is not None:
                replica.opening.cancel()
            if replica.connection is not None:
                replica.connection.close()

    async def _choose(self, full: list[Replica], until: float) -> Replica:
        """A replica for one call, but none of those; TimeoutError if there is none in time."""
        while True:
            if self._lacking:
                self._open_missing(at_once=False)
            found = [each for each in self._turn if each.callable and each not in full]
            if found:
                best = found[0] if len(found) == 1 else min(found, key=lambda each: each.burden)
                if len(self._turn) > 1:
                    self._turn.remove(best)
                    self._turn.append(best)
                return best
            await self._wait(until)

    async def _wait(self, until: float) -> None:
        """Wait until a connection has been opened; TimeoutError if none is in time."""
        if self._arrival is None or self._arrival.done():
            self._arrival = asyncio.get_running_loop().create_future()
        self._waiting += 1
        try:
            self._open_missing(at_once=True)
            async with asyncio.timeout_at(until):
                await asyncio.shield(self._arrival)
        finally:
            self._waiting -= 1
            if not self._waiting:
                self._rest()

    def _rest(self) -> None:
        """No call waits any more. Where no replica is there, nobody goes on trying, either."""
        if not any(replica.usable for replica in self._turn):
            for replica in self._turn:
                if replica.opening is not None:
                    replica.opening.cancel()
                    replica.opening = None

    def _unreached(self, method: str, seconds: float, error: Exception) -> NotDelivered:
        if isinstance(error, NotDelivered):  # in its own words
            return error
        faults = [str(each.fault) or "no answer" for each in self._turn if each.fault is not None]
        why = f": {faults[0]}" if faults else ""
        return NotDelivered(
            f"{self._target}.{method}: {self._target} could not be reached within"
            f" {max(seconds, 0):g} s{why}"
        )

    def _open_missing(self, *, at_once: bool) -> None:
        """Open the connections that lack; those that failed a moment ago only ``at_once``."""
        loop = asyncio.get_running_loop()
        self._lacking = False
        for replica in self._turn:
            if replica.callable:
                continue
            self._lacking = True
            if not replica.is_opening and (at_once or loop.time() >= replica.again):
                replica.wait = FIRST_WAIT if at_once else replica.wait
                replica.opening = loop.create_task(self._open(replica))

    async def _open(self, replica: Replica) -> None:
        """Try until it succeeds, or no call waits any more."""
        while True:
            connection: CallerConnection | None = None
            try:
                connection = await self._connect(replica.address)
                # No call is given to a replica that has not said hello.
                await connection.greeted()
            except OSError as error:
                replica.fault = error
                if connection is None and not self._patient:
                    self._fail(NotDelivered(f"{self._target} could not be reached: {error}"))
                    return
                if not await self._again(replica, error):
                    return
            except MeshkernelError as error:
                self._fail(error)
                return
            else:
                self._opened(replica, connection)
                return
            finally:
                if connection is not None and replica.connection is not connection:
                    connection.abort()

    def _opened(self, replica: Replica, connection: CallerConnection) -> None:
        replica.fault, replica.wait, replica.again = None, FIRST_WAIT, 0.0
        hanging, replica.connection = replica.connection, connection
        if hanging is not None and hanging.usable:
            hanging.leave()
        connection.on_change = self._changed
        if self._arrival is not None and not self._arrival.done():
            self._arrival.set_result(None)

    async def _again(self, replica: Replica, error: OSError) -> bool:
        """Whether to try again, behind a pause; one that was silent has been waited for already."""
        replica.again = asyncio.get_running_loop().time() + replica.wait
        pause, replica.wait = replica.wait, min(2 * replica.wait, LONGEST_WAIT)
        if not self._waiting:
            return False
        if not isinstance(error, TimeoutError):
            await asyncio.sleep(pause)
        return True

    def _fail(self, failure: MeshkernelError) -> None:
        """Where nothing is tried again, calls wait no longer than for the last attempt."""
        own = asyncio.current_task()
        if self._arrival is None or self._arrival.done() or not self._waiting:
            return
        if not any(each.is_opening and each.opening is not own for each in self._turn):
            self._arrival.set_exception(failure)

    def _changed(self) -> None:
        """A connection takes no more calls."""
        self._lacking = True


async def _first_answer(old: Coroutine[Any, Any, Any], new: Coroutine[Any, Any, Any]) -> Any:
    """The result of a call that is made twice, or what its function raised, whichever comes first;
    what keeps one of the two from an answer counts only if the other gets none either.
    """
    calls = [asyncio.create_task(old), asyncio.create_task(new)]
    try:
        pending = set(calls)
        while pending:
            done, pending = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
            for call in done:
                if not isinstance(call.exception(), NotDelivered | MayHaveRun):
                    return call.result()
        return calls[0].result()  # raises: it may have run there
    finally:
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)
