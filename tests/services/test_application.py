"""The whole application in one process: links bound to the other services' modules."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date

import pytest
from starlette.testclient import TestClient

from meshkernel import bind_links
from services import (
    frontend,
    geo,
    profiles,
    rates,
    recommendations,
    reservations,
    search,
    users,
)
from services.messages import Route, Taste

FRANKFURT, LISBON = (50.03, 8.56), (38.77, -9.13)
WEDNESDAY = date(2027, 2, 3)


@pytest.fixture(scope="module", autouse=True)
def started() -> None:
    """What the runtime does before a service counts as ready."""
    geo.build_index()
    profiles.load()


@pytest.fixture(autouse=True)
def bound() -> Iterator[None]:
    """Each service answers from its own module; each test finds no users and no bookings."""
    users._credentials.clear()
    reservations._taken.clear()
    with ExitStack() as stack:
        stack.enter_context(
            bind_links(
                geo=geo,
                rates=rates,
                profiles=profiles,
                users=users,
                search=search,
                recommendations=recommendations,
                reservations=reservations,
            )
        )
        yield


async def test_nearest_airport() -> None:
    nearest = await geo.nearest(*FRANKFURT, count=1)
    assert nearest[0].code == "EDDF"
    assert nearest[0].kilometres < 5


@pytest.mark.parametrize("place", [(91, 0), (0, 181), (-90.5, 0)])
async def test_a_place_that_is_not_on_earth(place: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="not a latitude and longitude"):
        await geo.nearest(*place)


async def test_unknown_airport_in_a_route() -> None:
    with pytest.raises(LookupError, match="'QQQQ'"):
        await geo.distances([Route("EDDF", "QQQQ")])


def test_prices_rise_in_summer_and_on_fridays() -> None:
    friday, summer_wednesday = date(2027, 2, 5), date(2027, 7, 7)
    usual = rates.price(1_000, WEDNESDAY)
    assert rates.price(1_000, friday) == pytest.approx(usual * 1.2, abs=1)
    assert rates.price(1_000, summer_wednesday) == pytest.approx(usual * 1.3, abs=1)


def test_long_flights_are_cheaper_per_kilometre() -> None:
    assert rates.price(6_000, WEDNESDAY) / 6_000 < rates.price(1_000, WEDNESDAY) / 1_000


async def test_trips_come_cheapest_first() -> None:
    fares = await search.trips(FRANKFURT, LISBON, WEDNESDAY, count=4)
    assert [fare.cents for fare in fares] == sorted(fare.cents for fare in fares)
    assert len(fares) == 4


async def test_find_by_code_and_city() -> None:
    assert [profile.code for profile in await profiles.find("fra")][:1] == ["EDDF"]
    assert "Lisbon" in {profile.city for profile in await profiles.find("lisbon")}


async def test_tastes_rank_differently() -> None:
    high = await recommendations.around(*FRANKFURT, taste=Taste.HIGH, count=3)
    warm = await recommendations.around(*FRANKFURT, taste=Taste.WARM, count=3)
    assert high[0].elevation >= high[1].elevation >= high[2].elevation
    assert abs(warm[0].latitude) <= abs(warm[1].latitude) <= abs(warm[2].latitude)
    assert high != warm


def test_passwords_are_checked_and_not_kept() -> None:
    users.register("ada", "correct horse")
    assert users.check("ada", "correct horse")
    assert not users.check("ada", "wrong horse")
    assert not users.check("nobody", "correct horse")
    assert "correct horse" not in repr(users._credentials)


def test_a_name_is_given_once() -> None:
    users.register("ada", "correct horse")
    with pytest.raises(ValueError, match="taken"):
        users.register("ada", "another horse")


async def test_one_of_many_gets_the_seat(monkeypatch: pytest.MonkeyPatch) -> None:
    async def check(name: str, password: str) -> bool:
        await asyncio.sleep(0)  # lets every other caller come this far
        return True

    monkeypatch.setattr(users, "check", check)
    attempts = (
        reservations.reserve(f"user{n}", "-", Route("EDDF", "LPPT"), WEDNESDAY, "12C")
        for n in range(50)
    )
    outcomes = await asyncio.gather(*attempts, return_exceptions=True)
    taken = [outcome for outcome in outcomes if isinstance(outcome, reservations.SeatTaken)]
    assert len(taken) == 49
    assert "12C" not in await reservations.free_seats(Route("EDDF", "LPPT"), WEDNESDAY)


@pytest.mark.parametrize("seat", ["0A", "31A", "12G", "12", "C12", "\u0661\u0662C"])
async def test_seats_that_are_not_there(seat: str) -> None:
    with pytest.raises(ValueError, match="there is no seat"):
        await reservations.reserve("ada", "-", Route("EDDF", "LPPT"), WEDNESDAY, seat)


class TestFrontend:
    """The endpoints, and what each failure is in HTTP."""

    client = TestClient(frontend.app, raise_server_exceptions=False)

    def test_trips(self) -> None:
        reply = self.client.get(
            "/api/trips", params={"from": "50.03,8.56", "to": "38.77,-9.13", "day": "2027-02-03"}
        )
        assert reply.status_code == 200
        assert reply.json()[0]["origin"]["country"] == "DE"
        assert reply.json()[0]["destination"]["country"] == "PT"

    @pytest.mark.parametrize(
        ("query", "what"),
        [
            ({"from": "here", "to": "1,2", "day": "2027-02-03"}, "LATITUDE,LONGITUDE"),
            ({"to": "1,2", "day": "2027-02-03"}, "'from' is missing"),
            ({"from": "1,2", "to": "1,2", "day": "soon"}, "isoformat"),
        ],
    )
    def test_wrong_questions(self, query: dict[str, str], what: str) -> None:
        reply = self.client.get("/api/trips", params=query)
        assert reply.status_code == 400
        assert what in reply.json()["error"]

    def test_recommendations_by_taste(self) -> None:
        reply = self.client.get("/api/recommendations?at=50.03,8.56&taste=high")
        assert len(reply.json()) == 5
        assert self.client.get("/api/recommendations?at=0,0&taste=bitter").status_code == 400

    def test_booking_a_seat(self) -> None:
        user = {"name": "ada", "password": "correct horse"}
        assert self.client.post("/api/users", json=user).status_code == 201
        wish = {
            "user": "ada",
            "password": "correct horse",
            "origin": "EDDF",
            "destination": "LPPT",
            "day": "2027-02-03",
            "seat": "12C",
        }
        assert self.client.post("/api/reservations", json=wish).json()["number"] > 0
        flight = {"origin": "EDDF", "destination": "LPPT", "day": "2027-02-03"}
        assert "12C" not in self.client.get("/api/seats", params=flight).json()

    def test_the_page(self) -> None:
        assert "Where to?" in self.client.get("/").text
