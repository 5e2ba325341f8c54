"""events: what happens to the services of a mesh."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from meshkernel.cli import options, show
from meshkernel.errors import Fault, UserError

COLOURS = {
    "ready": "green",
    "sleeping": "blue",
    "crashed": "red",
    "failed": "red",
    "restarting": "yellow",
    "partitioned": "yellow",
}


@click.command()
@click.argument("services", nargs=-1, metavar="[SERVICE]...")
@options.topology_option
@click.option("--since", metavar="WHEN", help="Not older than: 10m, or 2026-01-31T12:00:00.")
@click.option("--no-follow", is_flag=True, help="Only what has happened already.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, for scripts.")
def events(
    services: tuple[str, ...], topology: Path, since: str | None, no_follow: bool, as_json: bool
) -> None:
    """Show what happens to services: started, ready, crashed, asleep, scaled and so on.

    Begins with the last 10,000 events since the mesh is up, and goes on until Ctrl-C, or until the
    mesh stops. Times are in UTC.

    \b
        meshkernel events
        meshkernel events search --since 10m
        meshkernel events --no-follow --json | jq 'select(.event == "crashed")'
    """
    wanted = {"services": list(services), "since": moment(since), "follow": not no_follow}
    with options.connect(topology) as remote:
        width = max(len(name) for name in ("the mesh", *(row["name"] for row in remote.ask("ps"))))
        for event in remote.lines("events", **wanted):
            click.echo(json.dumps(event, ensure_ascii=False) if as_json else _line(event, width))


def moment(text: str | None) -> float | None:
    """Seconds since 1970 of ``--since``: a duration before now, or a time, which is UTC if it names
    no zone.

    Raises:
        UserError: it is neither.
    """
    from meshkernel.topology.values import duration  # noqa: PLC0415

    if text is None:
        return None
    if (seconds := duration(text)) is not None:
        return time.time() - seconds
    try:
        named = datetime.fromisoformat(text)
    except ValueError:
        what = f"--since {text!r} is no time"
        remedy = "write 90s, 10m, 2h, or 2026-01-31T12:00:00"
        raise UserError(Fault(what, remedy)) from None
    return (named if named.tzinfo else named.replace(tzinfo=UTC)).timestamp()


def _line(event: dict[str, Any], width: int) -> str:
    """For a person: when, who, what, and more about it."""
    from meshkernel.supervisor.logbook import written  # noqa: PLC0415

    who, what = event["replica"] or event["service"] or "the mesh", event["event"]
    coloured = show.style(f"{what:<{len('partitioned')}}", COLOURS.get(what))
    return f"{written(event['time'])}  {who:<{width}}  {coloured}  {event['detail']}".rstrip()
