"""The host's client: calls by service and function, over one connection each."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import attrs
import pytest

from meshkernel.client import Client
from meshkernel.errors import LinkError, NotDelivered, RemoteError
from meshkernel.wire.server import Dispatcher, serving


@attrs.frozen
class Product:
    name: str


async def get(name: str) -> Product:
    return Product(name)


async def fail() -> None:
    raise KeyError("k")


class Mesh:
    """One service `shop`, and a count of the connections to it."""

    def __init__(self) -> None:
        self.opened = 0
        self.writers: list[asyncio.StreamWriter] = []

    async def listen(self) -> None:
        self.dispatcher = Dispatcher("shop", {"get": get, "fail": fail})
        self.server = await asyncio.get_running_loop().create_server(
            serving(self.dispatcher), "127.0.0.1", 0
        )

    async def open_connection(self, service: str) -> Any:
        if service == "hung":
            await asyncio.Event().wait()
        if service != "shop":
            raise LookupError(f"there is no service {service!r}")
        self.opened += 1
        port = self.server.sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        self.writers.append(writer)
        return reader, writer


@pytest.fixture
async def mesh() -> AsyncIterator[Mesh]:
    mesh = Mesh()
    await mesh.listen()
    yield mesh
    mesh.server.close()


async def test_results_are_plain_and_the_connection_is_shared(mesh: Mesh) -> None:
    async with Client(mesh.open_connection) as client:
        calls = [client.call("shop.get", name=f"n{number}") for number in range(10)]
        assert await asyncio.gather(*calls) == [{"name": f"n{number}"} for number in range(10)]
    assert mesh.opened == 1
    assert all(writer.is_closing() for writer in mesh.writers)


async def test_a_lost_connection_is_opened_again(mesh: Mesh) -> None:
    async with Client(mesh.open_connection) as client:
        await client.call("shop.get", name="a")
        mesh.writers[0].transport.abort()
        for _ in range(100):  # until the loop has told the connection
            await asyncio.sleep(0)
        assert not client._balances["shop"]._replicas["shop"].usable
        assert await client.call("shop.get", name="b") == {"name": "b"}
    assert mesh.opened == 2


async def test_errors_are_those_of_calls(mesh: Mesh) -> None:
    async with Client(mesh.open_connection) as client:
        with pytest.raises(RemoteError, match="KeyError") as caught:
            await client.call("shop.fail")
        assert "in fail" in caught.value.stack
        with pytest.raises(NotDelivered, match="argument 'name' is missing"):
            await client.call("shop.get")
        with pytest.raises(LinkError, match="there is no service 'shoe'"):
            await client.call("shoe.get")
        with pytest.raises(NotDelivered, match=r"hung could not be reached within 0\.05 s"):
            await client.call_within(0.05, "hung.get", {})


async def test_a_service_that_refuses_is_not_delivered() -> None:
    async def refuse(service: str) -> Any:
        raise ConnectionRefusedError(f"{service} is stopped")

    async with Client(refuse) as client:
        with pytest.raises(NotDelivered, match="shop could not be reached: shop is stopped"):
            await client.call("shop.get", name="a")


@pytest.mark.parametrize("target", ["", "shop", "shop.", ".get"])
async def test_a_target_names_service_and_function(mesh: Mesh, target: str) -> None:
    async with Client(mesh.open_connection) as client:
        with pytest.raises(ValueError, match=r"write service\.function"):
            await client.call(target)


async def test_an_argument_may_have_any_name(mesh: Mesh) -> None:
    async with Client(mesh.open_connection) as client:
        with pytest.raises(NotDelivered, match="there is no argument 'target'"):
            await client.call("shop.get", target=1, self=2)


async def test_a_service_that_goes_and_comes_again_is_seen_by_nobody(mesh: Mesh) -> None:
    async with Client(mesh.open_connection) as client:
        for number in range(5):
            assert await client.call("shop.get", name="a") == {"name": "a"}
            await mesh.dispatcher.drain(5)
            calling = asyncio.create_task(client.call("shop.get", name=f"n{number}"))
            while mesh.opened < 2 * number + 2:  # noqa: ASYNC110 - it is turned away
                await asyncio.sleep(0)
            before = mesh.server
            await mesh.listen()
            before.close()
            assert await calling == {"name": f"n{number}"}
