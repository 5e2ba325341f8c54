"""What a flight costs: a tariff by distance, season and day of the week."""

from __future__ import annotations

from datetime import date

from meshkernel import link, rpc
from services.messages import Fare, Route

geo = link("geo")

BASE_CENTS = 2_900
CENTS_PER_KILOMETRE = 11
LONG_HAUL_KILOMETRES = 1_500
LONG_HAUL_CENTS_PER_KILOMETRE = 6
SUMMER = range(6, 9)
SUMMER_PERCENT = 130
FRIDAY, SUNDAY = 4, 6
BUSY_DAY_PERCENT = 120


def price(kilometres: float, day: date) -> int:
    """Cents for one seat: dearer in summer and on busy days, cheaper per kilometre far out."""
    near = min(kilometres, LONG_HAUL_KILOMETRES)
    far = max(kilometres - LONG_HAUL_KILOMETRES, 0)
    cents = BASE_CENTS + near * CENTS_PER_KILOMETRE + far * LONG_HAUL_CENTS_PER_KILOMETRE
    if day.month in SUMMER:
        cents = cents * SUMMER_PERCENT / 100
    if day.weekday() in (FRIDAY, SUNDAY):
        cents = cents * BUSY_DAY_PERCENT / 100
    return round(cents)


@rpc
async def quote(routes: list[Route], day: date) -> list[Fare]:
    """A fare for each of the routes on that day."""
    distances = await geo.distances(routes=routes)
    return [
        Fare(route=route, day=day, kilometres=kilometres, cents=price(kilometres, day))
        for route, kilometres in zip(routes, distances, strict=True)
    ]
