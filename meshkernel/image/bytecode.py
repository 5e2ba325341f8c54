"""Bytecode that is the same for the same source, wherever and whenever it is compiled."""

from __future__ import annotations

import importlib.util
import marshal
import sys
from pathlib import PurePosixPath
from types import CodeType

from meshkernel.toolchain.cache import Cache, digest

UNCHECKED_HASH = (1).to_bytes(4, "little")
"""The kind of file that is never compared with a source: an image cannot change."""


def bytecode(source: bytes, path: str, cache: Cache) -> bytes:
    """The contents of the ``.pyc`` of a source.

    Args:
        source: the module's text.
        path: of its source in the image, which tracebacks show.
        cache: where compiled modules are kept.
    """
    kept = cache.path("pyc", digest(sys.version, path, source))
    if kept.exists():
        return kept.read_bytes()
    code = compile(source, path, "exec", dont_inherit=True, optimize=0)
    head = importlib.util.MAGIC_NUMBER + UNCHECKED_HASH + importlib.util.source_hash(source)
    data = head + dump(code)
    cache.write(kept, data)
    return data


def dump(code: CodeType) -> bytes:
    """Marshals code independently of what else this process holds.

    marshal marks an object for sharing if anything refers to it, be it in another module of this
    process. So everything that the code consists of is referred to, here, while it is written.
    """
    held: list[object] = []
    _hold(code, held)
    return marshal.dumps(code)


def _hold(value: object, held: list[object]) -> None:
    held.append(value)
    if isinstance(value, CodeType):
        for name in (
            *("co_consts", "co_names", "co_varnames", "co_cellvars", "co_freevars"),
            *("co_filename", "co_name", "co_qualname", "co_linetable", "co_exceptiontable"),
        ):
            _hold(getattr(value, name), held)
    elif isinstance(value, tuple | frozenset):
        for part in value:
            _hold(part, held)


def beside(source: str) -> str:
    """Where the bytecode goes whose source is in the image too."""
    path = PurePosixPath(source)
    return str(path.parent / "__pycache__" / f"{path.stem}.{sys.implementation.cache_tag}.pyc")
