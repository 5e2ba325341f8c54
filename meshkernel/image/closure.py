"""What one service needs of all the modules that were analysed.

An import counts wherever it stands, even in a function or a ``try``: it may run. The exceptions
are in the tables below, each with its reason; they concern imports between modules of the standard
library, and what can never work in a unikernel. ``--include`` brings back anything.
"""

from __future__ import annotations

import ast
import sys
import sysconfig
from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path

from attrs import frozen

from meshkernel.image.analysis import Import, Imports, Module

OTHER_SYSTEMS = (
    *("_aix_support", "_android_support", "_apple_support", "_bootsubprocess", "_ios_support"),
    *("_osx_support", "_overlapped", "_winapi", "asyncio.proactor_events"),
    *("asyncio.windows_events", "asyncio.windows_utils", "click._winconsole", "ctypes._aix"),
    *("ctypes.macholib*", "ctypes.wintypes", "encodings.mbcs", "encodings.oem"),
    *("multiprocessing.popen_spawn_win32", "nturl2path", "winreg"),
)
"""Modules that are for other operating systems."""

TOOLS = (
    *(
        "_pyrepl",
        "argparse",
        "concurrent.futures.process",
        "concurrent.interpreters",
        "distutils",
        "doctest",
    ),
    *("ensurepip", "getopt", "idlelib", "lib2to3", "multiprocessing", "optparse", "pdb", "pip"),
    *("pkg_resources", "pydoc", "pydoc_data", "readline", "rlcompleter", "setuptools", "test"),
    *("_testcapi", "_testinternalcapi", "tkinter", "turtle", "unittest", "webbrowser"),
)
"""Development tools and other processes: the standard library reaches for them in functions, such
as the one that tests a module when it is run as a program."""

FALLBACKS = {
    "_py_abc": "_abc",
    "_pydatetime": "_datetime",
    "_pydecimal": "_decimal",
    "_pyio": "_io",
    "_pylong": "_decimal",
}
"""Replacements in Python for a module in C: not needed where that is there."""

UNUSED = {
    ("asyncio.*", "ssl"): "asyncio works without; who uses TLS imports ssl, or a library that does",
    ("random", "hashlib"): "only where SHA-512 in C is missing",
    ("random", "statistics"): "tests itself",
    ("zipfile*", "py_compile"): "only to write archives of modules",
    ("posix", "resource"): "what other processes used",
    ("platform", "subprocess"): "there is no other process to ask",
    ("platform", "plistlib"): "macOS",
    ("attr", "importlib.metadata"): "only for attr.__version__",
    ("importlib*", "importlib._bootstrap*"): "frozen into the interpreter",
    ("uuid", "ctypes*"): "there is no libuuid to ask",
    ("_frozen_importlib_external", "importlib.metadata"): "who asks for it imports it",
    ("_frozen_importlib_external", "importlib.readers"): "see IMPLIED",
    ("zipimport", "importlib*"): "see IMPLIED",
    ("importlib.metadata*", "csv"): "RECORD is not in an image",
    ("site", "sysconfig"): "only for user directories",
}
"""Imports, by importer and target, that have no use in an image, and why."""

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
    "_decimal": ("numbers", "collections"),
    "_datetime": ("_strptime",),
    "_ctypes": ("ctypes._endian",),
    # multiprocessing.allow_connection_pickling(), which uvicorn calls when it is imported
    "multiprocessing.context": ("multiprocessing.connection",),
    "encodings.idna": ("encodings.punycode",),
    "importlib.resources": ("importlib.readers",),
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
    implied = [name for names in IMPLIED.values() for name in names]
    codecs = [f"encodings.{name}" for name in CODECS]
    return sorted({*START, *codecs, *implied, *program})


def closure(imports: Imports, program: Iterable[str], without: Iterable[str] = ()) -> Closure:
    """Everything that can be imported starting from these modules or scripts.

    Args:
        imports: what imports what.
        program: names of modules, paths of scripts.
        without: modules that this program does not come to, whoever imports them.
    """
    start = [*START, *(f"encodings.{name}" for name in CODECS), *program]
    left_out = set(without)
    reached = _walk(imports, start, left_out, certain=False)
    if not _hashes_much(imports, reached):
        reached = _walk(imports, start, left_out | {OPENSSL}, certain=False)
    certain = _walk(imports, start, left_out, certain=True)
    modules = (imports.modules[name] for name in sorted(reached) if name in imports.modules)
    return Closure(
        tuple(module for module in modules if module.kind not in ("missing", "alias")),
        tuple(_missing(imports, sorted(certain))),
    )


def _hashes_much(imports: Imports, reached: set[str]) -> bool:
    targets = {
        name: {found.target for found in imports.imports.get(name, ())}
        for name in reached - {*FEW_HASHES, OPENSSL}
    }
    return any(found & {"hashlib", OPENSSL} for found in targets.values())


def _walk(imports: Imports, start: list[str], without: set[str], *, certain: bool) -> set[str]:
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
            if not skip and counts(imports, name, found):
                left.append(found.target)
    return seen - without


def _parents(name: str) -> list[str]:
    parts = name.split(".") if "/" not in name else []
    return [".".join(parts[:count]) for count in range(1, len(parts))]


def counts(imports: Imports, importer: str, found: Import) -> bool:
    """Whether an import brings its target into the image."""
    target = found.target
    if _matches(target, OTHER_SYSTEMS):
        return False
    fallback = imports.modules.get(FALLBACKS.get(target, ""))
    if fallback is not None and fallback.kind != "missing":
        return False
    if any(fnmatchcase(importer, by) and fnmatchcase(target, of) for by, of in UNUSED):
        return False
    standard = importer.partition(".")[0] in sys.stdlib_module_names
    return not (standard and (found.deferred or found.optional) and _matches(target, TOOLS))


def _matches(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name, p) or name.startswith(f"{p}.") for p in patterns)


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
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        else:
            continue
        if any(found == name or found.startswith(f"{name}.") for found in names):
            return node.lineno
    return None
