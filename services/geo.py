"""Where the airports are: the nearest to a coordinate, and distances between them."""

from __future__ import annotations

import airportsdata

from meshkernel import before_seal, rpc
from services.messages import Nearby, Route
from services.spatial import SpatialIndex

MOST_NEIGHBOURS = 100

_index = SpatialIndex(())
_airlines_index = SpatialIndex(())


@before_seal
def build_index() -> None:
    """Index some 28,000 airports by their position."""
    global _index, _airlines_index  # noqa: PLW0603 - the service's state, set before it is ready
    airports = [
        (port["icao"], port["lat"], port["lon"], port["iata"])
        for port in airportsdata.load("ICAO").values()
    ]
    _index = SpatialIndex(airport[:3] for airport in airports)
    _airlines_index = SpatialIndex(airport[:3] for airport in airports if airport[3])


@rpc
async def nearest(
    latitude: float, longitude: float, count: int = 5, airlines: bool = False
) -> list[Nearby]:
    """The airports nearest to a coordinate in degrees, nearest first; with ``airlines``, of those
    that airlines have a code for.
    """
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise ValueError(f"({latitude}, {longitude}) is not a latitude and longitude in degrees")
    if not 1 <= count <= MOST_NEIGHBOURS:
        raise ValueError(f"count must be 1 to {MOST_NEIGHBOURS}, not {count}")
    index = _airlines_index if airlines else _index
    return [Nearby(code, distance) for code, distance in index.nearest(latitude, longitude, count)]


@rpc
async def distances(routes: list[Route]) -> list[float]:
    """Kilometres along the great circle of each route."""
    try:
        return [_index.distance(route.origin, route.destination) for route in routes]
    except KeyError as error:
        raise LookupError(f"there is no airport {error.args[0]!r}") from None
