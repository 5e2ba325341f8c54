"""Plans: start order, addresses, and who may call whom."""

from __future__ import annotations

import random
from ipaddress import IPv4Address
from pathlib import Path

import pytest
from attrs import evolve

from meshkernel.plan import allocate, grown, mac_of, make_plan, render
from meshkernel.plan.addresses import gateway_of, network_of
from meshkernel.topology.model import Expose, Link, Mount, Replicas, Service, Topology


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
        name="web",
        line=1,
        asgi="code.web:app",
        memory=1 << 30,
        expose=(Expose(8080, 80),),
        sleep=90.0,
    )
    plan = make_plan(Topology(mesh.path, mesh.name, services, mesh.links))
    web, cart = plan.services["web"].address, plan.services["cart"].address
    assert render(plan) == (
        f"mesh shop: 2 services, 1 links, network {plan.network}, gateway {plan.gateway}\n"
        "\n"
        "start 1\n"
        f"  cart  {cart!s:<15}     64 MiB  code.cart\n"
        "start 2\n"
        f"  web   {web!s:<15}   1024 MiB  code.web:app  sleeps after 90 s"
        "  calls cart (2 s)"
        "  exposed 127.0.0.1:8080 -> 80\n"
    )


def test_qemus_that_stand_by_are_part_of_the_plan() -> None:
    plan = make_plan(evolve(topology("web cart", ""), standby=2))
    assert render(plan).splitlines()[1:3] == ["2 QEMUs stand by", ""]


def test_each_replica_has_a_place_of_its_own() -> None:
    plan = make_plan(replicated("a b", "a>b", b=Replicas(0, 3)))
    b = plan.services["b"]
    assert [(r.service, r.number, r.name) for r in b.replicas] == [
        ("b", 1, "b-1"),
        ("b", 2, "b-2"),
        ("b", 3, "b-3"),
    ]
    assert len({r.address for r in b.replicas}) == 3
    assert [r.mac for r in b.replicas] == [mac_of(r.address) for r in b.replicas]
    assert (b.address, b.mac) == (b.replicas[0].address, b.replicas[0].mac)
    assert list(plan.replicas) == ["b-1", "b-2", "b-3", "a"]


def test_a_caller_knows_the_replicas_that_always_run() -> None:
    plan = make_plan(replicated("a b c", "a>b a>c", b=Replicas(0, 3), c=Replicas(2, 3)))
    b, c = plan.services["a"].peers
    assert b.addresses == (plan.services["b"].address,)
    assert c.addresses == tuple(r.address for r in plan.services["c"].replicas[:2])


def test_of_a_service_that_need_not_run_the_first_replica_is_woken_by_calls() -> None:
    plan = make_plan(replicated("a b c", a=Replicas(0, 2, cooldown=5.0), b=Replicas(1, 2)))
    assert [each.sleep for each in plan.services["a"].replicas] == [5.0, None]
    assert [each.sleep for each in plan.services["b"].replicas] == [None, None]
    assert (plan.services["a"].sleeps, plan.services["b"].sleeps) == (True, False)
    assert plan.of("b-2") is plan.services["b"]


def test_further_replicas_move_nothing_else() -> None:
    names = " ".join(f"s{n}" for n in range(200))
    before = make_plan(topology(names))
    after = make_plan(replicated(names, s7=Replicas(64, 64), s8=Replicas(64, 64)))
    for name, service in before.services.items():
        assert after.services[name].address == service.address
    assert len({each.address for each in after.replicas.values()}) == 200 + 2 * 63


def test_a_plan_that_grows_moves_nothing() -> None:
    before = make_plan(replicated("a b", "a>b", b=Replicas(2, 2)))
    after = grown(grown(before, "a", 3), "b", 64)
    assert [each.name for each in after.services["a"].replicas] == ["a", "a-2", "a-3"]
    assert after.services["b"].replicas[:2] == before.services["b"].replicas
    assert after.services["b"].replicas[63].name == "b-64"
    addresses = {each.address for each in after.replicas.values()}
    assert len(addresses) == 67
    assert after.gateway not in addresses
    assert after.services["a"].peers == before.services["a"].peers
    assert grown(before, "a", 3).replicas["a-3"] == after.replicas["a-3"]


def test_what_a_plan_cannot_grow_by_is_told() -> None:
    found = topology("a b-2 b")
    writer = evolve(found.services["a"], volumes=(Mount("/data", "notes"),))
    plan = make_plan(evolve(found, services={**found.services, "a": writer}))
    for service, count, told in (
        ("b", 65, "b can have at most 64 replicas, not 65"),
        ("b", 2, "b-2 is the name of something else in this mesh"),
        ("a", 2, "a writes to the volume notes, which one machine may do"),
    ):
        with pytest.raises(ValueError, match=told):
            grown(plan, service, count)


def test_the_plan_tells_of_replicas() -> None:
    text = render(make_plan(replicated("a b c", a=Replicas(3, 3), b=Replicas(0, 8))))
    assert "code.a  3 replicas\n" in text
    assert "code.b  0 to 8 replicas, for 20 calls at a time each\n" in text
    assert "code.c\n" in text


def replicated(names: str, links: str = "", **replicas: Replicas) -> Topology:
    """Services some of which have replicas."""
    found = topology(names, links)
    services = {
        name: evolve(service, replicas=replicas.get(name, Replicas()))
        for name, service in found.services.items()
    }
    return evolve(found, services=services)
