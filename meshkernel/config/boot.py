"""What one service's machine is told at boot, but for what belongs to a single boot or is
secret.
"""

from __future__ import annotations

import json
import re
import sys
from typing import Any

from meshkernel.plan.model import CALL_PORT, Plan, Replica, ServicePlan

INTERPRETER = "/usr/bin/python3"
"""Where `image/` puts the interpreter."""

SITE = f"/usr/lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"
DIRECTORY = "/app"
"""Where `image/` puts the project: the working directory, from which modules are imported."""

CONFIGURATION = "MESHKERNEL_SERVICE"
"""The variable that has the runtime's configuration; the last one, but for secrets."""

HTTP_PORT = 80

LOAD_EVERY = 0.5
"""Seconds between two reports of a busy replica whose service's replicas follow the load."""

ARGUMENTS = (INTERPRETER, "-S", "-m", "meshkernel.guest")
"""-S: the module `site` looks for things that an image does not have; PYTHONPATH says what it
would.
"""

ENVIRONMENT = {
    "HOME": "/tmp",  # noqa: S108 - the one folder of the machine that can be written to
    "MALLOC_ARENA_MAX": "1",  # there is one CPU: more would hold memory, and save no waiting
    "PYTHONCOERCECLOCALE": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONPATH": SITE,
    "PYTHONUNBUFFERED": "1",
    "PYTHONUTF8": "1",
}
"""Of every service, and overridden by its own."""

SEALING = "MESHKERNEL_SEAL"
"""The variable that tells a boot for sealing what to look for."""

HASH_SEED = "PYTHONHASHSEED"

NOBODY = "localhost"
"""The name of a machine that is for sealing, and will have many."""

_SPECIAL = re.compile(rb"[%\x00-\x1f\x7f]|^ | $")


def escape(text: str) -> str:
    """A value as `abi/boot.h` has it: on one line."""
    escaped = _SPECIAL.sub(lambda match: b"%%%02x" % match[0][0], text.encode())
    return escaped.decode()


def volume_tag(index: int) -> str:
    """What ties a mount of the boot configuration to a device of the machine."""
    return f"volume{index}"


def environment(service: ServicePlan) -> dict[str, str]:
    """The variables of a service, without its secrets."""
    return dict(sorted((ENVIRONMENT | dict(service.service.env)).items()))


def service_json(plan: Plan, service: ServicePlan, replica: Replica) -> str:
    """The configuration of a replica's runtime (docs/formats.md)."""
    exposed = service.service.expose
    values = {
        "mesh": plan.topology.name,
        "service": service.name,
        "replica": replica.number,
        "load": LOAD_EVERY if service.service.replicas.vary else None,
        "module": service.service.module,
        "asgi": service.service.asgi,
        "host": "0.0.0.0",  # noqa: S104 - the switch says who gets here
        "port": CALL_PORT,
        "http_port": exposed[0].port if exposed else HTTP_PORT,
        "sleep": replica.sleep,
        "peers": {
            peer.name: {
                "addresses": [str(address) for address in peer.addresses],
                "port": CALL_PORT,
                "timeout": peer.timeout,
            }
            for peer in service.peers
        },
    }
    return json.dumps(values)


def sealing_environment(
    plan: Plan, service: ServicePlan, hash_seed: int, *, explain: bool = False
) -> dict[str, str]:
    """The variables of a boot for sealing: those that every machine of the service will have, and
    those that only it has.

    The runtime is told what belongs to the code, and nothing that belongs to one service, so that
    services of the same code are sealed alike: its name is that of the module.

    LD_BIND_NOW has the dynamic linker look for all functions at once, before the seal, and not for
    each one when it is called first, behind it.
    """
    told: dict[str, Any] = json.loads(service_json(plan, service, service.replicas[0]))
    asgi = service.service.asgi
    module = asgi.partition(":")[0] if asgi else service.service.module
    told |= {"mesh": "", "service": module, "replica": 1, "load": None, "sleep": None, "peers": {}}
    if not asgi:
        told["http_port"] = HTTP_PORT  # which nobody listens on
    sealing = {"secrets": list(service.service.secrets), "explain": explain}
    own = {HASH_SEED: str(hash_seed), "LD_BIND_NOW": "1"} | environment(service)
    own |= {SEALING: json.dumps(sealing)}
    return dict(sorted(own.items())) | {CONFIGURATION: json.dumps(told)}
