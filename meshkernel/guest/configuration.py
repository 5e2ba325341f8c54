"""What the runtime is told: the variable `MESHKERNEL_SERVICE` (docs/formats.md).

A variable and no file: it is in the one block of memory that a machine behind a seal looks at
anyway, and in a boot for sealing there is no file that would be in the image.
"""

from __future__ import annotations

import json
import os
from typing import Any

VARIABLE = "MESHKERNEL_SERVICE"

_scan = json.JSONDecoder().scan_once  # type: ignore[attr-defined]
"""`json.loads` without its looks at encodings and blanks, which are code that has to run."""


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

    That of a boot for sealing has no peers, and the module's name for the service's.

    ``load``: seconds between two reports of a replica that is busy; None: they are not wanted.
    """

    __slots__ = (
        *("asgi", "host", "http_port", "load", "mesh", "module", "peers", "port", "replica"),
        *("service", "sleep"),
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
        self.peers = {
            name: Peer(name, peer["addresses"], peer["port"], peer["timeout"])
            for name, peer in values.get("peers", {}).items()
        }


def parse(text: str) -> Configuration:
    """The configuration that is written in this text."""
    return Configuration(_scan(text, 0)[0])


def read() -> Configuration:
    """The configuration of this process; nobody sees the variable afterwards."""
    return parse(os.environ.pop(VARIABLE))
