"""aiohttp's server, asked by aiohttp, httpx, requests and urllib in one process."""

from __future__ import annotations

import asyncio
import urllib.request

import aiohttp
import httpx
import requests
from aiohttp import web


async def hello(request: web.Request) -> web.Response:
    return web.json_response({"hello": request.match_info["name"], "query": dict(request.query)})


async def upload(request: web.Request) -> web.Response:
    form = await request.post()
    file = form["file"]
    return web.json_response({"name": file.filename, "size": len(file.file.read())})


async def stream(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    response.enable_compression()
    await response.prepare(request)
    for number in range(50):
        await response.write(b"%d\n" % number)
    return response


async def chat(request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse()
    await socket.prepare(request)
    async for message in socket:
        await socket.send_str(message.data.upper())
    return socket


async def with_aiohttp(url: str) -> None:
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{url}/hello/ann", params={"a": "1 ü"}) as response:
            print(response.status, await response.json())
        form = aiohttp.FormData()
        form.add_field("file", b"x" * 3_000_000, filename="big.bin")
        async with session.post(f"{url}/upload", data=form) as response:
            print(await response.json())
        async with session.get(f"{url}/stream") as response:
            print(response.headers["Content-Encoding"], len((await response.text()).split()))
        async with session.ws_connect(f"{url}/chat") as socket:
            await socket.send_str("over a web socket")
            print((await socket.receive()).data)
        async with session.get(f"{url}/nothing") as response:
            print(response.status, response.reason)


async def with_httpx(url: str) -> None:
    async with httpx.AsyncClient(base_url=url) as client:
        print((await client.get("/hello/bob", params={"b": "2"})).json())
        print((await client.post("/upload", files={"file": ("f.txt", b"y" * 100_000)})).json())
        async with client.stream("GET", "/stream") as response:
            print([line async for line in response.aiter_lines()][-1])
    try:
        async with httpx.AsyncClient() as client:
            await client.get("http://127.0.0.1:1/")
    except httpx.ConnectError as error:
        print(type(error).__name__)


def with_others(url: str) -> None:
    with requests.Session() as session:
        print(session.get(f"{url}/hello/cy", params={"c": ["3", "4"]}).json())
        print(session.post(f"{url}/upload", files={"file": ("r.txt", b"z" * 10)}).json())
    try:
        requests.get("http://127.0.0.1:1/", timeout=5)
    except requests.ConnectionError as error:
        print(type(error).__name__)
    with urllib.request.urlopen(f"{url}/hello/di") as response:
        print(response.status, response.read())


async def main() -> None:
    application = web.Application(client_max_size=8_000_000)
    application.add_routes(
        [
            web.get("/hello/{name}", hello),
            web.post("/upload", upload),
            web.get("/stream", stream),
            web.get("/chat", chat),
        ]
    )
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    print(
        aiohttp.http_parser.HttpRequestParser.__module__, aiohttp.http_writer.StreamWriter.__name__
    )
    await with_aiohttp(url)
    await with_httpx(url)
    await asyncio.to_thread(with_others, url)
    await runner.cleanup()


asyncio.run(main())
