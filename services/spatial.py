"""A spatial index of points on the Earth: nearest neighbours without looking at every point.

Points are put on the unit sphere and hashed into cubes. A query looks at the cubes around its own
in growing shells, and stops when no cube further out can hold anything nearer. In three dimensions
neither the poles nor the date line are special.
"""

from __future__ import annotations

import heapq
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import product

EARTH_RADIUS = 6371.0088
"""Mean radius in kilometres (IUGG)."""

CUBE = 0.03
"""Edge of a cube in Earth radii, some 190 km: a few dozen airports where they are dense."""

LAST_SHELL = math.ceil(2 / CUBE)
"""The sphere is two radii wide, so no shell further out holds a point."""

Vector = tuple[float, float, float]
Cell = tuple[int, int, int]


def on_sphere(latitude: float, longitude: float) -> Vector:
    """The point on the unit sphere with this latitude and longitude in degrees."""
    phi, theta = math.radians(latitude), math.radians(longitude)
    return (math.cos(phi) * math.cos(theta), math.cos(phi) * math.sin(theta), math.sin(phi))


def kilometres(a: Vector, b: Vector) -> float:
    """The great-circle distance of two points of the unit sphere."""
    return 2 * EARTH_RADIUS * math.asin(min(1.0, math.dist(a, b) / 2))


class SpatialIndex:
    """Named points that can be asked for those nearest to a coordinate."""

    def __init__(self, points: Iterable[tuple[str, float, float]]) -> None:
        """Take (name, latitude, longitude) triples; degrees."""
        self._points: dict[str, Vector] = {}
        self._cells: dict[Cell, list[str]] = defaultdict(list)
        for name, latitude, longitude in points:
            point = on_sphere(latitude, longitude)
            self._points[name] = point
            self._cells[_cell_of(point)].append(name)

    def __len__(self) -> int:
        return len(self._points)

    def distance(self, a: str, b: str) -> float:
        """Kilometres between two named points; KeyError for a name that is not there."""
        return kilometres(self._points[a], self._points[b])

    def nearest(self, latitude: float, longitude: float, count: int) -> list[tuple[str, float]]:
        """The `count` nearest points as (name, kilometres), nearest first."""
        centre = on_sphere(latitude, longitude)
        found: list[tuple[float, str]] = []
        for shell in range(LAST_SHELL + 1):
            for cell in _shell(_cell_of(centre), shell):
                for name in self._cells.get(cell, ()):
                    found.append((math.dist(centre, self._points[name]), name))
            best = heapq.nsmallest(count, found)
            # Cubes further out than this shell are at least `shell` whole cubes away.
            if len(best) == count and best[-1][0] <= shell * CUBE:
                break
        return [(name, kilometres(centre, self._points[name])) for _, name in best]


def _cell_of(point: Vector) -> Cell:
    x, y, z = (math.floor(axis / CUBE) for axis in point)
    return (x, y, z)


def _shell(centre: Cell, radius: int) -> Iterator[Cell]:
    """Every cell whose greatest distance along an axis is exactly the radius."""
    x, y, z = centre
    span = range(-radius, radius + 1)
    for dx, dy in product(span, span):
        on_side = max(abs(dx), abs(dy)) == radius
        for dz in span if on_side else (-radius, radius):
            yield (x + dx, y + dy, z + dz)
