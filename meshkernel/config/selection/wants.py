"""What asks for libraries: the plan, the code, a profile, and the user."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from meshkernel.config.libos import Library
from meshkernel.config.selection.code import Code
from meshkernel.config.selection.needs import Needs
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
    return facts | exposed(service) | mounted(service)


def exposed(service: ServicePlan) -> dict[str, str]:
    """The ways in from the host, of a service and of a single program."""
    ways = [f"{way.port} as {way.host} of {way.address}" for way in service.service.expose]
    return {"exposed": f"it exposes port {', '.join(ways)}"} if ways else {}


def mounted(service: ServicePlan) -> dict[str, str]:
    """The volumes of a service and of a single program."""
    paths = [mount.path for mount in service.service.volumes]
    return {"volumes": f"it mounts {', '.join(paths)}"} if paths else {}


def always(needs: Needs) -> Iterator[Want]:
    """What no image can do without."""
    for library, because in needs.always.items():
        yield Want(library, because)


def of_facts(needs: Needs, facts: Facts) -> Iterator[Want]:
    """What a topology asks for."""
    for fact, clause in facts.items():
        for library in needs.facts[fact]:
            yield Want(library, clause)


def of_paths(libraries: Iterable[Library], code: Code) -> Iterator[Want]:
    """The libraries that have the files which the code names."""
    for library in libraries:
        for path in sorted({*library.files} & code.paths.keys()):
            yield Want(library.name, f"{code.paths[path][0]} names {path}", certain=False)


def everything(libraries: Iterable[Library], reason: str) -> Iterator[Want]:
    """All that there is."""
    for library in libraries:
        yield Want(library.name, reason)
