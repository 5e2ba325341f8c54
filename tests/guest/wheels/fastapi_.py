"""FastAPI under uvicorn with uvloop and httptools, asked by httpx in the same process."""

from __future__ import annotations

import asyncio
import threading
from contextlib import asynccontextmanager
from typing import Annotated

import fastapi
import httpx
import uvicorn
from pydantic import BaseModel, Field


class Order(BaseModel):
    product: Annotated[str, Field(min_length=2)]
    quantity: Annotated[int, Field(ge=1, le=99)] = 1


@asynccontextmanager
async def lifespan(_: fastapi.FastAPI):
    print("starts", type(asyncio.get_running_loop()).__module__)
    yield
    print("stops")


app = fastapi.FastAPI(lifespan=lifespan)


def limit(most: int = 5) -> int:
    return most


@app.post("/orders", status_code=201)
async def order(order: Order, most: Annotated[int, fastapi.Depends(limit)]) -> dict[str, object]:
    return {"ordered": order, "most": most}


@app.get("/plain/{number}")
def plain(number: int) -> dict[str, object]:
    """Runs in a thread."""
    return {"number": number, "main": threading.current_thread() is threading.main_thread()}


@app.websocket("/chat")
async def chat(socket: fastapi.WebSocket) -> None:
    await socket.accept()
    await socket.send_text((await socket.receive_text()).upper())
    await socket.close()


def ask(url: str) -> None:
    with httpx.Client(base_url=url) as client:
        print(client.post("/orders?most=7", json={"product": "pen", "quantity": 3}).json())
        refused = client.post("/orders", json={"product": "p", "quantity": "many"})
        print(refused.status_code, [(e["type"], e["loc"]) for e in refused.json()["detail"]])
        print(client.get("/plain/5").json(), client.get("/plain/x").status_code)
        print(sorted(client.get("/openapi.json").json()["paths"]))
        print(client.get("/docs").headers["content-type"], client.get("/no").status_code)


async def main() -> None:
    config = uvicorn.Config(app, port=0, log_level="warning")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - it has no event for that
        await asyncio.sleep(0.01)
    print(config.http_protocol_class.__name__)
    port = server.servers[0].sockets[0].getsockname()[1]
    await asyncio.to_thread(ask, f"http://127.0.0.1:{port}")
    server.should_exit = True
    await serving


with asyncio.Runner(loop_factory=uvicorn.Config(app).get_loop_factory()) as runner:
    runner.run(main())
