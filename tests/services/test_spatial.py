"""The index against a scan of every point."""

import math
import random

import airportsdata
import pytest

from services.spatial import EARTH_RADIUS, SpatialIndex, kilometres, on_sphere

AIRPORTS = [(port["icao"], port["lat"], port["lon"]) for port in airportsdata.load("ICAO").values()]
INDEX = SpatialIndex(AIRPORTS)

random.seed(28_298)
PLACES = [
    (90.0, 0.0),
    (-90.0, 0.0),
    (0.0, 180.0),
    (0.0, -180.0),
    (-48.9, -123.4),  # the point of the oceans that is farthest from land
    (50.03, 8.56),
    *[
        (math.degrees(math.asin(random.uniform(-1, 1))), random.uniform(-180, 180))
        for _ in range(20)
    ],
]


def scan(latitude: float, longitude: float, count: int) -> list[float]:
    """The `count` shortest distances, found by looking at every airport."""
    here = on_sphere(latitude, longitude)
    return sorted(kilometres(here, on_sphere(lat, lon)) for _, lat, lon in AIRPORTS)[:count]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("count", [1, 7])
def test_nearest_agrees_with_a_scan(place: tuple[float, float], count: int) -> None:
    found = [distance for _, distance in INDEX.nearest(*place, count)]
    assert found == pytest.approx(scan(*place, count))


def test_more_than_there_are_gives_all() -> None:
    index = SpatialIndex([("north", 89.0, 0.0), ("south", -89.0, 0.0)])
    assert [name for name, _ in index.nearest(90.0, 0.0, 5)] == ["north", "south"]


def test_distance_of_a_quarter_of_the_earth() -> None:
    index = SpatialIndex([("equator", 0.0, 0.0), ("pole", 90.0, 0.0)])
    assert index.distance("equator", "pole") == pytest.approx(EARTH_RADIUS * math.pi / 2)


def test_a_point_that_is_not_there() -> None:
    with pytest.raises(KeyError):
        INDEX.distance("EDDF", "nowhere")
