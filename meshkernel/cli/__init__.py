"""The command line: thin commands over what lies below."""

from meshkernel.cli.entry import main

__all__ = ["main"]
