"""The libraries of the library OS: what their manifests say is true, and each can be left out."""

from __future__ import annotations

import re
import subprocess
import tomllib
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from meshkernel import config
from meshkernel.config.libos import Library, LibrarySources
from meshkernel.config.selection import Selection, Want, everything, select
from meshkernel.image import python_layout
from meshkernel.image.filesystem import FIRST_INODE
from meshkernel.toolchain.cache import Cache
from meshkernel.toolchain.compiled import LibraryOS
from meshkernel.toolchain.libos import Builder

from .conftest import LIBOS, REPOSITORY

SOURCES = LibrarySources.load()
NAMES = [library.name for library in SOURCES.libraries]
KEYS = {"purpose", "requires", "sources", "options", "provides", "shared"}
THIRD_PARTY = {"third_party", "third_party_sources", "third_party_includes"}
PROVIDES = {"syscalls", "drivers", "files", "sockets"}
OF_SEALING = ("continues_member_", "seals_member_", "hindrances_member_")
"""What libraries add for `seal` alone (core/set.h): it goes where that is left out."""
UNUSED = {"atoi"}
"""Only what the linker drops names these: lwIP's netif_find."""
BASE = "core"
"""Whatever else there is, this is."""


def manifest(name: str) -> dict[str, object]:
    return tomllib.loads((LIBOS / name / "lib.toml").read_text())


@cache
def builder() -> Builder:
    return Builder.of(Cache(REPOSITORY / "build" / "cache"))


def built(selection: Selection) -> LibraryOS:
    headers = config.headers(SOURCES, selection)
    headers["python.h"] = python_layout.render(None, FIRST_INODE)
    return builder().build(headers, selection.names)


@cache
def symbols(path: Path) -> tuple[frozenset[str], frozenset[str]]:
    """The global symbols that an object defines, and those that it wants."""
    text = subprocess.run(["nm", "-g", path], capture_output=True, text=True, check=True).stdout
    rows = [line.split()[-2:] for line in text.splitlines()]
    wanted = {name for kind, name in rows if kind == "U"}
    return frozenset(name for kind, name in rows if kind not in "Uwv"), frozenset(wanted)


def locals_of(path: Path) -> list[str]:
    """The symbols that an object has for itself."""
    text = subprocess.run(["nm", path], capture_output=True, text=True, check=True).stdout
    rows = [line.split()[-2:] for line in text.splitlines()]
    return [name for kind, name in rows if kind.islower()]


def undefined(libos: LibraryOS) -> dict[str, set[str]]:
    """What nobody defines, with the libraries that want it."""
    script = (LIBOS / "kernel.ld").read_text()
    defined = {*re.findall(r"\b(\w+) = ", script)}
    for path in libos.objects:
        defined |= symbols(path)[0]
    missing: dict[str, set[str]] = {}
    for path in libos.objects:
        for name in symbols(path)[1] - defined - UNUSED:
            missing.setdefault(name, set()).add(libos.owners[str(path)])
    return missing


def test_every_source_belongs_to_one_library() -> None:
    named = Counter(
        LIBOS / library.name / source
        for library in SOURCES.libraries
        for source in [*library.sources, *shared_sources(library)]
    )
    there = {path for path in LIBOS.rglob("*") if path.suffix in (".c", ".S")}
    assert {path for path, count in named.items() if count > 1} == set()
    assert there == set(named)


def shared_sources(library: Library) -> list[str]:
    shared = manifest(library.name).get("shared")
    return list(shared["sources"]) if isinstance(shared, dict) else []


@pytest.mark.parametrize("name", NAMES)
def test_a_manifest_has_what_it_needs(name: str) -> None:
    found = manifest(name)
    assert found.keys() <= KEYS | THIRD_PARTY
    assert found["purpose"]
    provides = found.get("provides", {})
    assert isinstance(provides, dict)
    assert provides.keys() <= PROVIDES
    library = SOURCES.libraries[NAMES.index(name)]
    assert set(library.requires) <= set(NAMES) - {name}
    for option, table in library.options.items():
        assert re.fullmatch(r"[A-Z][A-Z0-9_]*", option)
        assert table.purpose
        assert (table.range is None) != (table.choices == ())
        if table.range is not None:
            low, high = table.range
            assert low <= int(table.default) <= high
        else:
            assert table.default in table.choices


def test_what_is_provided_is_provided_once() -> None:
    for what in ("syscalls", "drivers", "files", "sockets"):
        count = Counter(item for library in SOURCES.libraries for item in getattr(library, what))
        assert [item for item, times in count.items() if times > 1] == []


def test_libraries_define_the_system_calls_that_they_provide_and_no_others() -> None:
    libos = built(everything(SOURCES))
    defined: dict[str, set[str]] = {}
    for path in libos.objects:
        calls = {name.removeprefix("sys_") for name in symbols(path)[0] if name.startswith("sys_")}
        defined.setdefault(libos.owners[str(path)], set()).update(calls)
    for library in SOURCES.libraries:
        own = defined[library.name] - {"unknown"}
        assert own == set(library.syscalls), library.name


@pytest.mark.parametrize("name", NAMES)
def test_a_library_names_nothing_that_it_does_not_require(name: str) -> None:
    """Linked with what it requires and nothing else, no symbol is missing."""
    selection = select(SOURCES, [Want(BASE, "a test"), Want(name, "a test")])
    assert undefined(built(selection)) == {}


def optional() -> list[str]:
    """The libraries that nothing requires, not even the base."""
    required = {other for library in SOURCES.libraries for other in library.requires}
    return [name for name in NAMES if name not in required and name != BASE]


@pytest.mark.parametrize("name", optional())
def test_a_library_can_be_left_out(name: str) -> None:
    wants = [Want(other, "a test") for other in NAMES if other != name]
    selection = select(SOURCES, wants)
    assert name not in selection.names
    libos = built(selection)
    assert name not in libos.owners.values()
    assert undefined(libos) == {}


def test_services_share_the_objects_that_do_not_depend_on_their_libraries() -> None:
    some, more = (
        built(select(SOURCES, [Want(BASE, "a test"), *wants]))
        for wants in ([], [Want("ipc/epoll", "a test")])
    )
    differing = set(some.objects) - set(more.objects)
    assert len(differing) == 2  # the table of system calls, and what is told of the others


def test_an_image_has_no_symbol_of_a_library_that_was_left_out(tmp_path: Path) -> None:
    wants = [Want(name, "a test") for name in (BASE, "drivers/virtio/net", "net/tcp/listen")]
    selection = select(SOURCES, wants)
    full = built(everything(SOURCES))
    absent, there = set[str](), set[str]()
    for path in full.objects:
        chosen = full.owners[str(path)] in selection.names
        (there if chosen else absent).update(symbols(path)[0])
    files = tmp_path / "files"
    files.write_bytes(b"")
    linked = builder().link(built(selection), files, tmp_path / "image.elf")
    text = subprocess.run(["nm", linked.debug], capture_output=True, text=True, check=True).stdout
    names = {line.split()[-1] for line in text.splitlines()}
    assert "tcp_listening" in names
    assert {"udp_new", "sys_connect", "raw_input", "ip6_input", "tcp_bound_time_wait"} & absent
    assert names & (absent - there) == set()
    assert not [name for name in names if name.startswith(OF_SEALING)]
    assert [
        name for path in full.objects for name in locals_of(path) if name.startswith(OF_SEALING)
    ]
    assert set(linked.libraries) == set(selection.names)
