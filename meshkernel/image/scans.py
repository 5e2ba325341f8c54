"""What modulegraph2 reads out of one source, kept by the source's contents.

Nearly all of an analysis is reading: parsing a source, walking its tree for imports and its
bytecode for global names. All three depend on nothing but the source, so they are done once for
each; how the imports resolve is worked out anew each time.
"""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Iterable
from importlib import metadata
from types import CodeType
from typing import Any

from attrs import define, field, frozen

from meshkernel.toolchain.cache import Cache, digest

FORMAT = "1"

# One import statement: module, new name, names behind ``from`` with their new names, level, and
# whether it stands in a function, in an ``if``, in a ``try``.
Statement = list[Any]


@frozen
class Scan:
    """What there is to know of one source."""

    imports: list[Statement]
    written: list[str]
    read: list[str]


@frozen
class _Known:
    """Takes the place of the tree of a source that need not be parsed."""

    scan: Scan


@define
class Scans:
    """Put between modulegraph2's graph builder and its readers."""

    cache: Cache
    _builder: Any = None
    _readers: tuple[Any, Any] = (None, None)
    _release: str = ""
    _scans: dict[str, Scan] = field(factory=dict)
    _pending: tuple[str, Scan | None, list[Any]] | None = None

    def install(self) -> None:
        """From now on, in this process, the graph builder reads through this."""
        # Only a process that analyses pays for this import.
        from modulegraph2 import _graphbuilder as builder  # noqa: PLC0415

        self._release = f"{FORMAT} {metadata.version('modulegraph2')} {sys.version}"
        names = vars(builder)
        self._readers = (names["extract_ast_info"], names["extract_bytecode_info"])
        names.update(
            compile=self.parse,
            extract_ast_info=self.imports,
            extract_bytecode_info=self.names,
        )

    def parse(self, source: str, *arguments: Any, **options: Any) -> ast.AST | _Known:
        """Instead of `compile`: the first thing done with a module that has a source."""
        self._pending = None
        key = digest(self._release, source)
        scan = self._load(key)
        tree = _Known(scan) if scan else compile(source, *arguments, **options)
        self._pending = (key, scan, [])
        return tree

    def imports(self, tree: ast.AST | _Known) -> Iterable[Any]:
        """Instead of `extract_ast_info`."""
        if isinstance(tree, _Known):
            return [_info(statement) for statement in tree.scan.imports]
        found = list(self._readers[0](tree))
        if self._pending:
            self._pending[2].extend(found)
        return found

    def names(self, code: CodeType) -> tuple[list[Any], set[str], set[str]]:
        """Instead of `extract_bytecode_info`: the last thing done with a module."""
        pending, self._pending = self._pending, None
        if pending and pending[1]:
            # Imports by the bytecode are for modules without a source.
            return [], set(pending[1].written), set(pending[1].read)
        imports, written, read = self._readers[1](code)
        if pending:
            statements = [_statement(info) for info in pending[2]]
            self._keep(pending[0], Scan(statements, sorted(written), sorted(read)))
        return imports, written, read

    def _load(self, key: str) -> Scan | None:
        if key not in self._scans:
            try:
                kept = json.loads(self.cache.path("scan", key, ".json").read_bytes())
            except FileNotFoundError:
                return None
            self._scans[key] = Scan(**kept)
        return self._scans[key]

    def _keep(self, key: str, scan: Scan) -> None:
        self._scans[key] = scan
        kept = {"imports": scan.imports, "written": scan.written, "read": scan.read}
        self.cache.write(self.cache.path("scan", key, ".json"), json.dumps(kept).encode())


def _statement(info: Any) -> Statement:
    names = sorted(([name, name.asname] for name in info.import_names), key=str)
    module = info.import_module
    return [
        *(module, module.asname, names, info.star_import, info.import_level),
        *(info.is_in_function, info.is_in_conditional, info.is_in_tryexcept),
    ]


def _info(statement: Statement) -> Any:
    from modulegraph2._importinfo import ImportInfo, import_name  # noqa: PLC0415

    module, new_name, names, star, level, function, conditional, attempt = statement
    return ImportInfo(
        import_module=import_name.from_tuple((module, new_name)),
        import_level=level,
        import_names={import_name.from_tuple((name, other)) for name, other in names},
        star_import=star,
        is_in_function=function,
        is_in_conditional=conditional,
        is_in_tryexcept=attempt,
    )
