"""Modules that a package names in its strings, where no import statement does.

``"uvicorn.loops.auto:setup"`` names one with its dots. Tables of plug-ins have the names of the
modules beside them: ``["BmpImagePlugin", "GifImagePlugin"]``. Extension modules have what their
code will import as text among their data, whatever language they were written in.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from types import CodeType

DOTTED = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+(?=:[A-Za-z_]\w*$|$)")
"""A module named in a string, perhaps with an attribute."""

TABLE = 2
"""The shortest table of plug-ins: one word alone may be anything."""

Exists = Callable[[str], bool]


def named(code: CodeType, package: str, exists: Exists) -> set[str]:
    """What the constants of some code name within the same top-level package.

    Args:
        code: of a module.
        package: that it belongs to; itself, if it is one.
        exists: whether there is a module of a name.
    """
    top = package.partition(".")[0]
    found: set[str] = set()
    for constant in _constants(code):
        if isinstance(constant, str):
            match = DOTTED.match(constant)
            if match and match[0].startswith(f"{top}.") and exists(match[0]):
                found.add(match[0])
        else:
            found |= _table(constant, package, exists)
    return found


def _constants(code: CodeType) -> Iterator[str | Collection[str]]:
    """Every string, and every constant sequence of strings."""
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _constants(constant)
        elif isinstance(constant, str):
            yield constant
        elif isinstance(constant, tuple | frozenset):
            words = [word for word in constant if isinstance(word, str)]
            yield from words
            if len(words) == len(constant) >= TABLE:
                yield words


def _table(words: Collection[str], package: str, exists: Exists) -> set[str]:
    """The modules beside this one, if every word is the name of one."""
    if not all(word.isidentifier() for word in words):
        return set()
    names = {f"{package}.{word}" for word in words}
    return names if all(exists(name) for name in names) else set()


def in_extension(file: Path, package: Path, top: str) -> set[str]:
    """The modules of an extension module's own package that its data names with their dots.

    Rust puts strings one behind the other with nothing between, so a name may go on behind its end.
    """
    words = set(re.findall(re.escape(top).encode() + rb"\.[\w.]+", file.read_bytes()))
    told = {word.decode("latin-1") for word in words}
    return {name for name in _modules(package, top) if any(w.startswith(name) for w in told)}


def _modules(folder: Path, package: str) -> Iterator[str]:
    """The names of the modules in a folder, but for its tests."""
    for path in sorted(folder.iterdir()):
        name = path.name.partition(".")[0]
        if not name.isidentifier() or name in ("test", "tests", "conftest", "__main__"):
            continue
        if path.is_dir() and (path / "__init__.py").is_file():
            yield f"{package}.{name}"
            yield from _modules(path, f"{package}.{name}")
        elif path.suffix == ".py" and name != "__init__":
            yield f"{package}.{name}"
