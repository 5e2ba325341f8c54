"""One test body at two distances: in process, and over the wire between two runtimes.

The third, between machines, is in the mesh tests.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from typing import Any

import pytest

from meshkernel import LinkError, RemoteError, bind_links
from meshkernel.wire.caller import CallerConnection

MESSAGES = """
from attrs import frozen
from datetime import date
from meshkernel import shared_error

@frozen
class Product:
    name: str
    since: date

@shared_error
class SoldOut(LookupError): ...
"""

CATALOG = """
from __future__ import annotations
from datetime import date
from shop_messages import Product, SoldOut
from meshkernel import rpc

@rpc
async def get(product_id: str) -> Product:
    if product_id == "p0":
        raise SoldOut(product_id)
    return Product(product_id, date(2026, 1, 2))

@rpc
def names(products: list[Product]) -> list[str]:
    return [product.name for product in products]
"""

CART = """
from __future__ import annotations
from shop_messages import Product, SoldOut
from meshkernel import link, rpc

catalog = link("catalog")
nowhere = link("nowhere")

@rpc
async def checks() -> dict[str, bool]:
    one = await catalog.get(product_id="p1")
    try:
        await catalog.get(product_id="p0")
    except SoldOut as error:
        sold_out = error.args == ("p0",)
    return {
        "typed": isinstance(one, Product),
        "sold out": sold_out,
        "sent": await catalog.names(products=[one, one]) == ["p1", "p1"],
    }

@rpc
async def stray() -> None:
    await nowhere.get()
"""

BODY = {"typed": True, "sold out": True, "sent": True}


@pytest.fixture
def shop(module: Callable[[str, str], str]) -> None:
    module("shop_messages", MESSAGES)
    module("shop_catalog", CATALOG)
    module("shop_cart", CART)


async def test_in_process(shop: None) -> None:
    import shop_cart  # type: ignore[import-not-found]
    import shop_catalog  # type: ignore[import-not-found]

    with bind_links(catalog=shop_catalog):
        assert await shop_cart.checks() == BODY
        with pytest.raises(
            LinkError, match=r"'nowhere'.* is not declared: .*declared here: catalog"
        ):
            await shop_cart.stray()


async def test_over_the_wire(shop: None, start: Any) -> None:
    catalog = await start(service="catalog", module="shop_catalog")
    port = (await catalog.receive())["port"]
    peer = {"addresses": ["127.0.0.1"], "port": port, "timeout": 5.0}
    cart = await start(service="cart", module="shop_cart", peers={"catalog": peer})
    port = (await cart.receive())["port"]
    _, caller = await asyncio.get_running_loop().create_connection(
        lambda: CallerConnection("test", "cart"), "127.0.0.1", port
    )
    assert await caller.call("checks", {}, 5) == BODY
    with pytest.raises(RemoteError, match=r"LinkError.*declared here: catalog") as caught:
        await caller.call("stray", {}, 5)
    assert "await nowhere.get()" in caught.value.stack
    assert "meshkernel/wire" not in caught.value.stack


async def test_a_service_that_only_imports_another_ones_module_does_not_serve_it(
    shop: None, module: Any, start: Any
) -> None:
    text = "from shop_catalog import Product\nfrom meshkernel import rpc\n@rpc\ndef own(): ..."
    service = await start(module=module("importer", text))
    assert (await service.receive())["methods"] == ["own"]
    assert "shop_catalog" in sys.modules
