"""The table of needs: every line means something, and has its reason."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest
from attrs import evolve

from meshkernel.config import LibrarySources
from meshkernel.config.libos import LIBOS
from meshkernel.config.selection import load_needs, needs, service_facts, wanted
from meshkernel.config.selection.code import Code
from meshkernel.config.selection.needs import TABLE

TEXT = tomllib.loads(TABLE.read_text())
LINES = [line for lines in TEXT.values() for line in lines]
ASKS = {"libraries", "syscalls", "drivers", "files", "sockets"}
KEYS = {
    "always": {"because", "optional"} | ASKS,
    "topology": {"fact"} | ASKS,
    "code": {"because", "modules", "names", "own_names", "since", "symbols"} | ASKS,
}
SOCKET = re.compile(r"AF_[A-Z0-9]+ SOCK_[A-Z]+( connect| listen| pair)?")


@pytest.fixture(scope="module")
def sources() -> LibrarySources:
    return LibrarySources.load()


@pytest.fixture(scope="module")
def names_of_calls() -> set[str]:
    """Every system call that Linux has."""
    header = (LIBOS / "arch" / "x86_64" / "syscall_names.h").read_text()
    return set(re.findall(r"^NAME\(\d+, (\w+)\)", header, re.MULTILINE))


def test_lines_have_known_keys_and_a_reason() -> None:
    assert TEXT.keys() == KEYS.keys()
    for kind, lines in TEXT.items():
        for line in lines:
            assert line.keys() <= KEYS[kind], line
            assert line.keys() & ASKS, line
            assert line.get("because") or line.get("fact"), line
    for line in TEXT["code"]:
        assert line.keys() & {"modules", "names", "own_names", "symbols"}, line


@pytest.mark.parametrize(("release", "asked"), [((3, 11), False), ((3, 12), True)])
def test_a_line_may_be_for_later_releases(
    monkeypatch: pytest.MonkeyPatch, release: tuple[int, int], asked: bool
) -> None:
    monkeypatch.setattr(needs, "VERSION", release)
    lines = load_needs.__wrapped__(TABLE).code
    of_asyncio = [line for line in lines if "asyncio" in line.modules]
    assert any("sendmsg" in line.asked.syscalls for line in of_asyncio) is asked


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.get("because") or line["fact"])
def test_what_a_line_asks_for_exists(
    line: dict[str, Any], sources: LibrarySources, names_of_calls: set[str]
) -> None:
    assert set(line.get("syscalls", ())) <= names_of_calls
    assert set(line.get("libraries", ())) <= {library.name for library in sources.libraries}
    assert all(SOCKET.fullmatch(socket) for socket in line.get("sockets", ()))
    assert all(file.startswith(("/proc/", "/dev/", "/tmp")) for file in line.get("files", ()))


def test_every_fact_of_a_topology_is_in_the_table() -> None:
    from .test_selection import plan

    web = plan().services["web"]
    facts = service_facts(evolve(web, service=evolve(web.service, warm=True)))
    assert {*facts} == {*load_needs().facts}


def test_what_every_image_needs_is_there(sources: LibrarySources) -> None:
    found = wanted(sources, load_needs(), {}, Code())
    assert {want.library for want in found if not want.certain} == {"trace", "vdso"}
    provided = {call for library in sources.libraries for call in library.syscalls}
    asked = {call for _, asked, _ in load_needs().always for call in asked.syscalls}
    if provided:
        assert asked <= provided
