"""What imports what: the answer of the analyser."""

from __future__ import annotations

from pathlib import Path

from attrs import field, frozen

from meshkernel.image.distributions import Distributions


@frozen
class Module:
    """One module.

    ``kind`` is source, bytecode, extension, builtin, frozen, namespace, alias,
    missing, or excluded: nothing that counts imports it.
    """

    name: str
    kind: str
    file: Path | None = None
    package: bool = False
    distribution: str | None = None


@frozen
class Import:
    """One module's import of another.

    ``deferred``: inside a function. ``optional``: may fail or be skipped, as in a ``try``.
    ``name``: behind a ``from ... import``, where it may be no module at all.
    """

    target: str
    deferred: bool = False
    optional: bool = False
    name: bool = False


@frozen
class Imports:
    """Every module reached, what each imports, and what is installed."""

    modules: dict[str, Module]
    imports: dict[str, tuple[Import, ...]]
    distributions: Distributions = field(factory=Distributions)
