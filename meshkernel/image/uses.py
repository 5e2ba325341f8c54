"""What a program's modules refer to: the names and paths from which `config/` sees what it needs.

The standard library has a word for nearly every system call, so it does not count: which of its
modules is in the image does. Nor does meshkernel's own runtime, whose needs the topology tells.
"""

from __future__ import annotations

import marshal
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import CodeType

from meshkernel.config.selection import Code
from meshkernel.image import objects
from meshkernel.image.bytecode import bytecode
from meshkernel.image.imports import Module
from meshkernel.image.paths import Environment
from meshkernel.toolchain.cache import Cache

OURS = Path(__file__).resolve().parents[1]
HEADER = 16
"""Bytes of a ``.pyc`` before its code."""

SYSTEM_PATH = re.compile(r"/(?:proc|dev|sys)/[\w./-]*\w")
SYSTEM_PATH_IN_OBJECT = re.compile(SYSTEM_PATH.pattern.encode())

Found = Iterator[tuple[str, bool]]
"""A name, or a path: then true."""


def uses(
    modules: Iterable[Module], environment: Environment, names: frozenset[str], cache: Cache
) -> Code:
    """What these modules say of the calls that they make.

    Args:
        modules: all that are in the image.
        environment: says which are of the standard library.
        names: those that are worth to be noted.
        cache: of compiled modules.
    """
    modules = list(modules)
    by_name: defaultdict[str, set[str]] = defaultdict(set)
    by_path: defaultdict[str, set[str]] = defaultdict(set)
    for module in modules:
        if module.file is None or _is_standard(module.file, environment):
            continue
        told = module.file.name if module.name == str(module.file) else module.name
        for found, is_path in _of(module, module.file, environment, cache):
            if is_path:
                by_path[found].add(told)
            elif found in names:
                by_name[found].add(told)
    return Code(
        modules=frozenset(module.name for module in modules),
        names={name: tuple(sorted(by_name[name])) for name in sorted(by_name)},
        paths={path: tuple(sorted(by_path[path])) for path in sorted(by_path)},
    )


def _is_standard(file: Path, environment: Environment) -> bool:
    """Whether a module is the interpreter's, or of our own runtime."""
    if file.is_relative_to(OURS):
        return True
    distributed = any(file.is_relative_to(folder) for folder in environment.site)
    return not distributed and any(file.is_relative_to(f) for f in environment.standard)


def _of(module: Module, file: Path, environment: Environment, cache: Cache) -> Found:
    if module.kind == "extension":
        yield from _of_object(file)
        for library in objects.closure([file]).values():
            if library.private:  # it came with the wheel
                yield from _of_object(library.file)
    elif module.kind == "bytecode":
        yield from _of_code(_loaded(file.read_bytes()))
    else:
        compiled = bytecode(file.read_bytes(), environment.place(file).path, cache)
        yield from _of_code(_loaded(compiled))


def _loaded(data: bytes) -> CodeType:
    """The code in a ``.pyc``: of ours, or of what is in the image anyway. It is not executed."""
    code: CodeType = marshal.loads(data[HEADER:])  # noqa: S302
    return code


def _of_object(file: Path) -> Found:
    for name in objects.symbols(file):
        yield name, False
    for path in SYSTEM_PATH_IN_OBJECT.findall(file.read_bytes()):
        yield path.decode(), True


def _of_code(code: CodeType) -> Found:
    for name in code.co_names:
        yield name, False
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _of_code(constant)
        elif isinstance(constant, str) and SYSTEM_PATH.fullmatch(constant):
            yield constant, True
