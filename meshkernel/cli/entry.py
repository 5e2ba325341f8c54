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


def main() -> None:
    """The program ``meshkernel``."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command; returns its exit status."""
    try:
        status = group.main(list(arguments), prog_name="meshkernel", standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except UserError as error:
        for fault in error.faults:
            click.echo(fault, err=True)
        return BAD_INPUT
    except MeshkernelError as error:
        return _failed(error)
    except BrokenPipeError:  # whoever read our output has enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILURE
    return status if isinstance(status, int) else 0


def _failed(error: MeshkernelError) -> int:
    click.echo(f"meshkernel: {error}", err=True)
    if isinstance(error, BuildError):
        click.echo(f"  the command was: {' '.join(error.command)}", err=True)
    for note in getattr(error, "__notes__", ()):
        click.echo(f"  {note}", err=True)
    return FAILURE
