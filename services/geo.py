"""Where the airports are: the nearest to a coordinate, and distances between them."""

from __future__ import annotations

import airportsdata

from meshkernel import on_start, rpc
from services.messages import Nearby, Route
from services.spatial import SpatialIndex

MOST_NEIGHBOURS = 100

_index = SpatialIndex(())


@on_start
def build_index() -> None:
    """Index some 28,000 airports by their position."""
    global _index  # noqa: PLW0603 - the service's one piece of state, set before it is ready
    airports = airportsdata.load("ICAO").values()
    _index = SpatialIndex((port["icao"], port["lat"], port["lon"]) for port in airports)


@rpc
async def nearest(latitude: float, longitude: float, count: int = 5) -> list[Nearby]:
    """The airports nearest to a coordinate in degrees, nearest first."""
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise ValueError(f"({latitude}, {longitude}) is not a latitude and longitude in degrees")
    if not 1 <= count <= MOST_NEIGHBOURS:
        raise ValueError(f"count must be 1 to {MOST_NEIGHBOURS}, not {count}")
    return [Nearby(code, distance) for code, distance in _index.nearest(latitude, longitude, count)]


@rpc
async def distances(routes: list[Route]) -> list[float]:
    """Kilometres along the great circle of each route."""
    try:
        return [_index.distance(route.origin, route.destination) for route in routes]
    except KeyError as error:
        raise LookupError(f"there is no airport {error.args[0]!r}") from None
