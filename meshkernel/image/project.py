"""What the user's own modules must not do: start a second process."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

from meshkernel.errors import Fault
from meshkernel.image import syntax

REMEDIES = {
    "subprocess": "call a library instead of a program, or make the program a service of its own",
    "multiprocessing": "use threads, or give the service replicas",
    "ProcessPoolExecutor": "use a ThreadPoolExecutor, or give the service replicas",
}


def faults(files: Iterable[Path], root: Path) -> list[Fault]:
    """Every place in these sources that needs another process."""
    found = []
    for file in sorted(files):
        name = str(file.relative_to(root)) if file.is_relative_to(root) else str(file)
        for line, what, remedy in sorted(_processes(syntax.parse(file.read_bytes()))):
            found.append(Fault(f"{what}: a unikernel has one process", remedy, name, line))
    return found


def _processes(tree: ast.Module) -> Iterator[tuple[int, str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                top = alias.name.partition(".")[0]
                if top in REMEDIES:
                    yield node.lineno, f"import {alias.name}", REMEDIES[top]
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            top = node.module.partition(".")[0]
            for name in (top, *(alias.name for alias in node.names)):
                if name in REMEDIES:
                    yield node.lineno, f"from {node.module} import", REMEDIES[name]
        elif isinstance(node, ast.Attribute) and node.attr == "ProcessPoolExecutor":
            yield node.lineno, node.attr, REMEDIES[node.attr]
