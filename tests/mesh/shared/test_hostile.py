"""A service that forges frames gets nowhere, and what it tried is counted."""

from __future__ import annotations

import asyncio

import pytest

from meshkernel.plan import mac_of

pytestmark = pytest.mark.machine


def mac(address):
    return bytes.fromhex(mac_of(address).replace(":", ""))


@pytest.fixture
def places(mesh):
    """Address and MAC of each service, as the arguments of `hostile.send` name them."""
    return {
        name: (mac(each.address), str(each.address)) for name, each in mesh.plan.services.items()
    }


@pytest.fixture
async def watched(mesh):
    """The store keeps every frame that arrives at it."""
    await mesh.call("store.watch")


async def send(mesh, source, target, text, places, *, forge_mac=None, forge_ip=None):
    """Have the hostile service send a frame; returns what was dropped at its port since."""
    before = mesh.counters().ports["hostile"]
    own_mac, own_ip = places[source]
    sent = await mesh.call(
        "hostile.send",
        source_mac=places[forge_mac][0] if forge_mac else own_mac,
        source=places[forge_ip][1] if forge_ip else own_ip,
        target_mac=places[target][0],
        target=places[target][1],
        text=text,
    )
    assert sent > len(text)
    after = mesh.counters().ports["hostile"]
    return {
        reason: count - before.drops.get(reason, 0)
        for reason, count in after.drops.items()
        if count > before.drops.get(reason, 0)
    }


@pytest.mark.parametrize(
    ("forged", "text"),
    [
        ({"forge_mac": "relay", "forge_ip": "relay"}, b"forged MAC and address"),
        ({"forge_mac": "relay"}, b"forged MAC"),
        ({"forge_ip": "relay"}, b"forged address"),
        ({}, b"no link at all"),
    ],
)
async def test_frames_of_a_hostile_service_are_dropped_and_counted(
    mesh, watched, places, forged, text
):
    drops = await send(mesh, "hostile", "store", text, places, **forged)
    assert sum(drops.values()) == 1, drops
    # The store answers this call after whatever came before it, and it has not seen the frame.
    assert await mesh.call("relay.relay", text="witness") == "witness"
    assert await mesh.call("store.frames_with", backwards=b"witness"[::-1]) > 0
    assert await mesh.call("store.frames_with", backwards=text[::-1]) == 0


async def test_no_connection_without_a_link(mesh, places):
    before = sum(mesh.counters().ports["hostile"].drops.values())
    assert await mesh.call("hostile.connect", address=places["store"][1], port=7000) != "connected"
    assert sum(mesh.counters().ports["hostile"].drops.values()) > before


async def test_no_connection_against_the_direction_of_a_link(mesh, places):
    assert await mesh.call("relay.relay", text="this way") == "this way"
    before = sum(mesh.counters().ports["store"].drops.values())
    assert await mesh.call("store.connect", address=places["relay"][1], port=7000) != "connected"
    assert sum(mesh.counters().ports["store"].drops.values()) > before


async def test_no_way_to_the_host(mesh):
    gateway = str(mesh.plan.gateway)
    tries = [mesh.call("hostile.connect", address=gateway, port=port) for port in (22, 80, 7000)]
    assert "connected" not in await asyncio.gather(*tries)
