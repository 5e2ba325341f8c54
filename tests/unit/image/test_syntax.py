"""Sources are parsed in several threads at once."""

from __future__ import annotations

import ast
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from meshkernel.image import syntax


def test_many_threads_parse_what_one_would() -> None:
    """Without the lock, CPython 3.11.7 fails in seconds: garbage that is collected while a tree is
    made lets another thread in."""
    source = Path(ast.__file__).read_bytes()
    expected = ast.dump(ast.parse(source))
    with ThreadPoolExecutor(4) as pool:
        trees = list(pool.map(syntax.parse, [source] * 24))
    assert {ast.dump(tree) for tree in trees} == {expected}
