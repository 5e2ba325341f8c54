"""What one service needs of all the modules that were analysed.

An import counts wherever it stands, even in a function or a ``try``: it may run. The exceptions
are in `rules`. ``--include`` brings back anything.
"""

from __future__ import annotations

import ast
import sysconfig
from collections.abc import Collection, Iterable
from pathlib import Path

from attrs import frozen

from meshkernel.image import syntax
from meshkernel.image.imports import Imports, Module
from meshkernel.image.rules import counts

OPENSSL = "_hashlib"
FEW_HASHES = ("hashlib", "random", "uuid")
"""Where only these import hashlib, its own MD5 and SHA in C will do, without OpenSSL."""

START = ("encodings", "io", "os", "runpy", "site", "traceback", "warnings")
"""What the interpreter imports by itself: at its start, and to print an exception."""

CODECS = (
    *("aliases", "ascii", "cp437", "hex_codec", "latin_1", "raw_unicode_escape"),
    *("unicode_escape", "utf_16", "utf_16_be", "utf_16_le", "utf_8", "utf_8_sig"),
)
"""Encodings that are in every image: of source files, of JSON, of pickles, of zip archives."""

SYSCONFIG_DATA = getattr(sysconfig, "_get_sysconfigdata_name")()  # noqa: B009 - distributions differ
"""The module that says how the interpreter was compiled."""

IMPLIED = {
    "_socket": ("encodings.idna",),  # of host names, whatever they look like
    "sysconfig": (SYSCONFIG_DATA,),
    "_zoneinfo": ("zoneinfo._common", "zoneinfo._tzpath"),
    "zoneinfo._common": ("tzdata.zoneinfo",),  # /usr/share/zoneinfo comes with --stdlib alone
    "_decimal": ("numbers", "collections"),
    "_datetime": ("_strptime",),
    "_ctypes": ("ctypes._endian",),
    # multiprocessing.allow_connection_pickling(), which uvicorn calls when it is imported
    "multiprocessing.context": ("multiprocessing.connection",),
    "encodings.idna": ("encodings.punycode",),
    "importlib.resources": ("importlib.readers",),
    # what Starlette runs plain functions in threads with
    "anyio._core._eventloop": ("anyio._backends._asyncio",),
}
"""Imports in C or by computed names, which no analyser sees; modulegraph2 knows of some more."""


@frozen
class Missing:
    """An import that will fail when it is reached."""

    name: str
    file: Path
    line: int | None

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else str(self.file)
        return f"{place}: import {self.name}: there is no such module in this environment"


@frozen
class Closure:
    """The modules of an image, sorted by name, and those that it lacks."""

    modules: tuple[Module, ...]
    missing: tuple[Missing, ...]


def roots(program: Iterable[str]) -> list[str]:
    """The modules to analyse for a program that consists of these."""
    return sorted({*START, *(f"encodings.{name}" for name in CODECS), *program})


def closure(imports: Imports, program: Iterable[str], without: Iterable[str] = ()) -> Closure:
    """Everything that can be imported starting from these modules or scripts.

    Args:
        imports: what imports what.
        program: names of modules, paths of scripts.
        without: modules that this program does not come to, whoever imports them.
    """
    own = frozenset(program)
    start = [*START, *(f"encodings.{name}" for name in CODECS), *sorted(own)]
    left_out = set(without)
    reached = _walk(imports, start, own, left_out, certain=False)
    if not _hashes_much(imports, reached):
        reached = _walk(imports, start, own, left_out | {OPENSSL}, certain=False)
    certain = _walk(imports, start, own, left_out, certain=True)
    modules = (imports.modules[name] for name in sorted(reached) if name in imports.modules)
    return Closure(
        tuple(module for module in modules if module.kind not in ("missing", "excluded", "alias")),
        tuple(_missing(imports, sorted(certain))),
    )


def _hashes_much(imports: Imports, reached: set[str]) -> bool:
    targets = {
        name: {found.target for found in imports.imports.get(name, ())}
        for name in reached - {*FEW_HASHES, OPENSSL}
    }
    return any(found & {"hashlib", OPENSSL} for found in targets.values())


def _walk(
    imports: Imports,
    start: list[str],
    program: Collection[str],
    without: set[str],
    *,
    certain: bool,
) -> set[str]:
    """``certain``: follow only the imports that must succeed."""
    seen: set[str] = set(without)
    left = list(start)
    while left:
        name = left.pop()
        if name in seen:
            continue
        seen.add(name)
        left += IMPLIED.get(name, ())
        left += _parents(name) if name in imports.modules else ()
        for found in imports.imports.get(name, ()):
            skip = certain and (found.deferred or found.optional)
            if not skip and counts(imports, name, found, program):
                left.append(found.target)
    return seen - without


def _parents(name: str) -> list[str]:
    parts = name.split(".") if "/" not in name else []
    return [".".join(parts[:count]) for count in range(1, len(parts))]


def _missing(imports: Imports, names: Iterable[str]) -> Iterable[Missing]:
    for name in names:
        importer = imports.modules.get(name)
        if importer is None or importer.file is None or importer.kind != "source":
            continue
        for found in imports.imports.get(name, ()):
            target = imports.modules[found.target]
            optional = found.deferred or found.optional or found.name
            if target.kind == "missing" and not optional and counts(imports, name, found):
                line = import_line(importer.file.read_bytes(), target.name)
                if line is not None:
                    yield Missing(target.name, importer.file, line)


def import_line(source: bytes, name: str) -> int | None:
    """The line of the first import of a module or of something in it."""
    for node in ast.walk(syntax.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        else:
            continue
        if any(found == name or found.startswith(f"{name}.") for found in names):
            return node.lineno
    return None
