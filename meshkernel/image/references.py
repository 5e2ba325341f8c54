"""What one source refers to: names, attributes of modules, and files of the system.

A name counts wherever it stands. ``os.replace`` is told from ``text.replace``: a name that is bound
by an import leads to its module, whatever it is called there.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator

from attrs import frozen

from meshkernel.image import syntax
from meshkernel.toolchain.cache import Cache, digest

FORMAT = "2"
SYSTEM_PATH = re.compile(r"/(?:proc|dev|sys|tmp)(?:/[\w./-]*)?")
"""A file below one of the folders that the library OS itself fills."""


@frozen
class References:
    """Everything in one source.

    Attributes:
        names: attributes, variables, modules, and ``module.attribute`` of imported modules.
        paths: files below /proc, /dev, /sys and /tmp; of an f-string, what it begins with.
    """

    names: frozenset[str]
    paths: frozenset[str]


def references(source: bytes, cache: Cache) -> References:
    """Reads a source, once for as long as its contents are known."""
    kept = cache.path("references", digest(FORMAT, source), ".json")
    try:
        names, paths = json.loads(kept.read_bytes())
    except FileNotFoundError:
        tree = syntax.parse(source)
        names, paths = sorted(set(_names(tree))), sorted(set(_paths(tree)))
        cache.write(kept, json.dumps([names, paths]).encode())
    return References(frozenset(names), frozenset(paths))


def _names(tree: ast.Module) -> Iterator[str]:
    modules = dict(_modules(tree))
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id=name), attr=attribute) if name in modules:
                yield attribute
                yield f"{modules[name]}.{attribute}"
            case ast.Attribute(attr=attribute):
                yield attribute
            case ast.Name(id=name):
                yield name
            case ast.Import(names=aliases):
                yield from (alias.name for alias in aliases)
            case ast.ImportFrom(module=str(module), names=aliases, level=0):
                yield module
                for alias in aliases:
                    yield alias.name
                    yield f"{module}.{alias.name}"


def _modules(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Names that imports bind to modules, with the modules."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=aliases):
                for alias in aliases:
                    top = alias.name.partition(".")[0]
                    yield (alias.asname, alias.name) if alias.asname else (top, top)
            case ast.ImportFrom(module=str(module), names=aliases, level=0):
                for alias in aliases:
                    yield alias.asname or alias.name, f"{module}.{alias.name}"


def _paths(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.JoinedStr(values=[ast.Constant(value=str(text)), *_]):
                if found := SYSTEM_PATH.match(text):
                    yield found[0].rstrip("/")
            case ast.Constant(value=str(text)) if SYSTEM_PATH.fullmatch(text):
                yield text.rstrip("/")
