"""What ``meshkernel events`` tells of real machines."""

from __future__ import annotations

import time

import pytest

from meshkernel.supervisor.remote import Remote

pytestmark = pytest.mark.machine


async def test_a_crash_and_a_partition_are_told(mesh):
    began = time.time()
    store = mesh.service("store")
    store.kill()
    await store.wait_running(120)
    with mesh.partition("relay", "store"):
        pass
    with Remote.connect(mesh.server.folder) as remote:
        told = list(remote.lines("events", since=began))
    assert [(each["replica"], each["event"]) for each in told] == [
        ("store", "crashed"),
        ("store", "restarting"),
        ("store", "starting"),
        ("store", "ready"),
        ("", "partitioned"),
        ("", "healed"),
    ]
    assert told[0]["detail"] == store.reason
    assert told[4]["detail"] == "relay and store"
