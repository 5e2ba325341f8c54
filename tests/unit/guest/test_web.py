"""An ASGI application as a service."""

from __future__ import annotations

import asyncio
import importlib
import random
import socket
import sys
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

APPLICATION = """
import asyncio
from contextlib import asynccontextmanager
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from meshkernel import rpc

told = []
begun, release = asyncio.Event(), asyncio.Event()

@asynccontextmanager
async def lifespan(app):
    told.append("start")
    yield
    told.append("end")

async def hello(request):
    return PlainTextResponse(f"hello {request.query_params['name']}")

async def slow(request):
    begun.set()
    await release.wait()
    return PlainTextResponse("slow")

@rpc
def served() -> int: return 1

app = Starlette(routes=[Route("/", hello), Route("/slow", slow)], lifespan=lifespan)
"""


def free_port() -> int:
    """Outside of those that the kernel gives away: the service's other port is one of them."""
    while True:
        port = random.randrange(20_000, 30_000)
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


async def get(port: int, path: str) -> tuple[str, dict[str, str], str]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    head, _, body = (await asyncio.wait_for(reader.read(), 10)).decode().partition("\r\n\r\n")
    writer.close()
    status, *lines = head.split("\r\n")
    return status, dict(line.lower().split(": ", 1) for line in lines), body


@pytest.fixture
async def web(start: Any, module: Any) -> tuple[Any, int]:
    port = free_port()
    service = await start(asgi=f"{module('web_app', APPLICATION)}:app", http_port=port)
    ready = await service.receive()
    assert ready["type"] == "ready"
    assert ready["methods"] == ["served"]
    return service, port


async def test_requests_are_answered_with_the_date_of_their_second(web: Any) -> None:
    _, port = web
    status, headers, body = await get(port, "/?name=you")
    assert (status, body) == ("HTTP/1.1 200 OK", "hello you")
    assert headers["date"].endswith(" gmt")
    assert "server" not in headers


async def test_the_lifespan_is_the_services(web: Any) -> None:
    service, _ = web
    assert sys.modules["web_app"].told == ["start"]
    await service.stop()
    assert sys.modules["web_app"].told == ["start", "end"]
    assert await service.receive() == {"type": "stopped"}


async def test_a_request_that_runs_may_end_before_a_stop(web: Any) -> None:
    service, port = web
    request = asyncio.create_task(get(port, "/slow"))
    await sys.modules["web_app"].begun.wait()
    service.send(type="stop", grace=10)
    with pytest.raises(ConnectionRefusedError):
        while True:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
    sys.modules["web_app"].release.set()
    assert (await request)[2] == "slow"
    await service.stop()


async def test_an_application_whose_start_fails_fails_the_service(start: Any, module: Any) -> None:
    text = APPLICATION.replace('told.append("start")', 'raise OSError("no disk")')
    name = module("failing_web", text)
    service = await start(asgi=f"{name}:app", http_port=free_port())
    with pytest.raises(RuntimeError, match="lifespan failed to start"):
        await service.receive()


def test_dates_are_those_of_the_standard_library() -> None:
    from email.utils import formatdate

    from meshkernel.guest.web import date

    for day in range(0, 40_000, 11):
        moment = day * 86_400 + day * 37 % 86_400
        assert date(moment).decode() == formatdate(moment, usegmt=True)


FRAMEWORK = """
import sys
from fastapi import FastAPI
app = FastAPI()
@app.get("/")
async def hello(): return "hello"
"""


def test_what_a_framework_looks_up_at_its_start_is_there_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import linecache

    from meshkernel.guest.web import LATE, WebServer

    (tmp_path / "application_of_fastapi.py").write_text(FRAMEWORK)
    monkeypatch.syspath_prepend(tmp_path)
    application = importlib.import_module("application_of_fastapi").app
    WebServer(application)
    there = [name for name in LATE if find_spec(name) is not None]
    assert set(there) <= set(sys.modules)
    assert str(tmp_path / "application_of_fastapi.py") in linecache.cache


def test_an_application_without_routes_or_sources_needs_nothing() -> None:
    from meshkernel.guest.web import WebServer

    class Route:
        endpoint = len

    class Application:
        routes = (Route(), object())

        async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
            """Answers nobody."""

    WebServer(Application())
