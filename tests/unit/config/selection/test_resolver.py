"""The closure: of every set of wants, on made-up libraries with all kinds of requirements."""

from __future__ import annotations

import random
from itertools import combinations

import pytest

from meshkernel.config.libos import Library
from meshkernel.config.selection import Want, chain, resolve

LIBRARIES = (
    Library("core", "Core", ("arch",)),
    Library("arch", "Processor", ("core",)),  # each needs the other
    Library("net", "Network", ("core", "timers")),
    Library("net/tcp", "TCP", ("net",)),
    Library("net/listen", "Listening", ("net/tcp",)),
    Library("net/udp", "UDP", ("net",)),
    Library("fs", "Files", ("core",)),
    Library("fs/links", "Links", ("fs",)),
    Library("timers", "Timers", ("core",)),
    Library("alone", "Nobody needs it"),
)
NAMES = [library.name for library in LIBRARIES]
REQUIRES = {library.name: set(library.requires) for library in LIBRARIES}


def names(wants: list[Want]) -> set[str]:
    return {each.name for each in resolve(LIBRARIES, wants)}


SETS = [set(some) for size in range(4) for some in combinations(NAMES, size)]


@pytest.mark.parametrize("asked", SETS, ids=lambda asked: "+".join(sorted(asked)))
def test_the_closure_is_closed_and_has_nothing_that_nobody_asks_for(asked: set[str]) -> None:
    found = names([Want(name, "a test wants it") for name in asked])
    assert asked <= found
    assert all(REQUIRES[name] <= found for name in found)
    reached = set(asked)
    while more := {other for name in reached for other in REQUIRES[name]} - reached:
        reached |= more
    assert found == reached


def test_more_wants_never_give_less() -> None:
    for asked in SETS:
        for more in NAMES:
            small = [Want(name, "x") for name in asked]
            assert names(small) <= names([*small, Want(more, "y")])


def test_the_order_of_libraries_and_wants_does_not_matter() -> None:
    wants = [
        Want("net/listen", "calls are answered"),
        Want("fs/links", "shutil is imported", certain=False),
        Want("net", "it has a network"),
        Want("net", "another reason"),
    ]
    expected = resolve(LIBRARIES, wants)
    shuffle = random.Random(1).shuffle
    for _ in range(20):
        libraries, mixed = list(LIBRARIES), list(wants)
        shuffle(libraries)
        shuffle(mixed)
        assert resolve(libraries, mixed) == expected
    assert [each.name for each in expected] == sorted(each.name for each in expected)


def test_every_library_has_its_reasons() -> None:
    wants = [
        Want("net", "a guess", certain=False),
        Want("net", "a certainty"),
        Want("net", "a certainty"),
        Want("net/udp", "names are resolved"),
    ]
    found = {each.name: each for each in resolve(LIBRARIES, wants)}
    assert {name: each.why for name, each in found.items()} == {
        "arch": ("required by core",),
        "core": ("required by arch, net, timers",),
        "net": ("a certainty", "a guess"),
        "net/udp": ("names are resolved",),
        "timers": ("required by net",),
    }
    assert found["net"].required_by == ("net/udp",)


def test_a_chain_of_reasons_ends_with_one_of_the_services_own() -> None:
    wants = [Want("net/listen", "calls are answered on port 7000")]
    assert chain(LIBRARIES, wants, "net/listen") == "calls are answered on port 7000"
    assert chain(LIBRARIES, wants, "net") == (
        "net is required by net/tcp, net/tcp is required by net/listen,"
        " and calls are answered on port 7000"
    )
    assert chain(LIBRARIES, wants, "fs") is None
    assert chain(LIBRARIES, wants, "nothing") is None


def test_a_manifest_that_requires_what_is_not_there() -> None:
    with pytest.raises(ValueError, match=r"a/lib\.toml: requires b, which is not there"):
        resolve([Library("a", "A", ("b",))], [])


def test_a_want_for_what_is_not_there() -> None:
    with pytest.raises(ValueError, match="there is no library x, wanted since of a line"):
        resolve(LIBRARIES, [Want("x", "of a line")])
