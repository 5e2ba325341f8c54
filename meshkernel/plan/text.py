"""The plan as text, for `meshkernel plan`."""

from __future__ import annotations

from meshkernel.plan.model import Plan, ServicePlan, Way
from meshkernel.topology.model import Replicas


def render(plan: Plan) -> str:
    """What will run, in start order."""
    lines = [
        f"mesh {plan.topology.name}: {len(plan.services)} services, {len(plan.links)} links,"
        f" network {plan.network}, gateway {plan.gateway}",
    ]
    if plan.topology.standby:
        count = plan.topology.standby
        lines.append(f"{count} QEMU{' stands' if count == 1 else 's stand'} by")
    lines.append("")
    width = max(len(name) for name in plan.services)
    for index, names in enumerate(plan.generations):
        lines.append(f"start {index + 1}")
        lines += [f"  {_service(plan.services[name], width)}" for name in names]
    return "\n".join(lines) + "\n"


def _service(service: ServicePlan, width: int) -> str:
    code = service.service.module or service.service.asgi
    parts = [
        f"{service.name:<{width}}  {service.address!s:<15}",
        f"{service.service.memory >> 20:>5} MiB",
        f"{code}",
    ]
    if service.service.replicas.most > 1 or service.service.replicas.vary:
        parts.append(replicas_text(service.service.replicas))
    if service.service.sleep is not None:
        parts.append(f"sleeps after {service.service.sleep:g} s")
    if service.peers:
        parts.append("calls " + ", ".join(f"{p.name} ({p.timeout:g} s)" for p in service.peers))
    if service.service.expose:
        ways = ", ".join(f"{e.address}:{e.host} -> {e.port}" for e in service.service.expose)
        parts.append(f"exposed {ways}")
    if service.ways:
        parts.append("reaches " + ", ".join(way_text(way) for way in service.ways))
    return "  ".join(parts)


def way_text(way: Way) -> str:
    """A way out in a few words."""
    inside, outside = f"{way.name}:{way.port}", f"{way.host}:{way.host_port}"
    return inside if inside == outside else f"{inside} -> {outside}"


def replicas_text(replicas: Replicas) -> str:
    """How many machines there are, in a few words."""
    if not replicas.vary:
        return f"{replicas.most} replica{'' if replicas.most == 1 else 's'}"
    return (
        f"{replicas.least} to {replicas.most} replicas, for {replicas.target_calls} calls at a time"
        " each"
    )
