"""stop, start, restart: services of a mesh that runs."""

from __future__ import annotations

from pathlib import Path

import click

from meshkernel.cli import options
from meshkernel.cli.calling import seconds

SERVICES = click.argument("services", nargs=-1, metavar="[SERVICE]...")
GRACE = click.option(
    "--grace",
    default=5.0,
    show_default=True,
    callback=lambda _context, _parameter, value: seconds(value),
    help="Seconds to stop in; then its machine is ended.",
)


@click.command()
@SERVICES
@options.topology_option
@GRACE
def stop(services: tuple[str, ...], topology: Path, grace: float) -> None:
    """Stop services of a running mesh; all of them, if none is named.

    Each gets SIGTERM: handlers of its own run, then what it marked with @on_stop. It stays stopped
    until `meshkernel start`; the mesh itself goes on.

    \b
        meshkernel stop cart
        meshkernel stop cart users --grace 20
    """
    with options.connect(topology) as remote:
        stopped = remote.ask("stop", services=list(services), grace=grace)
    click.echo(f"stopped: {', '.join(stopped)}")


@click.command()
@SERVICES
@options.topology_option
def start(services: tuple[str, ...], topology: Path) -> None:
    """Start services of a running mesh that were stopped or have failed; returns when they are
    ready.

    \b
        meshkernel start cart
    """
    with options.connect(topology) as remote:
        started = remote.ask("start", services=list(services))
    click.echo(f"running: {', '.join(started)}")


@click.command()
@SERVICES
@options.topology_option
@GRACE
def restart(services: tuple[str, ...], topology: Path, grace: float) -> None:
    """Stop services of a running mesh, and start them again; callers stop first and start last.

    \b
        meshkernel restart cart
    """
    with options.connect(topology) as remote:
        started = remote.ask("restart", services=list(services), grace=grace)
    click.echo(f"running: {', '.join(started)}")
