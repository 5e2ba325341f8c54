"""The trip planner on eight machines: what it does, and what happens to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx2
import pytest

from meshkernel import NotDelivered, RemoteError
from meshkernel.network.dial import open_dial
from meshkernel.plan import CALL_PORT
from meshkernel.testing import MeshUnderTest
from tests.services.journeys import DAY, FLIGHT, FRANKFURT, LISBON, PASSWORD, Journeys, unique

pytestmark = pytest.mark.machine

SECONDS = 60


class OnMachines:
    """The application as it is used."""

    def __init__(self, mesh: MeshUnderTest, web: httpx2.AsyncClient) -> None:
        self.call = mesh.call
        self.web = web


@pytest.fixture
async def app(mesh: MeshUnderTest) -> AsyncIterator[OnMachines]:
    async with httpx2.AsyncClient(base_url=mesh.url("frontend"), timeout=SECONDS) as web:
        yield OnMachines(mesh, web)


def drops(mesh: MeshUnderTest) -> dict[str, dict[str, int]]:
    """What the switch has dropped so far, by service and reason."""
    ports = mesh.counters().ports
    return {name: dict(port.drops) for name, port in ports.items() if any(port.drops.values())}


class TestOnMachines(Journeys):
    @pytest.fixture(autouse=True)
    def nothing_dropped(self, mesh: MeshUnderTest) -> Iterator[None]:
        """Legitimate traffic passes the switch whole."""
        before = drops(mesh)
        yield
        assert drops(mesh) == before


async def test_every_service_runs(mesh: MeshUnderTest) -> None:
    rows = mesh.ps()
    assert [row.state for row in rows] == ["running"] * 8
    assert len({row.pid for row in rows}) == 8


async def test_an_error_tells_where_it_was_raised(mesh: MeshUnderTest) -> None:
    with pytest.raises(RemoteError, match="is not a latitude and longitude") as caught:
        await mesh.call("recommendations.around", latitude=91, longitude=0, taste="near")
    assert caught.value.type == "ValueError"
    assert "recommendations.py" in caught.value.stack
    assert "geo.py" in caught.value.stack


async def test_wrong_arguments_are_refused_before_the_function_runs(mesh: MeshUnderTest) -> None:
    with pytest.raises(NotDelivered, match=r"argument 'latitude'.*no argument 'lat'|'lat'"):
        await mesh.call("geo.nearest", lat=50, longitude=8)


async def test_a_killed_service_comes_back(mesh: MeshUnderTest, app: OnMachines) -> None:
    """Twice: a mesh that has healed once can do so again."""
    query = {"from": FRANKFURT, "to": LISBON, "day": DAY}
    rates = mesh.service("rates")
    for _ in range(2):
        restarts = rates.restarts
        rates.kill()
        await rates.wait_running()
        assert rates.restarts == restarts + 1
        reply = await app.web.get("/api/trips", params=query)
        assert (reply.status_code, len(reply.json())) == (200, 5)


async def test_one_service_is_away_and_the_others_answer(
    mesh: MeshUnderTest, app: OnMachines
) -> None:
    with mesh.partition("frontend", "recommendations"):
        lost = app.web.get("/api/recommendations", params={"at": FRANKFURT})
        seats = app.web.get("/api/seats", params=FLIGHT)
        away, free = await asyncio.gather(lost, seats)
    assert away.status_code == 503
    assert free.status_code == 200
    healed = await app.web.get("/api/recommendations", params={"at": FRANKFURT})
    assert healed.status_code == 200


async def test_what_a_service_says_is_in_its_log(mesh: MeshUnderTest, app: OnMachines) -> None:
    name = unique()
    await app.web.post("/api/users", json={"name": name, "password": PASSWORD})
    assert name in await mesh.service("users").wait_log(f"registered {name}")
    assert name not in mesh.logs("geo")
    assert PASSWORD not in mesh.logs("users")


async def test_there_is_no_way_but_the_links(mesh: MeshUnderTest) -> None:
    """Nothing of the application is reached from outside, except what is exposed."""
    exposed = {each.service for each in mesh.server.network.exposed}
    assert exposed == {"frontend"}
    inside = {link for link in mesh.counters().links if "gateway" not in link}
    assert inside == {
        ("frontend", "search"),
        ("frontend", "profiles"),
        ("frontend", "recommendations"),
        ("frontend", "users"),
        ("frontend", "reservations"),
        ("search", "geo"),
        ("search", "rates"),
        ("rates", "geo"),
        ("recommendations", "geo"),
        ("recommendations", "profiles"),
        ("reservations", "users"),
    }


async def test_a_port_that_nobody_listens_at(mesh: MeshUnderTest) -> None:
    place = mesh.plan.services["geo"].address

    async def connect(port: int) -> Any:
        return await open_dial(mesh.server.network.dial_socket, place, port, patience=2)

    _, writer = await connect(CALL_PORT)
    writer.close()
    with pytest.raises(OSError, match=r"no answer|refused"):
        await connect(22)


async def test_bookings_outlive_the_machine(mesh: MeshUnderTest) -> None:
    """Users do not: their service keeps them in memory."""
    name = unique()
    await mesh.call("users.register", name=name, password=PASSWORD)
    route = {"origin": "EDDF", "destination": "LPPT"}
    wish = {"user": name, "password": PASSWORD, "route": route, "day": "2027-03-04"}
    booked = [await mesh.call("reservations.reserve", **wish, seat=f"{row}D") for row in (1, 2)]
    reservations = mesh.service("reservations")
    reservations.kill()
    await reservations.wait_running(SECONDS)
    assert await mesh.call("reservations.bookings", user=name) == booked
    free = await mesh.call("reservations.free_seats", route=route, day="2027-03-04")
    assert "1D" not in free
