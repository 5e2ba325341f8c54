"""What travellers see: JSON endpoints over the other services, and one page."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from cattrs.preconf.json import make_converter
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse
from starlette.routing import Route as Endpoint

from meshkernel import CallError, RemoteError, link
from services.messages import NotAllowed, Route, Taste

search = link("search")
profiles = link("profiles")
recommendations = link("recommendations")
users = link("users")
reservations = link("reservations")

_plain = make_converter().unstructure
_page = (Path(__file__).parent / "page.html").read_text(encoding="utf-8")

STATUS_OF = {"ValueError": 400, "NotAllowed": 403, "LookupError": 404, "SeatTaken": 409}
"""What a service refuses, in HTTP's words. Anything else that a service raises is its own fault."""


def page(_: Request) -> HTMLResponse:
    """The page."""
    return HTMLResponse(_page)


async def trips(request: Request) -> JSONResponse:
    """``GET /api/trips?from=LAT,LON&to=LAT,LON&day=YYYY-MM-DD``: the cheapest, with profiles."""
    query = request.query_params
    fares = await search.trips(
        start=_place(query["from"]), goal=_place(query["to"]), day=date.fromisoformat(query["day"])
    )
    codes = sorted({code for fare in fares for code in (fare.route.origin, fare.route.destination)})
    known = {profile.code: _plain(profile) for profile in await profiles.get(codes=codes)}
    return JSONResponse(
        [
            {
                "origin": known[fare.route.origin],
                "destination": known[fare.route.destination],
                "day": fare.day.isoformat(),
                "kilometres": round(fare.kilometres, 1),
                "cents": fare.cents,
            }
            for fare in fares
        ]
    )


async def airports(request: Request) -> JSONResponse:
    """``GET /api/airports?text=...&count=...``: airports by city, name or code."""
    query = request.query_params
    found = await profiles.find(text=query["text"], count=int(query.get("count", 10)))
    return JSONResponse(_plain(found))


async def recommended(request: Request) -> JSONResponse:
    """``GET /api/recommendations?at=LAT,LON&taste=near|high|warm``: where to go from there."""
    query = request.query_params
    latitude, longitude = _place(query["at"])
    found = await recommendations.around(
        latitude=latitude, longitude=longitude, taste=Taste(query.get("taste", "near"))
    )
    return JSONResponse(_plain(found))


async def register(request: Request) -> JSONResponse:
    """``POST /api/users`` with ``{name, password}``."""
    body = await request.json()
    await users.register(name=body["name"], password=body["password"])
    return JSONResponse({"name": body["name"]}, status_code=201)


async def reserve(request: Request) -> JSONResponse:
    """``POST /api/reservations`` with ``{user, password, origin, destination, day, seat}``."""
    body = await request.json()
    booking = await reservations.reserve(
        user=body["user"],
        password=body["password"],
        route=Route(body["origin"], body["destination"]),
        day=date.fromisoformat(body["day"]),
        seat=body["seat"],
    )
    return JSONResponse(_plain(booking), status_code=201)


async def seats(request: Request) -> JSONResponse:
    """``GET /api/seats?origin=ICAO&destination=ICAO&day=YYYY-MM-DD``: those that are free."""
    query = request.query_params
    route = Route(query["origin"], query["destination"])
    free = await reservations.free_seats(route=route, day=date.fromisoformat(query["day"]))
    return JSONResponse(free)


def _place(text: str) -> tuple[float, float]:
    """``LAT,LON`` in degrees."""
    latitude, comma, longitude = text.partition(",")
    if not comma:
        raise ValueError(f"a place is LATITUDE,LONGITUDE in degrees, not {text!r}")
    return float(latitude), float(longitude)


async def _failure(_: Request, error: Exception) -> JSONResponse:
    """What went wrong, for whoever asked."""
    what = str(error)
    match error:
        case RemoteError():
            status, what = STATUS_OF.get(error.type, 502), error.message
        case CallError():
            status, what = 503, f"a service does not answer: {error}"
        case KeyError():
            status, what = 400, f"{error.args[0]!r} is missing"
        case _:
            status = next(
                STATUS_OF[cls.__name__] for cls in type(error).__mro__ if cls.__name__ in STATUS_OF
            )
    return JSONResponse({"error": what}, status_code=status)


_expected = (CallError, LookupError, ValueError, NotAllowed)
_handlers: dict[Any, Any] = dict.fromkeys(_expected, _failure)

app = Starlette(
    routes=[
        Endpoint("/", page),
        Endpoint("/api/trips", trips),
        Endpoint("/api/airports", airports),
        Endpoint("/api/recommendations", recommended),
        Endpoint("/api/seats", seats),
        Endpoint("/api/users", register, methods=["POST"]),
        Endpoint("/api/reservations", reserve, methods=["POST"]),
    ],
    exception_handlers=_handlers,
)
