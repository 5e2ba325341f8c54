"""Location tables: the C decoder against the interpreters' own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

DUMP = """
import argparse, ast, asyncio.base_events, json.decoder, typing, sys, types
def walk(code):
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from walk(constant)
longer = "def f(x):\\n" + "\\n" * 5000 + "    return (x,\\n" + "\\n" * 300 + "  x.y)\\n"
modules = argparse, ast, asyncio.base_events, json.decoder, typing
sources = [open(module.__file__).read() for module in modules]
for source in [longer, *sources]:
    for code in walk(compile(source, "x", "exec")):
        lines = [position[0] or 0 for position in code.co_positions()]
        print(code.co_firstlineno, code.co_linetable.hex(), *lines)
"""

INTERPRETERS = [
    Path(sys.executable),
    *sorted(Path.home().glob(".pyenv/versions/3.1[23].*/bin/python3")),
]


@pytest.mark.parametrize("interpreter", INTERPRETERS, ids=str)
def test_lines(c_test: Callable[..., str], tmp_path: Path, interpreter: Path) -> None:
    tables = tmp_path / "tables"
    with tables.open("w") as out:
        subprocess.run([interpreter, "-c", DUMP], stdout=out, check=True)
    c_test("pyline", ["linux/pyline.c"], tables)
