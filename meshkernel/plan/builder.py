"""Making the plan of a topology."""

from __future__ import annotations

from ipaddress import IPv4Address

import networkx as nx

from meshkernel.plan.addresses import allocate, gateway_of, network_of
from meshkernel.plan.model import Peer, Plan, ServicePlan
from meshkernel.topology.model import Service, Topology


def make_plan(topology: Topology) -> Plan:
    """The plan of a mesh: the same for the same topology, whatever the order it is written in."""
    graph = call_graph(topology)
    generations = start_order(graph)
    addresses = allocate(topology.name, topology.services)
    order = [(name, index) for index, names in enumerate(generations) for name in names]
    services = {
        name: _service(topology, topology.services[name], index, addresses) for name, index in order
    }
    network = network_of(topology.name)
    return Plan(
        topology=topology,
        network=network,
        gateway=gateway_of(network),
        services=services,
        generations=generations,
        links=tuple(sorted(graph.edges)),
    )


def call_graph(topology: Topology) -> nx.DiGraph[str]:
    """Services, and an edge from each caller to each it may call."""
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(topology.services)
    graph.add_edges_from((link.source, link.target) for link in topology.links)
    return graph


def start_order(graph: nx.DiGraph[str]) -> tuple[tuple[str, ...], ...]:
    """Generations that start one after the other: those that are called before their callers.

    Services that call each other in a cycle have no order among them, so they start together.
    """
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
        address=addresses[service.name],
        generation=generation,
        peers=tuple(Peer(name, addresses[name], timeout) for name, timeout in peers),
        callers=tuple(callers),
    )
