"""What the trip planner does, whatever the distance between its services.

A subclass's ``app`` fixture says where they are: in this process, or each in a machine of its own.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any, Protocol
from uuid import uuid4

import httpx2
import pytest

FRANKFURT, LISBON = "50.03,8.56", "38.77,-9.13"
DAY = "2027-02-03"
PASSWORD = "correct horse"
FLIGHT = {"origin": "EDDF", "destination": "LPPT", "day": DAY}
ASKED_AT_ONCE = 20


class App(Protocol):
    """The application as its tests meet it."""

    web: httpx2.AsyncClient
    """What `frontend` serves."""

    async def call(self, target: str, /, **arguments: Any) -> Any:
        """The result of ``service.function``, as plain values."""


def unique() -> str:
    """A name that nobody has: users and bookings stay until the application ends."""
    return f"ada-{uuid4().hex}"


class Journeys:
    """From the page to a booked seat."""

    async def test_nearest_airports(self, app: App) -> None:
        found = await app.call("geo.nearest", latitude=50.03, longitude=8.56, count=3)
        assert found[0]["code"] == "EDDF"
        distances = [airport["kilometres"] for airport in found]
        assert len(distances) == 3
        assert distances == sorted(distances)
        assert distances[0] < 5

    async def test_a_search_between_services(self, app: App) -> None:
        fares = await app.call(
            "search.trips", start=[50.03, 8.56], goal=[38.77, -9.13], day=DAY, count=4
        )
        prices = [fare["cents"] for fare in fares]
        assert len(prices) == 4
        assert prices == sorted(prices)
        assert {fare["day"] for fare in fares} == {DAY}

    async def test_a_search_over_http(self, app: App) -> None:
        query = {"from": FRANKFURT, "to": LISBON, "day": DAY}
        reply = await app.web.get("/api/trips", params=query)
        assert reply.status_code == 200
        trips = reply.json()
        assert len(trips) == 5
        assert ("EDDF", "LPPT") in {
            (trip["origin"]["code"], trip["destination"]["code"]) for trip in trips
        }
        assert all(1_500 < trip["kilometres"] < 2_200 for trip in trips)

    async def test_airports_by_city_and_code(self, app: App) -> None:
        by_code = await app.web.get("/api/airports", params={"text": "fra", "count": 1})
        assert [airport["code"] for airport in by_code.json()] == ["EDDF"]
        by_city = await app.web.get("/api/airports", params={"text": "lisbon"})
        assert "Lisbon" in {airport["city"] for airport in by_city.json()}

    async def test_tastes_rank_differently(self, app: App) -> None:
        high, warm = [
            (await app.web.get("/api/recommendations", params={"at": FRANKFURT, "taste": taste}))
            for taste in ("high", "warm")
        ]
        elevations = [airport["elevation"] for airport in high.json()]
        latitudes = [abs(airport["latitude"]) for airport in warm.json()]
        assert len(elevations) == len(latitudes) == 5
        assert elevations == sorted(elevations, reverse=True)
        assert latitudes == sorted(latitudes)

    async def test_passwords(self, app: App) -> None:
        name = unique()
        await app.call("users.register", name=name, password=PASSWORD)
        assert await app.call("users.check", name=name, password=PASSWORD) is True
        assert await app.call("users.check", name=name, password="wrong horse") is False
        assert await app.call("users.check", name=unique(), password=PASSWORD) is False

    async def test_one_of_many_gets_the_seat(self, app: App) -> None:
        name, day = unique(), "2027-03-04"
        await app.call("users.register", name=name, password=PASSWORD)
        booking = {"user": name, "password": PASSWORD, "day": day, "seat": "12C"}
        route = {"origin": "EDDF", "destination": "LPPT"}
        attempts = (
            app.call("reservations.reserve", **booking, route=route) for _ in range(ASKED_AT_ONCE)
        )
        outcomes = await asyncio.gather(*attempts, return_exceptions=True)
        booked = [each for each in outcomes if isinstance(each, dict)]
        refused = [repr(each) for each in outcomes if isinstance(each, Exception)]
        assert len(booked) == 1, refused
        assert [text for text in refused if "SeatTaken" not in text] == []
        assert len(refused) == ASKED_AT_ONCE - 1
        assert await app.call("reservations.bookings", user=name) == booked
        free = await app.call("reservations.free_seats", route=route, day=day)
        assert "12C" not in free
        assert len(free) == 179

    async def test_booking_over_http(self, app: App) -> None:
        user = {"name": unique(), "password": PASSWORD}
        seat = f"{uuid4().int % 30 + 1}A"
        wish = {"user": user["name"], "password": PASSWORD, **FLIGHT, "seat": seat}
        assert (await app.web.post("/api/users", json=user)).status_code == 201
        replies = await asyncio.gather(
            *(app.web.post("/api/reservations", json=wish) for _ in range(3))
        )
        assert Counter(reply.status_code for reply in replies) == {201: 1, 409: 2}
        assert seat not in (await app.web.get("/api/seats", params=FLIGHT)).json()
        wrong = {**wish, "password": "wrong horse", "seat": "30F"}
        assert (await app.web.post("/api/reservations", json=wrong)).status_code == 403
        nowhere = {**wish, "seat": "99Z"}
        reply = await app.web.post("/api/reservations", json=nowhere)
        assert (reply.status_code, "there is no seat" in reply.text) == (400, True)

    @pytest.mark.parametrize(
        ("path", "query", "what"),
        [
            ("trips", {"from": "here", "to": "1,2", "day": DAY}, "LATITUDE,LONGITUDE"),
            ("trips", {"to": "1,2", "day": DAY}, "'from' is missing"),
            ("trips", {"from": "1,2", "to": "1,2", "day": "soon"}, "isoformat"),
            ("trips", {"from": "91,0", "to": "1,2", "day": DAY}, "is not a latitude"),
            ("recommendations", {"at": "0,0", "taste": "bitter"}, "bitter"),
        ],
    )
    async def test_wrong_questions(
        self, app: App, path: str, query: dict[str, str], what: str
    ) -> None:
        reply = await app.web.get(f"/api/{path}", params=query)
        assert reply.status_code == 400
        assert what in reply.json()["error"]

    async def test_the_page(self, app: App) -> None:
        reply = await app.web.get("/")
        assert reply.headers["content-type"].startswith("text/html")
        assert "Where to?" in reply.text
