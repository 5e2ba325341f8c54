"""trace: the system calls of a running service."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from meshkernel.cli import options, show

if TYPE_CHECKING:
    from meshkernel.supervisor.remote import Remote
    from meshkernel.trace import Batch
    from meshkernel.trace.summary import Summary

LONGEST_TEXT = 512


@click.command()
@click.argument("service")
@options.topology_option
@click.option("-e", "calls", metavar="CALLS", help="Only these, by name: read,write or !futex.")
@click.option("-c", "counted", is_flag=True, help="Count calls, errors and time; print no calls.")
@click.option(
    "-s",
    "text_size",
    type=click.IntRange(0, LONGEST_TEXT),
    default=32,
    show_default=True,
    help="Bytes of data to show of an argument.",
)
@options.json_option
@click.option("-o", "output", type=click.Path(path_type=Path), help="Write into a file.")
def trace(
    *,
    service: str,
    topology: Path,
    calls: str | None,
    counted: bool,
    text_size: int,
    as_json: bool,
    output: Path | None,
) -> None:
    """Show the system calls of a running service as strace does.

    Ctrl-C ends it, and the service goes on as before. A service is never held up: calls that come
    too fast to be printed are counted, and their number is printed instead. With --json, each line
    is an object (with -c: a list of them at the end).

    \b
        meshkernel trace cart
        meshkernel trace cart -e openat,read,close -o calls.txt
        meshkernel trace cart -c
    """
    from meshkernel.trace.lines import Lines  # noqa: PLC0415
    from meshkernel.trace.objects import Objects  # noqa: PLC0415
    from meshkernel.trace.summary import Summary  # noqa: PLC0415
    from meshkernel.trace.table import request  # noqa: PLC0415

    chosen = [name for name in (calls or "").removeprefix("trace=").split(",") if name]
    request(chosen)  # faults are told before anything is asked of the mesh
    lines, summary = (Objects() if as_json else Lines()), Summary()
    asked = {"service": service, "calls": chosen, "text_size": text_size}
    with ExitStack() as stack:
        file = stack.enter_context(output.open("w")) if output else None
        remote = stack.enter_context(options.connect(topology))
        try:
            for batch in _batches(remote, asked):
                if counted:
                    summary.feed(batch)
                else:
                    for line in lines.feed(batch):
                        click.echo(line, file)
            click.echo(f"meshkernel: {remote.result}", err=True)
        except KeyboardInterrupt:
            click.echo(err=True)
        if counted:
            _show(summary, file, as_json=as_json)
        elif lines.lost:
            click.echo(f"meshkernel: {lines.lost:,} records were not printed", err=True)


def _batches(remote: Remote, asked: dict[str, object]) -> Iterator[Batch]:
    from attrs import evolve  # noqa: PLC0415

    from meshkernel.trace import decode  # noqa: PLC0415

    for line in remote.lines("trace", **asked):
        if line["records"]:
            batch = decode(base64.b64decode(line["records"]))
            yield evolve(batch, lost=batch.lost + line["lost"])
        else:
            click.echo(f"tracing {asked['service']}; Ctrl-C ends it", err=True)


def _show(summary: Summary, file: TextIO | None, *, as_json: bool) -> None:
    names = ("percent", "seconds", "microseconds_per_call", "calls", "errors", "call")
    rows = list(summary.rows())
    if as_json:
        values = [dict(zip(names, row, strict=True)) for row in rows]
        click.echo(json.dumps(values, indent=2), file)
        return
    header = ("% TIME", "SECONDS", "US/CALL", "CALLS", "ERRORS", "CALL")
    cells = [(f"{row[0]:.2f}", f"{row[1]:.6f}", *row[2:]) for row in rows]
    show.table(header, cells, file)
    if summary.lost:
        click.echo(f"and {summary.lost:,} records that are not counted", file)
