"""Imports go one way, and nothing of the host gets into a guest."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import meshkernel

PACKAGE = Path(meshkernel.__file__).parent

MAY_IMPORT = {
    "errors": set(),
    "service": {"errors"},
    "wire": {"errors"},
    "guest": {"wire", "service", "errors"},
    "topology": {"errors"},
    "plan": {"topology"},
    "config": {"plan"},
    "toolchain": {"config"},
    "image": {"toolchain"},
    "network": {"plan", "toolchain"},  # its switch is native code
    "trace": {"errors"},
    "machine": {"image", "network", "trace"},  # a single program is published through a gateway
    "supervisor": {"machine", "network", "wire"},  # it says hello to what is ready
    "client": {"wire"},
    "testing": {"client", "supervisor"},
}
"""What each part may import, and with it all that those may. `cli` may import everything."""

GUEST = {"__init__", "errors", "service", "wire", "guest"}
GUEST_LIBRARIES = {"attrs", "cattrs", "msgpack", "uvicorn"}


def part_of(path: Path) -> str:
    relative = path.relative_to(PACKAGE)
    return relative.parts[0] if len(relative.parts) > 1 else relative.stem


def imports(path: Path, source: str | None = None) -> Iterator[tuple[int, str]]:
    """Each module that a file imports, with its line."""
    tree = ast.parse(path.read_text() if source is None else source)
    package = ["meshkernel", *path.relative_to(PACKAGE).parts[:-1]]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *filter(None, [node.module])])
            if module == "meshkernel":
                for alias in node.names:
                    yield node.lineno, f"meshkernel.{alias.name}"
            else:
                yield node.lineno, module


def reachable(part: str) -> set[str]:
    """All that a part may import."""
    found = {part, "errors"}
    waiting = [part]
    while waiting:
        for other in MAY_IMPORT[waiting.pop()] - found:
            found.add(other)
            waiting.append(other)
    return found


def faults_of(path: Path, source: str | None = None) -> list[str]:
    """What a file imports against the rules."""
    part = part_of(path)
    faults = []
    for line, module in imports(path, source):
        top, _, rest = module.partition(".")
        target = rest.partition(".")[0]
        place = f"{path.relative_to(PACKAGE)}:{line}: {module}"
        if top == "meshkernel" and part in MAY_IMPORT:
            if target in {*MAY_IMPORT, "cli"} and target not in reachable(part):
                faults.append(f"{place}: {part} may not import {target}")
        elif part in GUEST and top not in GUEST_LIBRARIES | {
            "meshkernel",
            *sys.stdlib_module_names,
        }:
            faults.append(f"{place}: not in a guest")
    return faults


def sources() -> list[Path]:
    return [path for path in sorted(PACKAGE.rglob("*.py")) if "libos" not in path.parts]


def test_imports_go_one_way() -> None:
    assert [fault for path in sources() for fault in faults_of(path)] == []


def test_every_part_has_its_rule() -> None:
    parts = {part_of(path) for path in sources()} - {"__init__", "cli"}
    assert parts <= MAY_IMPORT.keys()


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("wire/x.py", "from meshkernel.plan import Plan"),
        ("wire/x.py", "from meshkernel import plan"),
        ("wire/x.py", "from .. import plan"),
        ("wire/x.py", "def f():\n    import networkx"),
        ("guest/x.py", "import meshkernel.topology.parser"),
        ("plan/x.py", "from meshkernel.config import File"),
        ("client/x.py", "from ..plan.model import Plan"),
        ("service.py", "import jinja2"),
        ("__init__.py", "import click"),
    ],
)
def test_the_checker_finds_what_is_not_allowed(file: str, source: str) -> None:
    assert faults_of(PACKAGE / file, source)


def test_importing_meshkernel_stays_small() -> None:
    code = "import sys; old = set(sys.modules); import meshkernel; print(*set(sys.modules) - old)"
    output = subprocess.run(
        [sys.executable, "-I", "-c", code], check=True, capture_output=True, text=True
    ).stdout
    tops = {name.partition(".")[0] for name in output.split()}
    assert tops <= {*sys.stdlib_module_names, "meshkernel"}
    ours = {name for name in output.split() if name.startswith("meshkernel")}
    assert ours == {"meshkernel", "meshkernel.errors", "meshkernel.service"}
