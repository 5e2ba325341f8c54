"""plan: what will run, and what each service's library OS is made of and why."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from meshkernel.cli import libraries, options, show
from meshkernel.errors import Fault, UserError

if TYPE_CHECKING:
    from meshkernel.image.images import Image
    from meshkernel.plan import Plan, ServicePlan
    from meshkernel.topology import Mount


@click.command()
@click.argument("service", required=False)
@options.topology_option
@click.option(
    "--diff",
    nargs=2,
    metavar="A B",
    help="Tell what two services' library operating systems do not have in common.",
)
@options.json_option
def plan(service: str | None, topology: Path, diff: tuple[str, str] | None, as_json: bool) -> None:
    """Show what will run, and which libraries each library OS has, why, and their bytes.

    The images are built for it, since the bytes are those that were linked.

    \b
        meshkernel plan
        meshkernel plan cart
        meshkernel plan --diff cart web
        meshkernel plan --json | jq .services.cart.libos.syscalls
    """
    from meshkernel.plan import render  # noqa: PLC0415

    made = options.read_plan(topology)
    if diff is not None:
        if service is not None:
            raise click.UsageError("--diff takes the names of both services")
        first, second = (_service(made, name).name for name in diff)
        images = _images(made, quiet=as_json)
        libraries.show_difference(first, images[first], second, images[second], as_json=as_json)
        return
    planned = None if service is None else _service(made, service)
    if planned is None and not as_json:
        click.echo(render(made))
    images = _images(made, quiet=as_json)
    if planned is not None:
        image = images[planned.name]
        if as_json:
            show.as_json(_service_values(planned, image))
        else:
            _show_service(planned)
            libraries.show_libraries(image)
    elif as_json:
        show.as_json(_plan_values(made, images))
    else:
        libraries.show_mesh(images)


def _images(made: Plan, *, quiet: bool) -> dict[str, Image]:
    """The images of all services: what is built already takes no time."""
    import asyncio  # noqa: PLC0415

    from meshkernel.cli.progress import Progress  # noqa: PLC0415
    from meshkernel.supervisor.building import build_images  # noqa: PLC0415

    out = made.topology.root.resolve() / "build"
    quiet = quiet or not sys.stdout.isatty()
    with Progress(list(made.services), quiet=quiet) as progress:
        return asyncio.run(build_images(made, out, progress, sealed=False))


def _service(made: Plan, name: str) -> ServicePlan:
    from meshkernel.topology.faults import nearest  # noqa: PLC0415

    if name not in made.services:
        raise UserError(
            Fault(
                f"there is no service {name!r}",
                nearest(name, made.services),
                str(made.topology.path),
            )
        )
    return made.services[name]


def _plan_values(made: Plan, images: dict[str, Image]) -> dict[str, Any]:
    return {
        "mesh": made.topology.name,
        "network": str(made.network),
        "gateway": str(made.gateway),
        "standby": made.topology.standby,
        "generations": [list(names) for names in made.generations],
        "links": [{"from": source, "to": target} for source, target in made.links],
        "services": {
            name: _service_values(each, images[name]) for name, each in made.services.items()
        },
    }


def _service_values(planned: ServicePlan, image: Image) -> dict[str, Any]:
    service = planned.service
    return {
        "service": planned.name,
        "module": service.module,
        "asgi": service.asgi,
        "generation": planned.generation,
        "address": str(planned.address),
        "mac": planned.mac,
        "replicas": [
            {
                "replica": each.number,
                "name": each.name,
                "address": str(each.address),
                "mac": each.mac,
            }
            for each in planned.replicas
        ],
        "memory_mb": service.memory >> 20,
        "peers": [
            {"service": peer.name, "address": str(peer.address), "timeout": peer.timeout}
            for peer in planned.peers
        ],
        "callers": list(planned.callers),
        "expose": [
            {"address": each.address, "host": each.host, "port": each.port}
            for each in service.expose
        ],
        "egress": [
            {
                "name": way.name,
                "address": str(way.address),
                "port": way.port,
                "host": way.host,
                "host_port": way.host_port,
            }
            for way in planned.ways
        ],
        "volumes": [
            {"path": mount.path, "volume": mount.volume, "read_only": mount.read_only}
            for mount in service.volumes
        ],
        "secrets": list(service.secrets),
        "libos": libraries.values(image),
    }


def _show_service(planned: ServicePlan) -> None:
    from meshkernel.plan.text import replicas_text, way_text  # noqa: PLC0415

    service = planned.service
    peers = [f"{peer.name} ({peer.address}, {peer.timeout:g} s)" for peer in planned.peers]
    ways = [f"{each.address}:{each.host} -> {each.port}" for each in service.expose]
    facts = {
        "service": planned.name,
        "runs": service.module or service.asgi,
        "starts": f"in generation {planned.generation + 1}",
        "address": ", ".join(f"{each.address} ({each.mac})" for each in planned.replicas),
        "replicas": replicas_text(service.replicas),
        "memory": f"{service.memory >> 20} MiB",
        "calls": ", ".join(peers) or "nobody",
        "called by": ", ".join(planned.callers) or "nobody",
        "exposed": ", ".join(ways) or "not",
        "reaches": ", ".join(f"{way_text(way)} ({way.address})" for way in planned.ways)
        or "nothing",
        "volumes": ", ".join(_mounted(mount) for mount in service.volumes) or "none",
        "secrets": ", ".join(service.secrets) or "none",
    }
    for key, value in facts.items():
        click.echo(f"{key:<10} {value}")


def _mounted(mount: Mount) -> str:
    return f"{mount.volume} at {mount.path}{' to read' if mount.read_only else ''}"
