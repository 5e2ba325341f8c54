"""What a program's modules refer to: the names and paths from which `config/` sees what it needs.

The standard library has a word for nearly every system call, so it does not count: which of its
modules is in the image does. Nor does meshkernel's own runtime, whose needs the topology tells.
"""

from __future__ import annotations

import marshal
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from types import CodeType

from attrs import define, field

from meshkernel.config.selection import Code
from meshkernel.image import objects
from meshkernel.image.imports import Module
from meshkernel.image.paths import Environment
from meshkernel.image.references import references
from meshkernel.toolchain.cache import Cache

OURS = Path(__file__).resolve().parents[1]
HEADER = 16
"""Bytes of a ``.pyc`` before its code."""

SYSTEM_PATH_IN_OBJECT = re.compile(rb"/(?:proc|dev|sys|tmp)/[\w./-]*\w")


@define
class _Notes:
    """Who refers to what."""

    names: defaultdict[str, set[str]] = field(factory=lambda: defaultdict(set))
    symbols: defaultdict[str, set[str]] = field(factory=lambda: defaultdict(set))
    paths: defaultdict[str, set[str]] = field(factory=lambda: defaultdict(set))
    own: set[str] = field(factory=set)


def uses(
    modules: Iterable[Module],
    environment: Environment,
    wanted: frozenset[str],
    cache: Cache,
    program: Collection[str] = (),
) -> Code:
    """What these modules say of the calls that they make.

    Args:
        modules: all that are in the image.
        environment: says which are of the standard library.
        wanted: the names that are worth to be noted.
        cache: of what sources refer to.
        program: modules that count wherever they are, as in ``-m http.server``.
    """
    modules = list(modules)
    notes = _Notes()
    for module in modules:
        if module.file is None or module.file.is_relative_to(OURS):
            continue
        if module.name in program or not _is_standard(module.file, environment):
            told = module.file.name if module.name == str(module.file) else module.name
            if environment.place(module.file).project:
                notes.own.add(told)
            _note(notes, told, module, module.file, cache)
    return Code(
        modules=frozenset(module.name for module in modules),
        names=_sorted({name: notes.names[name] for name in wanted & notes.names.keys()}),
        own=frozenset(notes.own),
        symbols=_sorted({name: notes.symbols[name] for name in wanted & notes.symbols.keys()}),
        paths=_sorted(notes.paths),
    )


def _sorted(found: Mapping[str, Iterable[str]]) -> dict[str, tuple[str, ...]]:
    return {name: tuple(sorted(found[name])) for name in sorted(found)}


def _is_standard(file: Path, environment: Environment) -> bool:
    """Whether a module is the interpreter's."""
    distributed = any(file.is_relative_to(folder) for folder in environment.site)
    return not distributed and any(file.is_relative_to(f) for f in environment.standard)


def _note(notes: _Notes, told: str, module: Module, file: Path, cache: Cache) -> None:
    """Notes what one module refers to, under the name that is told of it."""
    names: Iterable[str] = ()
    symbols: Iterable[str] = ()
    paths: Iterable[str] = ()
    if module.kind == "extension":
        private = [found.file for found in objects.closure([file]).values() if found.private]
        for binary in (file, *private):
            symbols = {*symbols, *objects.symbols(binary)}
            paths = {*paths, *_paths_in(binary)}
    elif module.kind == "bytecode":
        # It is only looked at, and not executed.
        names = set(_names_in(marshal.loads(file.read_bytes()[HEADER:])))  # noqa: S302
    else:
        found = references(file.read_bytes(), cache)
        names, paths = found.names, found.paths
    for kind, given in ((notes.names, names), (notes.symbols, symbols), (notes.paths, paths)):
        for name in given:
            kind[name].add(told)


def _paths_in(binary: Path) -> Iterator[str]:
    for path in SYSTEM_PATH_IN_OBJECT.findall(binary.read_bytes()):
        yield path.decode()


def _names_in(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names_in(constant)
