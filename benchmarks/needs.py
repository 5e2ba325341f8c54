"""What a benchmark needs beside meshkernel itself is said before anything is measured."""

from __future__ import annotations

import sys
from importlib.util import find_spec

import click

INSTALL = "pip install -e '.[benchmark]'"


def require(*libraries: str) -> None:
    """Ends the process with code 2 and a sentence if one of these cannot be imported."""
    if missing := [name for name in libraries if find_spec(name) is None]:
        verb = "is" if len(missing) == 1 else "are"
        text = f"this benchmark needs {' and '.join(missing)}, which {verb} not there: {INSTALL}"
        click.echo(text, err=True)
        sys.exit(2)
