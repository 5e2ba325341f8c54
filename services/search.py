"""Trips from about here to about there: airports near both ends, and the fares between them."""

from __future__ import annotations

from datetime import date

from meshkernel import link, rpc
from services.messages import Fare, Route

geo = link("geo")
rates = link("rates")

AIRPORTS_PER_END = 3


@rpc
async def trips(
    start: tuple[float, float], goal: tuple[float, float], day: date, count: int = 5
) -> list[Fare]:
    """The `count` cheapest fares; `start` and `goal` are (latitude, longitude) in degrees."""
    origins = await _airports_near(start)
    destinations = await _airports_near(goal)
    routes = [
        Route(origin, destination)
        for origin in origins
        for destination in destinations
        if origin != destination
    ]
    fares = await rates.quote(routes=routes, day=day)
    return sorted(fares, key=lambda fare: (fare.cents, fare.route.origin))[:count]


async def _airports_near(place: tuple[float, float]) -> list[str]:
    latitude, longitude = place
    nearby = await geo.nearest(
        latitude=latitude, longitude=longitude, count=AIRPORTS_PER_END, airlines=True
    )
    return [airport.code for airport in nearby]
