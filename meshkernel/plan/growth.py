"""Places for more replicas than the topology asks for, in a plan that is in force already."""

from __future__ import annotations

from attrs import evolve

from meshkernel.plan.addresses import another
from meshkernel.plan.model import Plan, Replica
from meshkernel.topology.replicas import MOST


def grown(plan: Plan, service: str, count: int) -> Plan:
    """The plan with places for so many replicas of a service; all else stays where it is.

    Raises:
        ValueError: it cannot have so many; says why, and what to do.
    """
    planned = plan.services[service]
    fault = _fault(plan, service, count)
    if fault is not None:
        raise ValueError(fault)
    taken = {plan.gateway, *(each.address for each in plan.replicas.values())}
    taken |= {way.address for each in plan.services.values() for way in each.ways}
    replicas = list(planned.replicas)
    for number in range(len(replicas) + 1, count + 1):
        name = f"{service}-{number}"
        address = another(plan.topology.name, name, taken)
        taken.add(address)
        replicas.append(Replica(service, number, name, address, planned.service.sleep))
    found = evolve(planned, replicas=tuple(replicas))
    return evolve(plan, services={**plan.services, service: found})


def _fault(plan: Plan, service: str, count: int) -> str | None:
    """Why a service cannot have so many replicas."""
    planned = plan.services[service].service
    if count > MOST:
        return f"{service} can have at most {MOST} replicas, not {count}"
    for mount in planned.volumes:
        if count > 1 and not mount.read_only:
            what = f"{service} writes to the volume {mount.volume}, which one machine may do"
            return f"{what}: run one replica"
    names = {*plan.replicas} - {each.name for each in plan.services[service].replicas}
    names |= {way.name for each in plan.services.values() for way in each.ways}
    for number in range(1, count + 1):
        if f"{service}-{number}" in names:
            return f"{service}-{number} is the name of something else in this mesh: rename that"
    return None
