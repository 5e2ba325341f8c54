"""What the installed distributions are, and which of them each says that it uses."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from functools import cache
from importlib import metadata

from attrs import field, frozen

DEVELOPMENT = (
    *("*bench*", "check", "cover*", "*dev*", "*doc*", "enabler", "*lint*", "*mypy*", "*test*"),
    *("type", "types", "typing"),
)
"""Extras that nobody runs a program with."""

NAME = re.compile(r"[\w.-]+")
EXTRA = re.compile(r"extra\s*==\s*['\"]([^'\"]+)")


@frozen
class Distributions:
    """All of an environment.

    Attributes:
        owners: for each importable top-level name, the distributions that have it.
        requires: for each distribution, those that its requirements name, with its extras.
    """

    owners: Mapping[str, frozenset[str]] = field(factory=dict)
    requires: Mapping[str, frozenset[str]] = field(factory=dict)

    def of(self, module: str) -> frozenset[str]:
        """The distributions that a module may be from; none if it is not installed."""
        return self.owners.get(module.partition(".")[0], frozenset())

    def expects(self, importer: str, target: str) -> bool:
        """Whether a module may count on another: its distribution says that it uses the other's.

        True as well for modules that are of no distribution.
        """
        ours, theirs = self.of(importer), self.of(target)
        if not ours or not theirs or ours & theirs:
            return True
        return any(self.requires.get(name, frozenset()) & theirs for name in ours)

    def used_by(self, names: Iterable[str]) -> set[str]:
        """The top-level names of these, of what they require, of what those require, and so on."""
        seen: set[str] = set()
        left = [name for top in names for name in self.of(top)]
        while left:
            name = left.pop()
            if name not in seen:
                seen.add(name)
                left += self.requires.get(name, ())
        return {top for top, owners in self.owners.items() if owners & seen}


@cache
def installed() -> Distributions:
    """Those of this interpreter."""
    owners = {
        top: frozenset(_normal(name) for name in names)
        for top, names in metadata.packages_distributions().items()
    }
    requires = {
        _normal(each.name): frozenset(required(each.requires or ()))
        for each in metadata.distributions()
        if each.name
    }
    return Distributions(owners, requires)


def required(requirements: Iterable[str]) -> Iterable[str]:
    """The distributions that these requirements name, but for those of development."""
    for requirement in requirements:
        name = NAME.match(requirement.strip())
        extras = EXTRA.findall(requirement)
        development = any(fnmatchcase(e.lower(), d) for e in extras for d in DEVELOPMENT)
        if name and not development:
            yield _normal(name[0])


def _normal(name: str) -> str:
    """One spelling for every name of a distribution, as registries have it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()
