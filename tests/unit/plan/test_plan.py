"""Plans: start order, addresses, and who may call whom."""

from __future__ import annotations

import random
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from meshkernel.plan import allocate, mac_of, make_plan, render
from meshkernel.plan.addresses import gateway_of, network_of
from meshkernel.topology.model import Expose, Link, Service, Topology


def topology(names: str, links: str = "", name: str = "shop") -> Topology:
    """Services by name, links as `a>b`."""
    services = {n: Service(name=n, line=1, module=f"code.{n}") for n in names.split()}
    pairs = [pair.split(">") for pair in links.split()]
    found = tuple(Link(a, b, line=1, timeout=2.0) for a, b in pairs)
    return Topology(path=Path("topology.toml"), name=name, services=services, links=found)


@pytest.mark.parametrize(
    ("names", "links", "generations"),
    [
        ("a", "", [["a"]]),
        ("c a b", "", [["a", "b", "c"]]),
        ("a b c", "a>b b>c", [["c"], ["b"], ["a"]]),
        ("a b c d", "a>b a>c b>d c>d", [["d"], ["b", "c"], ["a"]]),
        ("a b", "a>b b>a", [["a", "b"]]),
        ("a b c d", "a>b b>c c>b c>d", [["d"], ["b", "c"], ["a"]]),
    ],
)
def test_those_that_are_called_start_first(
    names: str, links: str, generations: list[list[str]]
) -> None:
    plan = make_plan(topology(names, links))
    assert [list(names) for names in plan.generations] == generations
    assert list(plan.services) == [name for names in generations for name in names]
    for index, group in enumerate(generations):
        assert all(plan.services[name].generation == index for name in group)


def test_each_service_knows_its_peers_and_its_callers() -> None:
    plan = make_plan(topology("a b c", "a>c a>b b>c"))
    a, c = plan.services["a"], plan.services["c"]
    assert [(p.name, p.address, p.timeout) for p in a.peers] == [
        ("b", plan.services["b"].address, 2.0),
        ("c", c.address, 2.0),
    ]
    assert (a.callers, c.callers) == ((), ("a", "b"))
    assert plan.links == (("a", "b"), ("a", "c"), ("b", "c"))


def test_the_order_of_the_file_changes_nothing() -> None:
    names, links = ["e", "d", "c", "b", "a"], ["a>b", "b>c", "d>c", "e>a"]
    expected = make_plan(topology(" ".join(names), " ".join(links)))
    random.seed(1)
    for _ in range(10):
        random.shuffle(names)
        random.shuffle(links)
        plan = make_plan(topology(" ".join(names), " ".join(links)))
        assert list(plan.services.values()) == list(expected.services.values())
        assert plan.generations == expected.generations


def test_addresses_are_the_same_from_run_to_run() -> None:
    assert allocate("trips", ["frontend", "geo"]) == {
        "frontend": IPv4Address("10.2.23.171"),
        "geo": IPv4Address("10.2.153.104"),
    }


def test_addresses_are_distinct_and_none_is_the_gateways() -> None:
    network = network_of("shop")
    addresses = allocate("shop", [f"s{number}" for number in range(3000)])
    assert len(set(addresses.values())) == 3000
    assert all(address in network for address in addresses.values())
    reserved = {network[0], gateway_of(network), network[-1]}
    assert not reserved & set(addresses.values())


def test_a_service_more_moves_only_those_it_collides_with() -> None:
    names = [f"s{number}" for number in range(500)]
    before = allocate("shop", names)
    after = allocate("shop", [*names, "another"])
    assert sum(before[name] != after[name] for name in names) <= 1


def test_a_mac_follows_from_the_address() -> None:
    assert mac_of(IPv4Address("10.77.0.255")) == "02:6b:0a:4d:00:ff"


def test_the_plan_as_text() -> None:
    mesh = topology("web cart", "web>cart")
    services = dict(mesh.services)
    services["web"] = Service(
        name="web", line=1, asgi="code.web:app", memory=1 << 30, expose=(Expose(8080, 80),)
    )
    plan = make_plan(Topology(mesh.path, mesh.name, services, mesh.links))
    web, cart = plan.services["web"].address, plan.services["cart"].address
    assert render(plan) == (
        f"mesh shop: 2 services, 1 links, network {plan.network}, gateway {plan.gateway}\n"
        "\n"
        "start 1\n"
        f"  cart  {cart!s:<15}     64 MiB  code.cart\n"
        "start 2\n"
        f"  web   {web!s:<15}   1024 MiB  code.web:app  calls cart (2 s)"
        "  exposed 127.0.0.1:8080 -> 80\n"
    )
