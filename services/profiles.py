"""What there is to know about an airport, and finding one by a few letters."""

from __future__ import annotations

import airportsdata

from meshkernel import before_seal, rpc
from services.messages import Profile

METRES_PER_FOOT = 0.3048
MOST_MATCHES = 20

_airports: dict[str, airportsdata.Airport] = {}


@before_seal
def load() -> None:
    """Read the airports of the world."""
    _airports.update(airportsdata.load("ICAO"))


def _profile(airport: airportsdata.Airport) -> Profile:
    return Profile(
        code=airport["icao"],
        name=airport["name"],
        city=airport["city"],
        country=airport["country"],
        timezone=airport["tz"],
        elevation=round(airport["elevation"] * METRES_PER_FOOT, 1),
        latitude=airport["lat"],
        longitude=airport["lon"],
    )


@rpc
async def get(codes: list[str]) -> list[Profile]:
    """The profiles of these airports, in the order asked for."""
    unknown = [code for code in codes if code not in _airports]
    if unknown:
        raise LookupError(f"there is no airport {', '.join(unknown)}")
    return [_profile(_airports[code]) for code in codes]


@rpc
async def find(text: str, count: int = 10) -> list[Profile]:
    """Airports whose code it is, or whose city or name starts with the text; airlines' first."""
    wanted = text.casefold()
    matches = [
        airport
        for airport in _airports.values()
        if _has_code(airport, wanted)
        or airport["city"].casefold().startswith(wanted)
        or airport["name"].casefold().startswith(wanted)
    ]
    matches.sort(
        key=lambda airport: (
            not _has_code(airport, wanted),
            not airport["iata"],
            airport["city"],
            airport["name"],
        )
    )
    return [_profile(airport) for airport in matches[: min(count, MOST_MATCHES)]]


def _has_code(airport: airportsdata.Airport, wanted: str) -> bool:
    return wanted in (airport["icao"].casefold(), airport["iata"].casefold())
