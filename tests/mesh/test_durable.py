"""A machine that is killed a hundred times while it books: nothing that it said is lost."""

from __future__ import annotations

import asyncio
import random
import sqlite3
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from attrs import define, field

from meshkernel import CallError
from meshkernel.client import Client
from meshkernel.network.dial import open_dial
from meshkernel.plan import CALL_PORT, make_plan
from meshkernel.supervisor.host import RealHost
from meshkernel.topology import parse

from .conftest import copied

pytestmark = pytest.mark.machine

KILLS = {"warm": 100, "cold": 20}
"""A cold machine starts so much later, and then does the same."""
CLIENTS = 6
SECONDS = 60


@define
class Killed:
    """Machines of one service, booted straight away: a supervisor would wait between them."""

    plan: object
    launcher: object
    dial: object
    acknowledged: set[str] = field(factory=set)
    asked: int = 0

    @asynccontextmanager
    async def machine(self) -> AsyncIterator[tuple[object, Client]]:
        ready = asyncio.Event()
        said = bytearray()

        def hear(message):
            if message["type"] == "ready":
                ready.set()
            elif message["type"] == "failed":
                said.extend(message["stack"].encode())

        async with self.launcher.launch("ledger", hear, said.extend) as machine:
            end = asyncio.create_task(machine.wait())
            waiting = asyncio.create_task(ready.wait())
            async with asyncio.timeout(SECONDS):
                await asyncio.wait({end, waiting}, return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()
            assert ready.is_set(), said.decode(errors="replace")
            async with Client(self._open) as client:
                yield machine, client

    async def _open(self, name):
        address = self.plan.services[name].address
        return await open_dial(self.dial, address, CALL_PORT, patience=SECONDS)

    async def book_until_killed(self, client: Client, machine, kill_after: int) -> None:
        """Clients that book as fast as they are answered, until so many bookings are answered."""
        left = kill_after

        async def book() -> None:
            nonlocal left
            while True:
                self.asked += 1
                key = f"booking {self.asked}"
                try:
                    assert await client.call("ledger.book", key=key, seat="12C") == key
                except CallError:
                    return
                self.acknowledged.add(key)
                left -= 1
                if left == 0:
                    machine.kill()

        await asyncio.gather(*(book() for _ in range(CLIENTS)))


async def test_every_acknowledged_booking_survives(images, tmp_path):
    project = copied("durable", "durable", images)
    plan = make_plan(parse(project / "topology.toml"))
    host = RealHost(project / "build", volumes=tmp_path / "volumes")
    chance = random.Random(9)
    modes, kills = Counter(), KILLS[images]
    began = time.monotonic()
    (tmp_path / "run").mkdir()
    await host.build(plan, lambda event: None)
    async with host.network(plan, tmp_path / "run") as switch:
        killed = Killed(plan, host.launcher(plan, switch), switch.dial_socket)
        for _ in range(kills):
            async with killed.machine() as (machine, client):
                modes[await check(killed, client)] += 1
                await killed.book_until_killed(client, machine, chance.randint(5, 60))
                assert (await machine.wait()).reason == "killed"
        async with killed.machine() as (_, client):
            await check(killed, client)
    kept = check_on_host(tmp_path / "volumes" / "ledger" / "ledger.sqlite", killed)
    print(
        f"{kills} kills in {time.monotonic() - began:.0f} s, by journal {dict(modes)}:"
        f" {killed.asked} bookings asked for, {len(killed.acknowledged)} acknowledged,"
        f" {kept} found; every integrity check passed"
    )
    assert modes == {"wal": kills / 2, "delete": kills / 2}
    assert len(killed.acknowledged) >= 5 * kills


async def check(killed: Killed, client: Client) -> str:
    """What the next machine finds; returns its journal."""
    state = await client.call("ledger.state")
    assert state["checks"] == ["ok"]
    assert state["total"] == len(state["keys"])
    assert killed.acknowledged <= set(state["keys"])
    return state["mode"]


def check_on_host(path, killed: Killed) -> int:
    """The same with the host's own SQLite, which finds a file that any SQLite can read."""
    database = sqlite3.connect(path)
    try:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        keys = {row[0] for row in database.execute("SELECT key FROM bookings")}
    finally:
        database.close()
    assert killed.acknowledged <= keys
    return len(keys)
