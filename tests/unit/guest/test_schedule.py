"""@every: the rhythm, what goes wrong, and the end. Time is a test's own: nothing sleeps."""

from __future__ import annotations

import asyncio
import logging
import selectors
import sys
import threading
from collections.abc import Callable
from typing import Any

import pytest

from meshkernel.guest.schedule import Schedule


class Clock(asyncio.SelectorEventLoop):
    """An event loop whose time jumps to the next thing that is due when nothing else is to do."""

    def __init__(self) -> None:
        super().__init__(_Patient(self))
        self.now = 0.0

    def time(self) -> float:
        return self.now


class _Patient(selectors.DefaultSelector):
    def __init__(self, loop: Clock) -> None:
        super().__init__()
        self.loop = loop

    def select(self, timeout: float | None = None) -> Any:
        events = super().select(0 if timeout else timeout)
        if not events and timeout:
            self.loop.now += timeout
        return events


def run(main: Callable[[Clock], Any]) -> None:
    with asyncio.Runner(loop_factory=Clock) as runner:
        loop = runner.get_loop()
        assert isinstance(loop, Clock)
        runner.run(main(loop))


def test_runs_come_one_interval_after_the_other() -> None:
    async def main(loop: Clock) -> None:
        times: list[float] = []

        async def tick() -> None:
            times.append(loop.time())

        schedule = Schedule([(tick, 30.0)])
        await asyncio.sleep(100)
        await schedule.stop(1)
        assert times == pytest.approx([30, 60, 90])
        await asyncio.sleep(100)
        assert len(times) == 3

    run(main)


def test_runs_of_a_function_do_not_overlap_and_the_rhythm_is_kept() -> None:
    async def main(loop: Clock) -> None:
        times: list[float] = []
        running = 0

        async def slow() -> None:
            nonlocal running
            running += 1
            assert running == 1
            times.append(loop.time())
            await asyncio.sleep(70)
            running -= 1

        schedule = Schedule([(slow, 30.0)])
        await asyncio.sleep(215)
        await schedule.stop(100)
        assert times == pytest.approx([30, 120, 210])
        assert running == 0

    run(main)


def test_a_run_that_ends_when_the_next_is_due_is_followed_by_it() -> None:
    async def main(loop: Clock) -> None:
        times: list[float] = []

        async def exact() -> None:
            times.append(loop.time())
            await asyncio.sleep(30)

        schedule = Schedule([(exact, 30.0)])
        await asyncio.sleep(200)
        await schedule.stop(100)
        assert times == pytest.approx([30, 60, 90, 120, 150, 180])

    run(main)


def test_functions_do_not_wait_for_each_other() -> None:
    async def main(loop: Clock) -> None:
        times: list[float] = []

        async def endless() -> None:
            await asyncio.Event().wait()

        async def tick() -> None:
            times.append(loop.time())

        schedule = Schedule([(endless, 1.0), (tick, 10.0)])
        await asyncio.sleep(25)
        assert times == pytest.approx([10, 20])
        await schedule.stop(1)

    run(main)


def test_what_a_run_raises_is_logged_and_the_next_one_comes(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def main(loop: Clock) -> None:
        runs = 0

        async def broken() -> None:
            nonlocal runs
            runs += 1
            raise ValueError("no shelf")

        schedule = Schedule([(broken, 1.0)])
        await asyncio.sleep(3.5)
        await schedule.stop(1)
        assert runs == 3

    run(main)
    records = [record for record in caplog.records if record.name == "meshkernel.every"]
    assert [record.levelno for record in records] == [logging.ERROR] * 3
    assert "broken failed" in records[0].getMessage()
    assert "no shelf" in str(records[0].exc_info)


def test_a_run_may_end_before_a_stop_and_no_other_begins() -> None:
    async def main(loop: Clock) -> None:
        told: list[str] = []

        async def work() -> None:
            told.append("begun")
            await asyncio.sleep(5)
            told.append("ended")

        schedule = Schedule([(work, 1.0)])
        await asyncio.sleep(2)
        await schedule.stop(10)
        assert told == ["begun", "ended"]
        assert loop.time() == pytest.approx(6)

    run(main)


def test_a_run_that_does_not_end_is_cancelled(caplog: pytest.LogCaptureFixture) -> None:
    async def main(loop: Clock) -> None:
        cancelled = asyncio.Event()

        async def endless() -> None:
            try:
                await asyncio.Event().wait()
            finally:
                cancelled.set()

        schedule = Schedule([(endless, 1.0)])
        await asyncio.sleep(2)
        await schedule.stop(3)
        assert cancelled.is_set()
        assert loop.time() == pytest.approx(5)

    run(main)
    assert "was cancelled" in caplog.text


async def test_a_plain_function_runs_in_a_thread_and_holds_up_nobody() -> None:
    begun, release = threading.Event(), threading.Event()
    threads = set()

    def plain() -> None:
        threads.add(threading.current_thread())
        begun.set()
        release.wait()

    schedule = Schedule([(plain, 0.001)])
    await asyncio.to_thread(begun.wait)
    release.set()
    await schedule.stop(10)
    assert threads
    assert threading.main_thread() not in threads


LIFE = """
import asyncio
from meshkernel import every, on_stop, rpc
told = []
ran = asyncio.Event()

@every("1ms")
async def tick():
    told.append("tick")
    ran.set()

@on_stop
def stop():
    told.append("stop")
"""


async def test_a_service_runs_its_functions_once_it_is_ready_and_stops_them(
    start: Any, module: Any
) -> None:
    service = await start(module=module("ticking", LIFE))
    assert (await service.receive())["type"] == "ready"
    ticking = sys.modules["ticking"]
    await asyncio.wait_for(ticking.ran.wait(), 10)
    await service.stop()
    assert await service.receive() == {"type": "stopped"}
    assert ticking.told[0] == "tick"
    assert ticking.told.count("stop") == 1
    assert ticking.told[-1] == "stop"
