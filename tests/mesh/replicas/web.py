"""Says over HTTP which replica it is."""

import asyncio
import os

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route


async def where(request: Request) -> PlainTextResponse:
    await asyncio.sleep(0.3)
    return PlainTextResponse(os.uname().nodename)


app = Starlette(routes=[Route("/", where)])
