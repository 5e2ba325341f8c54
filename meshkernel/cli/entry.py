"""``meshkernel``: runs a command and turns what it raises into sentences and exit codes.

0 is success, 1 a failure, 2 bad input, 130 Ctrl-C. No traceback reaches a user.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from meshkernel.cli.commands import group
from meshkernel.errors import BuildError, MeshkernelError, UserError

FAILURE, BAD_INPUT, INTERRUPTED = 1, 2, 130
DEBUG = "MESHKERNEL_DEBUG"


def main() -> None:
    """The program ``meshkernel``."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command; returns its exit status."""
    try:
        status = group.main(list(arguments), prog_name="meshkernel", standalone_mode=False)
        sys.stdout.flush()
    except Exception as error:
        if os.environ.get(DEBUG):
            raise
        return _told(error)
    except KeyboardInterrupt:
        return INTERRUPTED
    return status if isinstance(status, int) else 0


def _told(error: Exception) -> int:
    """Say what went wrong; returns the exit status that goes with it."""
    match error:
        case click.ClickException():
            error.show()
            return error.exit_code
        case click.Abort():
            return INTERRUPTED
        case UserError():
            for fault in error.faults:
                click.echo(fault, err=True)
            return BAD_INPUT
        case MeshkernelError():
            return _failed(error)
        case BrokenPipeError():  # whoever read our output has enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        case _:
            what = f"{type(error).__name__}: {error}"
            remedy = f"set {DEBUG}=1 to see where"
            click.echo(f"meshkernel: a fault of meshkernel itself: {what}; {remedy}", err=True)
    return FAILURE


def _failed(error: MeshkernelError) -> int:
    click.echo(f"meshkernel: {error}", err=True)
    if isinstance(error, BuildError):
        click.echo(f"  the command was: {' '.join(error.command)}", err=True)
    for note in getattr(error, "__notes__", ()):
        click.echo(f"  {note}", err=True)
    return FAILURE
