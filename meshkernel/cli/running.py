"""up, down, ps, logs: a mesh as a whole."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from meshkernel.cli import options, show
from meshkernel.errors import SupervisorError

if TYPE_CHECKING:
    from meshkernel.supervisor.run_folder import RunFolder
    from meshkernel.supervisor.server import MeshServer

Rows = list[dict[str, Any]]


@click.command()
@options.topology_argument
@click.option("-d", "--detach", is_flag=True, help="Return once all services are ready.")
@click.option("--timings", is_flag=True, help="Tell how long each part of each start took.")
@options.release_option
def up(topology: Path, detach: bool, timings: bool, release: bool) -> int:
    """Build every service, boot the mesh, and follow its logs.

    The mesh is up when every service has said that it is ready; Ctrl-C stops it again. With
    --detach it goes on in the background until `meshkernel down`. Where the mesh runs already,
    what has failed in it is started again.

    \b
        meshkernel up
        meshkernel up -d shop/topology.toml
        meshkernel up --timings
    """
    if detach:
        from meshkernel.cli import detached  # noqa: PLC0415

        found = options.read_topology(topology)
        return detached.background(found, release=release, timings=timings)
    from meshkernel.cli import starting  # noqa: PLC0415

    return starting.foreground(options.read_plan(topology, release=release), timings=timings)


@click.command()
@options.topology_argument
def down(topology: Path) -> None:
    """Stop a mesh: callers before those that they call. Only the logs stay.

    \b
        meshkernel down
    """
    from meshkernel.supervisor.remote import stop  # noqa: PLC0415

    folder = options.folder_of(topology)
    if stop(folder):
        click.echo(f"the mesh {folder.path.name} has stopped")
    else:
        click.echo(f"the mesh {folder.path.name} was not running")


@click.command()
@options.topology_argument
@options.json_option
def ps(topology: Path, as_json: bool) -> None:
    """Show the services of a running mesh.

    A service that reaches servers outside has a line for each of them: how many connections were
    opened, refused by the server, or failed otherwise (its name is unknown, there is no way to it,
    it is silent, or there were too many at once), and the bytes to and from it.

    \b
        meshkernel ps
        meshkernel ps --json | jq -r '.[] | select(.state != "running").service'
    """
    with options.connect(topology) as remote:
        rows, info = remote.ask("ps"), remote.ask("info")
    if as_json:
        show.as_json(rows)
        return
    show_services(rows, info["exposed"])
    show_ways(rows)


@click.command()
@click.argument("services", nargs=-1, metavar="[SERVICE]...")
@options.topology_option
@click.option("-f", "--follow", is_flag=True, help="Go on with what comes.")
@click.option("-n", "--lines", "count", type=click.IntRange(0), help="Of each service, the last N.")
def logs(services: tuple[str, ...], topology: Path, follow: bool, count: int | None) -> None:
    """Show what services say: consoles and log records.

    After the mesh has stopped, its last logs are shown.

    \b
        meshkernel logs
        meshkernel logs cart users -n 20
        meshkernel logs --follow
    """
    from meshkernel.supervisor.remote import Remote  # noqa: PLC0415

    folder = options.folder_of(topology)
    try:
        remote = Remote.connect(folder)
    except SupervisorError:
        if follow:
            raise
        _show_files(folder, services, count)
        return
    with remote:
        lines = show.LogLines([row["name"] for row in remote.ask("ps")])
        wanted = {"services": list(services), "count": count, "follow": follow}
        for line in remote.lines("logs", **wanted):
            lines.show(line["service"], line["text"])


def show_services(rows: Rows, exposed: list[dict[str, Any]]) -> None:
    """The table of services, and how to reach what is exposed."""
    show.table(
        (
            "SERVICE",
            "REPLICA",
            "STATE",
            "PID",
            "ADDRESS",
            "MEMORY",
            "IMAGE",
            "READY IN",
            "RESTARTS",
        ),
        [
            (
                row["service"],
                row["replica"],
                row["state"],
                row["pid"],
                row["address"],
                f"{row['memory_mb']} MiB",
                show.size(row["image_bytes"]),
                None if row["boot_ms"] is None else f"{row['boot_ms']} ms",
                row["restarts"],
            )
            for row in rows
        ],
    )
    for row in rows:
        if row["state"] in ("failed", "restarting") and row["reason"]:
            click.echo(f"{row['name']}: {row['reason']}")
        if row["report"]:
            click.echo(f"{row['name']}: the report of its last crash is {row['report']}")
    for each in exposed:
        host = f"[{each['host']}]" if ":" in each["host"] else each["host"]
        click.echo(f"{each['service']} is at http://{host}:{each['port']}/")


def show_ways(rows: Rows) -> None:
    """The table of the ways out, if there are any, and what came of them."""
    ways = [(row["name"], way) for row in rows for way in row["egress"]]
    if not ways:
        return
    click.echo()
    show.table(
        ("SERVICE", "OUTSIDE", "OPENED", "REFUSED", "FAILED", "SENT", "RECEIVED"),
        [
            (
                service,
                f"{way['target']}:{way['port']}",
                way["connected"],
                way["refused"],
                sum(way[end] for end in ("unresolved", "unreachable", "silent", "crowded")),
                show.size(way["sent"]),
                show.size(way["received"]),
            )
            for service, way in ways
        ],
    )


def show_server(server: MeshServer) -> None:
    """The same for a mesh that runs in this process."""
    exposed = [
        {"service": each.service, "host": each.host, "port": each.port}
        for each in server.network.exposed
    ]
    show_services([row.as_map() for row in server.mesh.rows()], exposed)


def _show_files(folder: RunFolder, services: tuple[str, ...], count: int | None) -> None:
    """The logs of a mesh that has stopped, from their files."""
    files = {path.stem: path for path in sorted(folder.logs.glob("*.log"))}
    wanted = {name: _files_of(name, files) for name in services}
    if unknown := sorted(name for name, found in wanted.items() if not found):
        raise SupervisorError(f"there is no log of {', '.join(unknown)}")
    if not files:
        raise SupervisorError(f"the mesh {folder.path.name} has no logs: it has never run")
    lines = show.LogLines(list(files))
    found = []
    for name in [each for names in wanted.values() for each in names] or files:
        said = files[name].read_text(errors="replace").splitlines()
        found += [(line, name) for line in (said if count is None else said[-count:])]
    for line, name in sorted(found, key=lambda each: each[0].partition(" ")[0]):
        lines.show(name, line.partition(" ")[2])


def _files_of(name: str, files: Iterable[str]) -> list[str]:
    """The logs of a replica, or of a service: those of all of its replicas."""
    numbered = [each for each in files if each.removeprefix(f"{name}-").isdecimal()]
    return [each for each in files if each == name] or numbered
