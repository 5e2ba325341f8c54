"""What asks for libraries: the plan, the code, a profile, and the user."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from meshkernel.config.libos import Library
from meshkernel.config.selection.code import Code
from meshkernel.config.selection.needs import Needs, users
from meshkernel.config.selection.resolver import Want
from meshkernel.plan.model import CALL_PORT, ServicePlan

Facts = Mapping[str, str]
"""Facts of a topology by the words that the table of needs has for them, each as a clause."""


def service_facts(service: ServicePlan) -> dict[str, str]:
    """What the topology says about a service."""
    facts = {"answers": f"calls are answered on port {CALL_PORT}"}
    if service.service.asgi:
        facts["web"] = f"HTTP is answered for {service.service.asgi}"
    if service.peers:
        facts["calls"] = f"it calls {', '.join(peer.name for peer in service.peers)}"
    if service.ways:
        facts["egress"] = f"it reaches {', '.join(way.name for way in service.ways)} outside"
    if service.service.warm:
        facts["warm"] = "its image is sealed behind its import"
    return facts | exposed(service) | mounted(service)


def exposed(service: ServicePlan) -> dict[str, str]:
    """The ways in from the host, of a service and of a single program."""
    ways = [f"{way.port} as {way.host} of {way.address}" for way in service.service.expose]
    return {"exposed": f"it exposes port {', '.join(ways)}"} if ways else {}


def mounted(service: ServicePlan) -> dict[str, str]:
    """The volumes of a service and of a single program."""
    paths = [mount.path for mount in service.service.volumes]
    return {"volumes": f"it mounts {', '.join(paths)}"} if paths else {}


def noted(needs: Needs, libraries: Iterable[Library]) -> frozenset[str]:
    """The names and symbols that say something about what code needs."""
    calls = {call for library in libraries for call in library.syscalls}
    return needs.names | calls | {f"os.{call}" for call in calls}


def of_calls(libraries: Iterable[Library], code: Code) -> Iterator[Want]:
    """The libraries that have the calls which the code names as such."""
    for library in libraries:
        for call in library.syscalls:
            if f"os.{call}" in code.names:
                reason = users(code.names[f"os.{call}"], f"os.{call}")
                yield Want(library.name, reason, certain=False)
            if call in code.symbols:
                yield Want(library.name, users(code.symbols[call], f"{call}()"), certain=False)


def of_paths(libraries: Iterable[Library], code: Code) -> Iterator[Want]:
    """The libraries that have the files which the code names."""
    for library in libraries:
        for path, modules in code.paths.items():
            if library.has_file(path):
                yield Want(library.name, users(modules, path), certain=False)


def everything(libraries: Iterable[Library], reason: str) -> Iterator[Want]:
    """All that there is."""
    for library in libraries:
        yield Want(library.name, reason)
