"""What the runtime is told: `/etc/meshkernel/service.json` (docs/formats.md)."""

from __future__ import annotations

import json
import os
from typing import Any

PATH = "/etc/meshkernel/service.json"

VARIABLE = "MESHKERNEL_SERVICE"
"""Has the configuration in a boot for sealing: what is in a file there would be in the image."""


class Peer:
    """The other end of a declared link. ``addresses`` of its replicas, until the supervisor names
    others; ``timeout`` in seconds.
    """

    __slots__ = ("addresses", "name", "port", "timeout")

    def __init__(self, name: str, addresses: list[str], port: int, timeout: float) -> None:
        self.name = name
        self.addresses = addresses
        self.port = port
        self.timeout = timeout


class Configuration:
    """One service's configuration: exactly one of ``module`` and ``asgi`` is set.

    That of a boot for sealing has no peers, but ``secrets``: the names of variables that machines
    will have, and this boot has not.

    ``load``: seconds between two reports of a replica that is busy; None: they are not wanted.
    """

    __slots__ = (
        *("asgi", "host", "http_port", "load", "mesh", "module", "peers", "port", "replica"),
        *("secrets", "service", "sleep"),
    )

    def __init__(self, values: dict[str, Any]) -> None:
        self.mesh: str = values["mesh"]
        self.service: str = values["service"]
        self.module: str | None = values.get("module")
        self.asgi: str | None = values.get("asgi")
        self.host: str = values.get("host", "0.0.0.0")  # noqa: S104 - the switch says who gets here
        self.port: int = values["port"]
        self.http_port: int = values.get("http_port", 80)
        self.replica: int = values.get("replica", 1)
        self.load: float | None = values.get("load")
        self.sleep: float | None = values.get("sleep")  # seconds without use
        self.secrets: list[str] = values.get("secrets", [])
        self.peers = {
            name: Peer(name, peer["addresses"], peer["port"], peer["timeout"])
            for name, peer in values.get("peers", {}).items()
        }


def read(path: str = PATH) -> Configuration:
    """The configuration in this file, or in the variable."""
    if (text := os.environ.pop(VARIABLE, None)) is not None:
        return Configuration(json.loads(text))
    with open(path, encoding="utf-8") as file:  # noqa: PTH123 - pathlib costs a cold start
        return Configuration(json.load(file))
