"""The pool of QEMUs that stand by, with ones that only wait to be told to end."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from meshkernel.errors import MachineError
from meshkernel.machine.arguments import MachineSpec
from meshkernel.supervisor import backoff, pool
from meshkernel.supervisor.pool import Pool


class Process:
    """Stands for a QEMU."""

    def __init__(self, pid):
        self.pid = pid
        self.ended = asyncio.Event()

    async def wait(self):
        await self.ended.wait()
        return 0


class Waits:
    """Stands for `meshkernel.machine.standby.Standby`."""

    def __init__(self, pid):
        self.qemu = Process(pid)
        self.closed = False

    def fits(self, spec):
        return spec.mac is not None and not spec.volumes

    async def close(self):
        self.closed = True
        self.qemu.ended.set()


class Maker:
    """Makes them; each when it is allowed to."""

    def __init__(self):
        self.made = []
        self.allowed = asyncio.Semaphore(1000)
        self.fails = ""
        self.asked = 0

    async def start(self):
        self.asked += 1
        await self.allowed.acquire()
        if self.fails:
            raise MachineError(self.fails)
        self.made.append(Waits(len(self.made)))
        return self.made[-1]


SPEC = MachineSpec("a", Path("a.elf"), "", 1, mac="02:6b:0a:00:00:01", launcher=Path("launch"))
BARE = MachineSpec("a", Path("a.elf"), "", 1, launcher=Path("launch"))


@pytest.fixture
def maker():
    return Maker()


@pytest.fixture
def told():
    return []


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(pool, "SETTLE", 0.0)
    monkeypatch.setattr(backoff, "FIRST", 0.0)


async def test_it_is_filled_and_empty_at_its_end(maker, told):
    async with asyncio.timeout(5), Pool(3, maker.start, told.append) as waiting:
        await waiting.full()
        assert waiting.pids == [0, 1, 2]
    assert all(each.closed for each in maker.made)
    assert told == []


async def test_none_is_started_where_none_is_wanted(maker, told):
    async with asyncio.timeout(5), Pool(0, maker.start, told.append) as waiting:
        await waiting.full()
        with waiting.starting():
            assert await waiting.take(SPEC) is None
    assert maker.asked == 0


async def test_who_takes_one_has_it(maker, told):
    async with asyncio.timeout(5), Pool(2, maker.start, told.append) as waiting:
        await waiting.full()
        with waiting.starting():
            taken = await waiting.take(SPEC)
        await waiting.full()
    assert [each.closed for each in maker.made] == [False, True, True]
    assert taken is maker.made[0]


async def test_it_is_not_filled_while_a_machine_starts(maker, told):
    async with asyncio.timeout(5), Pool(1, maker.start, told.append) as waiting:
        await waiting.full()
        with waiting.starting() as first, waiting.starting() as second:
            await waiting.take(SPEC)
            first()
            first()  # once is enough
            for _ in range(20):
                await asyncio.sleep(0)
            assert maker.asked == 1
            assert await waiting.take(SPEC) is None
            second()
            await waiting.full()
        assert maker.asked == 2


async def test_a_start_that_takes_long_does_not_keep_it_empty(maker, told, monkeypatch):
    monkeypatch.setattr(pool, "LONGEST", 0.0)
    async with asyncio.timeout(5), Pool(1, maker.start, told.append) as waiting:
        await waiting.full()
        with waiting.starting():
            assert await waiting.take(SPEC) is maker.made[0]
            await waiting.full()
    assert maker.asked == 2


async def test_one_that_is_being_started_is_waited_for(maker, told):
    maker.allowed = asyncio.Semaphore(0)
    async with asyncio.timeout(5), Pool(1, maker.start, told.append) as waiting:
        taking = asyncio.create_task(waiting.take(SPEC))
        assert await waiting.take(BARE) is None  # which it would not fit
        maker.allowed.release()
        assert await taking is maker.made[0]


async def test_what_does_not_fit_takes_none(maker, told):
    async with asyncio.timeout(5), Pool(1, maker.start, told.append) as waiting:
        await waiting.full()
        assert await waiting.take(BARE) is None
        assert waiting.pids == [0]


async def test_one_that_ends_is_replaced_and_told(maker, told):
    async with asyncio.timeout(5), Pool(1, maker.start, told.append) as waiting:
        await waiting.full()
        maker.made[0].qemu.ended.set()
        while waiting.pids != [1]:  # noqa: ASYNC110 - turns of the loop
            await asyncio.sleep(0)
        assert maker.made[0].closed
    assert [each.detail for each in told] == [
        "a QEMU that stood by has ended; another one is started in 0 s"
    ]


async def test_it_gives_up_where_none_can_be_started(maker, told):
    maker.fails = "QEMU does not stand by: no such option"
    async with asyncio.timeout(5), Pool(1, maker.start, told.append) as waiting:
        await waiting.full()  # none is wanted any more
        assert await waiting.take(SPEC) is None
    assert maker.asked == backoff.ATTEMPTS + 1
    assert told[-1].detail == f"{maker.fails}; from now on none stands by"


async def test_its_end_does_not_wait_for_one_that_is_being_started(maker, told):
    maker.allowed = asyncio.Semaphore(0)
    async with asyncio.timeout(5), Pool(2, maker.start, told.append):
        pass
    assert maker.made == []
