"""Sources as syntax trees, from any thread."""

from __future__ import annotations

import ast
import threading

_one_at_a_time = threading.Lock()


def parse(source: bytes | str) -> ast.Module:
    """The tree of a source.

    One at a time: CPython up to 3.11.7 and 3.12.1 counts the depth of all threads' trees together,
    and fails where another one was at work (python/cpython, issue 106905).

    Raises:
        SyntaxError, ValueError: as `ast.parse` does.
    """
    with _one_at_a_time:
        return ast.parse(source)
