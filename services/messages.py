"""What the services of the trip planner say to each other.

Distances are in kilometres, prices in cents of a euro.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from attrs import frozen

from meshkernel import shared_error


@frozen
class Nearby:
    """An airport and how far it is from where one asked."""

    code: str
    kilometres: float


@frozen
class Route:
    """A flight from one airport to another, by ICAO codes."""

    origin: str
    destination: str


@frozen
class Fare:
    """What a seat on a route costs on a day."""

    route: Route
    day: date
    kilometres: float
    cents: int


class Taste(StrEnum):
    """What makes a destination a good one."""

    NEAR = "near"
    HIGH = "high"
    WARM = "warm"


@frozen
class Profile:
    """What a traveller would like to know about an airport. Elevation in metres."""

    code: str
    name: str
    city: str
    country: str
    timezone: str
    elevation: float
    latitude: float
    longitude: float


@frozen
class Booking:
    """One seat that is taken."""

    number: int
    user: str
    route: Route
    day: date
    seat: str


@shared_error
class SeatTaken(ValueError):  # noqa: N818 - reads as what happened
    """Somebody else has this seat on this flight."""


@shared_error
class NotAllowed(PermissionError):  # noqa: N818
    """The name and the password do not belong together."""
