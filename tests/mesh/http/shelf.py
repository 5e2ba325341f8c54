"""Serves what is put on it, with aiohttp's server."""

from aiohttp import web

from meshkernel import on_start, rpc

books: dict[str, bytes] = {}


async def put(request: web.Request) -> web.Response:
    books[request.match_info["name"]] = await request.read()
    return web.Response(status=201)


async def get(request: web.Request) -> web.Response:
    return web.Response(body=books[request.match_info["name"]])


@on_start
async def serve() -> None:
    application = web.Application()
    application.add_routes([web.put("/{name}", put), web.get("/{name}", get)])
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "0.0.0.0", 8080).start()


@rpc
def names() -> list[str]:
    return sorted(books)
