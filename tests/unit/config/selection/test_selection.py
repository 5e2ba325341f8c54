"""What a service gets, and what of its user's wishes is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from meshkernel.config.libos import Library, LibrarySources, Option
from meshkernel.config.selection import (
    OPAQUE,
    Code,
    Needs,
    Profile,
    Selection,
    Want,
    exposed,
    noted,
    select,
    service_facts,
    wanted,
)
from meshkernel.config.selection.needs import Asked, Need
from meshkernel.config.selection.wishes import wrong_value
from meshkernel.errors import UserError
from meshkernel.plan import Plan, make_plan
from meshkernel.topology import Expose, Link, Service, Topology
from meshkernel.topology.libos import LibosWishes
from meshkernel.topology.model import Egress, Mount

SOURCES = LibrarySources(
    libraries=(
        Library("core", "Core", syscalls=("read",), options={"DEBUG": Option(0, range=(0, 1))}),
        Library("net", "Network", ("core",), syscalls=("socket",)),
        Library("net/listen", "Listening", ("net",), syscalls=("listen",)),
        Library("net/connect", "Connecting", ("net",), syscalls=("connect",)),
        Library(
            "net/udp",
            "UDP",
            ("net",),
            sockets=("UDP",),
            options={"QUEUE": Option(64, range=(1, 1024))},
        ),
        Library("fs/links", "Links", ("core",), syscalls=("symlink", "link")),
        Library("fs/copy", "Copies", ("fs/links",)),
        Library("proc/limits", "Limits", ("core",), files=("/proc/self/limits",)),
    ),
    numbers={"read": 0, "socket": 41, "connect": 42, "listen": 50, "link": 86, "symlink": 88},
)
NEEDS = Needs(
    always=(("every image has it", Asked(syscalls=frozenset({"read"})), True),),
    facts={
        "answers": Asked(syscalls=frozenset({"listen"})),
        "web": Asked(syscalls=frozenset({"listen"})),
        "calls": Asked(syscalls=frozenset({"connect", "no_library_has_it"})),
        "exposed": Asked(),
    },
    code=(
        Need(
            "links are made", Asked(syscalls=frozenset({"link"})), names=frozenset({"symlink_to"})
        ),
        Need("it limits", Asked(frozenset({"proc/limits"})), own_names=frozenset({"limit"})),
        Need("it copies", Asked(frozenset({"fs/copy"})), modules=frozenset({"shutil"})),
        Need(
            "names are asked", Asked(sockets=frozenset({"UDP"})), symbols=frozenset({"getaddrinfo"})
        ),
    ),
)


def plan(**cart: Any) -> Plan:
    """Two services: web calls cart."""
    services = {
        "web": Service(
            "web",
            1,
            asgi="web:app",
            expose=(Expose(8080, 80),),
            egress=(Egress("db", 5432, "localhost", 5432),),
            volumes=(Mount("/data", "pages"),),
        ),
        "cart": Service("cart", 2, module="cart", **cart),
    }
    links = (Link("web", "cart", 3),)
    return make_plan(Topology(Path("topology.toml"), "shop", services, links))


def selected(wants: list[Want] | None = None, code: Code | None = None, **wishes: Any) -> Selection:
    """The selection for a service that only answers calls."""
    asked = wanted(SOURCES, NEEDS, {"answers": "calls are answered"}, code or Code())
    keys = {"include", "exclude"} & wishes.keys()
    lines = {f"{key}[{i}]": 10 + i for key in keys for i in range(len(wishes[key]))}
    lines |= {f"options.{name}": 20 for name in wishes.get("options", {})}
    wished = LibosWishes(**wishes, lines=lines)
    return select(SOURCES, [*asked, *(wants or ())], wished, service="cart")


def code_with(name: str) -> Code:
    return Code(names={name: ("cart",)})


def faults(**wishes: Any) -> list[str]:
    with pytest.raises(UserError) as caught:
        selected(**wishes)
    return str(caught.value).splitlines()


def test_a_topology_says_what_its_services_need() -> None:
    made = plan()
    assert service_facts(made.services["cart"]) == {"answers": "calls are answered on port 7000"}
    assert service_facts(made.services["web"]) == {
        "answers": "calls are answered on port 7000",
        "web": "HTTP is answered for web:app",
        "calls": "it calls cart",
        "egress": "it reaches db outside",
        "exposed": "it exposes port 80 as 8080 of 127.0.0.1",
        "volumes": "it mounts /data",
    }
    assert exposed(made.services["cart"]) == {}


def test_a_service_that_only_answers_has_no_connect() -> None:
    found = selected()
    assert found.names == ("core", "net", "net/listen")
    assert found.syscalls == ("listen", "read", "socket")
    assert [library.name for library in found.left_out] == [
        "fs/copy", "fs/links", "net/connect", "net/udp", "proc/limits",
    ]  # fmt: skip
    assert found.options == {"DEBUG": 0}
    reasons = {each.name: each.reasons for each in found.chosen}
    assert reasons["net/listen"] == ("calls are answered",)


def test_names_modules_symbols_and_paths_of_the_code_ask() -> None:
    code = Code(
        modules=frozenset({"shutil", "os"}),
        names={"symlink_to": ("backup", "cart", "other")},
        symbols={"getaddrinfo": ("a.b", "c"), "connect": ("a.b",)},
        paths={"/proc/self/limits": ("cart",), "/proc/nothing": ("cart",)},
    )
    reasons = {each.name: each.reasons for each in selected(code=code).chosen}
    assert reasons == {
        "core": ("every image has it",),
        "fs/copy": ("shutil is imported: it copies",),
        "fs/links": ("backup and 2 others use symlink_to: links are made",),
        "net": (),
        "net/connect": ("a.b uses connect()",),
        "net/listen": ("calls are answered",),
        "net/udp": ("a.b and c use getaddrinfo(): names are asked",),
        "proc/limits": ("cart uses /proc/self/limits",),
    }


def test_some_names_count_in_the_projects_own_modules_only() -> None:
    users = {"limit": ("cart", "library")}
    assert "proc/limits" not in selected(code=Code(names={"limit": ("library",)})).names
    assert "proc/limits" not in selected(code=Code(names=users, own=frozenset({"web"}))).names
    found = selected(code=Code(names=users, own=frozenset({"cart"})))
    reasons = {each.name: each.reasons for each in found.chosen}
    assert reasons["proc/limits"] == ("cart uses limit: it limits",)


@pytest.mark.parametrize(
    ("path", "has"),
    [("/proc/self", True), ("/proc/self/limits", True), ("/proc", True), ("/proc/sel", False)],
)
def test_a_file_is_had_with_what_it_lies_in(path: str, has: bool) -> None:
    assert Library("proc", "", files=("/proc/self",)).has_file(path) is has
    assert not Library("nothing", "").has_file(path)


def test_a_call_that_is_named_as_such_needs_no_line() -> None:
    reasons = {each.name: each.reasons for each in selected(code=code_with("os.link")).chosen}
    assert reasons["fs/links"] == ("cart uses os.link",)
    assert {"os.link", "link", "symlink_to", "getaddrinfo"} <= noted(NEEDS, SOURCES.libraries)


def test_a_program_of_which_nothing_is_known_gets_everything() -> None:
    assert selected(code=OPAQUE).left_out == ()


def test_a_profile_takes_the_place_of_what_the_code_seems_to_need() -> None:
    code = Code(modules=frozenset({"shutil"}), names={"symlink_to": ("cart",)})
    profile = Profile(("connect", "read"), ("/proc/self/limits",), path="cart.toml")
    asked = wanted(SOURCES, NEEDS, {"answers": "calls are answered"}, code, profile=profile)
    found = select(SOURCES, asked)
    assert found.names == ("core", "net", "net/connect", "net/listen", "proc/limits")
    reasons = {each.name: each.reasons for each in found.chosen}
    assert reasons["net/connect"] == ("cart.toml has connect",)
    assert reasons["proc/limits"] == ("cart.toml has /proc/self/limits",)


def test_what_is_included_is_there_with_all_that_it_requires() -> None:
    found = selected(include=("fs/copy",))
    assert {"fs/copy", "fs/links"} <= {*found.names}
    reasons = {each.name: each.reasons for each in found.chosen}
    assert reasons["fs/copy"] == ("topology.toml:10 includes it",)


def test_what_is_only_likely_may_be_excluded() -> None:
    code = code_with("symlink_to")
    assert "fs/links" in selected(code=code).names
    assert "fs/links" not in selected(code=code, exclude=("fs/links",)).names
    assert "net/udp" not in selected(exclude=("net/udp",)).names


def test_what_every_image_has_may_be_optional() -> None:
    handy = ("it is handy", Asked(frozenset({"net/udp"})), False)
    asked = wanted(SOURCES, evolve(NEEDS, always=(*NEEDS.always, handy)), {}, Code())
    assert select(SOURCES, asked).names == ("core", "net", "net/udp")
    assert select(SOURCES, asked, LibosWishes(exclude=("net/udp",))).names == ("core",)


def test_what_is_certain_is_not_excluded() -> None:
    assert faults(exclude=("net/listen", "net")) == [
        "topology.toml:10: services.cart.libos.exclude[0]: net/listen cannot be left out:"
        " calls are answered, take it out of exclude",
        "topology.toml:11: services.cart.libos.exclude[1]: net cannot be left out:"
        " net is required by net/listen, and calls are answered, take it out of exclude",
    ]


def test_what_a_likely_library_requires_goes_with_it_or_not_at_all() -> None:
    code = Code(modules=frozenset({"shutil"}))
    assert faults(code=code, exclude=("fs/links",)) == [
        "topology.toml:10: services.cart.libos.exclude[0]: fs/links cannot be left out:"
        " fs/links is required by fs/copy, and shutil is imported: it copies,"
        " exclude fs/copy too, or take it out of exclude"
    ]
    both = selected(code=code, exclude=("fs/links", "fs/copy"))
    assert both.names == ("core", "net", "net/listen")


@pytest.mark.parametrize("name", [library.name for library in SOURCES.libraries])
def test_nothing_that_is_excluded_is_ever_there(name: str) -> None:
    """Either it is refused, or it is not there: for every library and kind of want."""
    for code in (Code(), OPAQUE, Code(frozenset({"shutil"}), {"symlink_to": ("cart",)})):
        try:
            found = selected(code=code, exclude=(name,))
        except UserError as error:
            assert f"{name} cannot be left out" in str(error)
        else:
            assert name not in found.names


def test_options_are_set() -> None:
    assert selected(options={"DEBUG": 1}).options == {"DEBUG": 1}
    assert selected(include=("net/udp",), options={"QUEUE": 8}).options == {"DEBUG": 0, "QUEUE": 8}


def test_every_wrong_name_and_value_is_told_at_once() -> None:
    wishes = {
        "include": ("net/upd",),
        "exclude": ("vsdo",),
        "options": {"DEBGU": 1, "DEBUG": 2, "QUEUE": "x"},
    }
    assert faults(**wishes) == [
        "topology.toml:10: services.cart.libos.include[0]: there is no library 'net/upd',"
        " did you mean 'net/udp'?",
        "topology.toml:10: services.cart.libos.exclude[0]: there is no library 'vsdo', use one of:"
        " core, fs/copy, fs/links, net, net/connect, net/listen, net/udp, proc/limits",
        "topology.toml:20: services.cart.libos.options.DEBGU: there is no option 'DEBGU',"
        " did you mean 'DEBUG'?",
        "topology.toml:20: services.cart.libos.options.DEBUG: 2 is out of range, use 0 to 1",
        "topology.toml:20: services.cart.libos.options.QUEUE: text ('x') where a whole number (64)"
        " is the default, use its type",
    ]


def test_an_option_of_a_library_that_is_not_there() -> None:
    assert faults(options={"QUEUE": 8}) == [
        "topology.toml:20: services.cart.libos.options.QUEUE: QUEUE is an option of net/udp, which"
        " cart does not have, include net/udp, or leave the option out"
    ]


def test_values_of_options() -> None:
    kind = Option("small", choices=("small", "large"))
    assert wrong_value(kind, "large") is None
    assert wrong_value(kind, "huge") == (
        "'huge' is none of its values",
        "use one of: 'small', 'large'",
    )
    assert wrong_value(Option(4), 5) is None
    assert wrong_value(evolve(kind, choices=()), 5) is not None
