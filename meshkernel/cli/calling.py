"""call: a function of a running mesh, from the host."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from meshkernel.cli import options, show
from meshkernel.errors import CallError, Fault, RemoteError, UserError

if TYPE_CHECKING:
    import asyncio


LONGEST = 86400.0
"""Seconds that a call may take at most: a day."""


def seconds(value: float) -> float:
    """The seconds of an option; click's error if no call can take so long."""
    if not 0 < value <= LONGEST:  # nan is neither
        raise click.BadParameter(f"{value:g} s: give more than 0 and at most {LONGEST:g} seconds")
    return value


@click.command()
@click.argument("function", metavar="SERVICE.FUNCTION")
@click.argument("arguments", nargs=-1, metavar="[KEY=VALUE]...")
@options.topology_option
@options.json_option
@click.option(
    "--timeout",
    default=30.0,
    show_default=True,
    callback=lambda _context, _parameter, value: seconds(value),
    help="Seconds for the call.",
)
def call(
    function: str, arguments: tuple[str, ...], topology: Path, as_json: bool, timeout: float
) -> int:
    """Call a function of a running service, and print its result.

    A value that is valid JSON is taken as that, any other as text.

    \b
        meshkernel call cart.add user=ann product_id=p1 quantity=2
        meshkernel call geo.nearest latitude=50.03 longitude=8.56 count=3 --json
        meshkernel call users.add 'name="42"'
    """
    import asyncio  # noqa: PLC0415

    values = dict(parse_argument(text) for text in arguments)
    with options.connect(topology) as remote:
        info = remote.ask("info")
    check_function(function, info["services"])
    try:
        result = asyncio.run(_call(info, function, values, timeout))
    except RemoteError as error:
        click.echo(error.stack.rstrip() or str(error), err=True)
        if error.stack and error.message not in error.stack:
            click.echo(str(error), err=True)
        return 1
    except CallError as error:
        click.echo(f"meshkernel: {type(error).__name__}: {error}", err=True)
        return 1
    if result is None and not as_json:
        return 0
    if as_json or not isinstance(result, str):
        show.as_json(result)
    else:
        click.echo(result)
    return 0


def parse_argument(text: str) -> tuple[str, Any]:
    """``key=value``; the value is JSON if it can be."""
    key, equals, value = text.partition("=")
    if not equals or not key.isidentifier():
        raise UserError(
            Fault(f"{text!r} is no argument", "write KEY=VALUE, with the name that it has there")
        )
    try:
        return key, json.loads(value)
    except ValueError:
        return key, value


def check_function(function: str, services: dict[str, Any]) -> None:
    """UserError with the nearest name, if there is no such service or function."""
    from meshkernel.topology.faults import nearest  # noqa: PLC0415

    service, dot, name = function.partition(".")
    if not (service and dot and name):
        raise UserError(Fault(f"{function!r} names no function", "write SERVICE.FUNCTION"))
    if service not in services:
        raise UserError(Fault(f"there is no service {service!r}", nearest(service, services)))
    methods = services[service]["methods"]
    if services[service]["state"] == "running" and name not in methods:
        raise UserError(Fault(f"{service} has no function {name!r}", nearest(name, methods)))


async def _call(info: dict[str, Any], function: str, values: Any, timeout: float) -> Any:  # noqa: ASYNC109
    from meshkernel.client import Client  # noqa: PLC0415
    from meshkernel.network.dial import open_dial  # noqa: PLC0415

    places = {each["name"]: each for one in info["services"].values() for each in one["replicas"]}

    async def connection(replica: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        place = places[replica]
        return await open_dial(
            Path(info["dial"]), place["address"], place["port"], patience=timeout
        )

    def replicas(service: str) -> list[str]:
        return [each["name"] for each in info["services"][service]["replicas"]]

    async with Client(connection, replicas=replicas) as client:
        return await client.call_within(timeout, function, values)
