"""What travellers see: JSON endpoints over the other services, and one page."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import cattrs.preconf.json
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route as Path_

from meshkernel import CallError, RemoteError, link

search = link("search")
profiles = link("profiles")
recommendations = link("recommendations")
users = link("users")
reservations = link("reservations")

_json = cattrs.preconf.json.make_converter()
_page = (Path(__file__).parent / "page.html").read_text(encoding="utf-8")

# What a service refuses, as HTTP says it; anything else that a service raises is its own fault.
STATUS_OF = {
    "ValueError": 400,
    "NotAllowed": 403,
    "LookupError": 404,
    "SeatTaken": 409,
}
