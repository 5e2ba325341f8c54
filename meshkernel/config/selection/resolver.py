"""The closure of what a service needs, with the reasons. Pure: values go in, values come out.

The graph has an edge from each library to those that it requires, and one from the service itself
to each library that something asks for. What the service reaches is what it gets. networkx, which
takes longer to import than all of this takes, comes only where a way through the graph is asked
for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from attrs import frozen

from meshkernel.config.libos import Library

if TYPE_CHECKING:
    import networkx as nx

SHOWN = 4
"""Of the libraries that require one, this many are told."""

SERVICE = ""
"""The node of the service; no library has this name."""


@frozen
class Want:
    """Something that asks for a library.

    Attributes:
        library: its name.
        reason: why, as a clause: "calls are answered on port 7000".
        certain: whether the service cannot work without. What is only likely, since a module that
            may use it is in the image, a user may exclude.
    """

    library: str
    reason: str
    certain: bool = True


@frozen
class Chosen:
    """A library that a service gets.

    Attributes:
        library: it.
        reasons: what the service itself says; certain reasons first.
        required_by: the other libraries of the service that cannot do without.
    """

    library: Library
    reasons: tuple[str, ...]
    required_by: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.library.name

    @property
    def why(self) -> tuple[str, ...]:
        """The service's own reasons, or else the libraries that require it."""
        if self.reasons:
            return self.reasons
        told = ", ".join(self.required_by[:SHOWN])
        if more := len(self.required_by[SHOWN:]):
            told += f" and {more} more"
        return (f"required by {told}",)


def needed(libraries: Iterable[Library], wants: Iterable[Want]) -> dict[str, tuple[str, ...]]:
    """What each library requires, and what the service itself wants.

    Raises:
        ValueError: a library requires what is not there, which is a fault in a manifest; or one
            that is wanted is not there.
    """
    edges = {library.name: library.requires for library in libraries}
    for library, required in edges.items():
        for name in required:
            if name not in edges:
                raise ValueError(f"{library}/lib.toml: requires {name}, which is not there")
    asked: dict[str, None] = {}
    for want in wants:
        if want.library not in edges:
            raise ValueError(f"there is no library {want.library}, wanted since {want.reason}")
        asked[want.library] = None
    return {**edges, SERVICE: tuple(asked)}


def reached(edges: Mapping[str, Iterable[str]]) -> set[str]:
    """The libraries that the service comes to."""
    found: set[str] = set()
    waiting = [*edges[SERVICE]]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += edges[name]
    return found


def resolve(libraries: Iterable[Library], wants: Iterable[Want]) -> tuple[Chosen, ...]:
    """The libraries that these wants come to, by name."""
    known = {library.name: library for library in libraries}
    wants = tuple(wants)
    asked = _reasons(wants)
    if not asked.keys() <= known.keys():
        needed(known.values(), wants)  # says which
    requires = tuple((library.name, library.requires) for library in known.values())
    return tuple(
        Chosen(known[name], asked.get(name, ()), required_by)
        for name, required_by in _closure(requires, frozenset(asked))
    )


@lru_cache(maxsize=256)
def _closure(
    requires: tuple[tuple[str, tuple[str, ...]], ...], asked: frozenset[str]
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """What these libraries come to, by name, each with those that require it. Many services of a
    mesh ask for the same.
    """
    libraries = (Library(name, "", requires=required) for name, required in requires)
    edges = needed(libraries, (Want(name, "") for name in asked))
    names = reached(edges)
    requiring: dict[str, list[str]] = {name: [] for name in names}
    for name in sorted(names):
        for required in {*edges[name]} - {name}:
            requiring[required].append(name)
    return tuple((name, tuple(requiring[name])) for name in sorted(names))


def chain(libraries: Iterable[Library], wants: Iterable[Want], name: str) -> str | None:
    """Why a service has a library, in one sentence that ends with a reason of its own.

    None if it does not have it.
    """
    wants = tuple(wants)
    import networkx as nx  # noqa: PLC0415

    edges = needed(libraries, wants)
    graph: nx.DiGraph[str] = nx.DiGraph({key: list(edges[key]) for key in edges})
    if name not in graph or not nx.has_path(graph, SERVICE, name):
        return None
    _, *path = nx.shortest_path(graph, SERVICE, name)
    reason = _reasons(wants)[path[0]][0]
    steps = [f"{needed} is required by {by}" for by, needed in pairwise(path)]
    told = ", ".join(reversed(steps))
    return f"{told}, and {reason}" if told else reason


def _reasons(wants: Iterable[Want]) -> Mapping[str, tuple[str, ...]]:
    """What the service itself says about each library; certain reasons first, each once."""
    found: dict[str, dict[str, None]] = {}
    for want in sorted(wants, key=lambda want: (not want.certain, want.library, want.reason)):
        found.setdefault(want.library, {})[want.reason] = None
    return {name: tuple(reasons) for name, reasons in found.items()}
