"""Making the plan of a topology."""

from __future__ import annotations

from collections.abc import Iterable
from graphlib import CycleError, TopologicalSorter
from ipaddress import IPv4Address, IPv4Network

from meshkernel.errors import Fault, UserError
from meshkernel.plan.addresses import allocate, gateway_of, network_of
from meshkernel.plan.model import Peer, Plan, Replica, ServicePlan, Way
from meshkernel.topology.model import Service, Topology, replica_names

Links = tuple[tuple[str, str], ...]
"""Callers, each with one that it may call."""


def make_plan(topology: Topology, *, release: bool = False) -> Plan:
    """The plan of a mesh: the same for the same topology, whatever the order it is written in."""
    links = tuple(sorted({(link.source, link.target) for link in topology.links}))
    generations = start_order(topology.services, links)
    network = network_of(topology.name)
    addresses = literals(topology, network)
    named = places(topology) - addresses.keys()
    further = (name for service in topology.services.values() for name in _names(service)[1:])
    addresses |= allocate(topology.name, topology.services, named, further)
    order = [(name, index) for index, names in enumerate(generations) for name in names]
    services = {
        name: _service(topology, topology.services[name], index, addresses) for name, index in order
    }
    return Plan(
        topology=topology,
        network=network,
        gateway=gateway_of(network),
        services=services,
        generations=generations,
        links=links,
        release=release,
    )


def _names(service: Service) -> tuple[str, ...]:
    """What addresses are chosen by: the first replica has that of the service itself."""
    return (service.name, *replica_names(service)[1:])


def places(topology: Topology) -> set[str]:
    """The names of all places outside that some service may reach."""
    return {way.name for service in topology.services.values() for way in service.egress}


def literals(topology: Topology, network: IPv4Network) -> dict[str, IPv4Address]:
    """The places that are named by their addresses.

    Raises:
        UserError: with each that is inside of the mesh's own network.
    """
    found: dict[str, IPv4Address] = {}
    faults = []
    for service in topology.services.values():
        for way in service.egress:
            address = _literal(way.name)
            if address is None:
                continue
            if address in network:
                remedy = f'give it a name: {{ name = "db", to = "{way.host}:{way.host_port}" }}'
                what = f"{address} is inside of this mesh's own network, {network}"
                key = f"services.{service.name}.egress"
                faults.append(Fault(what, remedy, str(topology.path), way.line or None, key))
            found[way.name] = address
    if faults:
        raise UserError(*faults)
    return found


def _literal(name: str) -> IPv4Address | None:
    try:
        return IPv4Address(name)
    except ValueError:
        return None


def start_order(services: Iterable[str], links: Links) -> tuple[tuple[str, ...], ...]:
    """Generations that start one after the other: those that are called before their callers.

    Services that call each other in a cycle have no order among them, so they start together.
    """
    order = TopologicalSorter(dict.fromkeys(services, ()))
    for caller, called in links:
        order.add(caller, called)
    try:
        order.prepare()
    except CycleError:
        return _order_with_cycles(services, links)
    generations = []
    while order.is_active():
        generations.append(tuple(sorted(order.get_ready())))
        order.done(*generations[-1])
    return tuple(generations)


def _order_with_cycles(services: Iterable[str], links: Links) -> tuple[tuple[str, ...], ...]:
    # Here, since it takes longer to import than most plans take to make.
    import networkx as nx  # noqa: PLC0415

    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(services)
    graph.add_edges_from(links)
    condensed = nx.condensation(graph)
    return tuple(
        tuple(sorted(name for part in parts for name in condensed.nodes[part]["members"]))
        for parts in nx.topological_generations(condensed.reverse(copy=False))
    )


def _service(
    topology: Topology, service: Service, generation: int, addresses: dict[str, IPv4Address]
) -> ServicePlan:
    peers = sorted(
        (link.target, link.timeout) for link in topology.links if link.source == service.name
    )
    callers = sorted(link.source for link in topology.links if link.target == service.name)
    return ServicePlan(
        service=service,
        replicas=_replicas(service, addresses),
        generation=generation,
        peers=tuple(_peer(topology.services[name], timeout, addresses) for name, timeout in peers),
        callers=tuple(callers),
        ways=tuple(
            Way(way.name, addresses[way.name], way.port, way.host, way.host_port)
            for way in service.egress
        ),
    )


def _replicas(service: Service, addresses: dict[str, IPv4Address]) -> tuple[Replica, ...]:
    named = zip(replica_names(service), _names(service), strict=True)
    return tuple(
        Replica(service.name, number, name, addresses[key], _sleep(service, number))
        for number, (name, key) in enumerate(named, 1)
    )


def _sleep(service: Service, number: int) -> float | None:
    """Where no replica need run, the first one is woken by a call, the others by the load."""
    if service.replicas.least == 0 and number == 1:
        return service.replicas.cooldown
    return service.sleep


def _peer(service: Service, timeout: float, addresses: dict[str, IPv4Address]) -> Peer:
    always = _names(service)[: max(service.replicas.least, 1)]
    return Peer(service.name, tuple(addresses[name] for name in always), timeout)
