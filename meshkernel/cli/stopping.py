"""stop, start, restart, scale: services of a mesh that runs."""

from __future__ import annotations

from pathlib import Path

import click

from meshkernel.cli import options
from meshkernel.cli.calling import seconds
from meshkernel.errors import Fault, UserError

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
    until `meshkernel start`; the mesh itself goes on. SERVICE is a service, or one of its replicas.

    \b
        meshkernel stop cart
        meshkernel stop cart users --grace 20
        meshkernel stop search-2
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

    Replicas of a service that is named are restarted one after the other, the next when the one
    before it is ready: there is always one that answers. Where no service is named, all stop first.

    \b
        meshkernel restart cart
        meshkernel restart search-2
    """
    with options.connect(topology) as remote:
        started = remote.ask("restart", services=list(services), grace=grace)
    click.echo(f"running: {', '.join(started)}")


@click.command()
@click.argument("services", nargs=-1, required=True, metavar="SERVICE=REPLICAS...")
@options.topology_option
def scale(services: tuple[str, ...], topology: Path) -> None:
    """Run another number of replicas of services; returns when they are ready, and the others have
    stopped.

    Those that stop get no calls any more, and up to half a minute for those that they have.
    SERVICE=auto lets the number follow the load again, where the topology says so.

    \b
        meshkernel scale search=3
        meshkernel scale search=auto
    """
    counts = dict(_parse_count(text) for text in services)
    with options.connect(topology) as remote:
        for service, count in counts.items():
            remote.ask("scale", service=service, count=count)
            told = "as many replicas as its load asks for" if count is None else _replicas(count)
            click.echo(f"{service}: {told}")


def _replicas(count: int) -> str:
    return f"{count} replica{'' if count == 1 else 's'}"


def _parse_count(text: str) -> tuple[str, int | None]:
    """``search=3``, or None for ``search=auto``."""
    service, _, count = text.partition("=")
    if service and (count == "auto" or count.isdecimal()):
        return service, None if count == "auto" else int(count)
    raise UserError(Fault(f"{text!r} names no number of replicas", "write SERVICE=3"))
