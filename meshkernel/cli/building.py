"""check, plan, build: what can be said and done before anything runs."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from meshkernel.cli import options, show
from meshkernel.errors import Fault, UserError

if TYPE_CHECKING:
    from meshkernel.plan import Plan, ServicePlan


@click.command()
@options.topology_argument
def check(topology: Path) -> None:
    """Look for faults in a topology, without building anything.

    Every fault is told with its line and its remedy; the exit code is then 2.

    \b
        meshkernel check
        meshkernel check shop/topology.toml
    """
    found = options.read_topology(topology)
    count, links = len(found.services), len(found.links)
    click.echo(
        f"{found.path}: mesh {found.name}, {count} service{'s' * (count != 1)},"
        f" {links} link{'s' * (links != 1)}, no faults"
    )


@click.command()
@click.argument("service", required=False)
@options.topology_option
@options.json_option
def plan(service: str | None, topology: Path, as_json: bool) -> None:
    """Show what will run: start order, addresses, links, memory.

    With a SERVICE: everything about that one, and the libraries of its library OS.

    \b
        meshkernel plan
        meshkernel plan cart
        meshkernel plan --json | jq .services.cart.address
    """
    from meshkernel.plan import render  # noqa: PLC0415

    made = options.read_plan(topology)
    if service is None:
        if as_json:
            show.as_json(_plan_values(made))
        else:
            click.echo(render(made), nl=False)
        return
    planned = _service(made, service)
    if as_json:
        show.as_json(_service_values(planned))
    else:
        _show_service(planned)


@click.command()
@options.topology_argument
@options.json_option
def build(topology: Path, as_json: bool) -> None:
    """Build the image of every service into build/SERVICE/image.elf.

    What has not changed is not built again.

    \b
        meshkernel build
        meshkernel build --json | jq '.[].image_bytes'
    """
    import asyncio  # noqa: PLC0415

    from meshkernel.cli.progress import Progress  # noqa: PLC0415
    from meshkernel.supervisor.events import Event  # noqa: PLC0415
    from meshkernel.supervisor.host import build_images  # noqa: PLC0415

    made = options.read_plan(topology)
    times: dict[str, float] = {}
    began = time.monotonic()
    with Progress(list(made.services), quiet=as_json) as progress:

        def tell(event: Event) -> None:
            if event.phase == "built":
                times[event.service] = event.seconds or 0.0
            progress(event)

        out = made.topology.root.resolve() / "build"
        images = asyncio.run(build_images(made, out, tell))
    values = [
        {
            "service": name,
            "path": str(image.path),
            "image_bytes": image.bytes,
            "libos_bytes": image.libos_bytes,
            "modules": len(image.modules),
            "sha256": image.digest,
            "cached": image.cached,
            "seconds": round(times.get(name, 0.0), 3),
        }
        for name, image in images.items()
    ]
    if as_json:
        show.as_json(values)
        return
    show.table(
        ("SERVICE", "IMAGE", "LIBRARY OS", "MODULES", "TIME", "FROM"),
        [
            (
                value["service"],
                show.size(int(str(value["image_bytes"]))),
                show.size(int(str(value["libos_bytes"]))),
                value["modules"],
                f"{value['seconds']:.1f} s",
                "cache" if value["cached"] else "build",
            )
            for value in values
        ],
    )
    click.echo(f"{len(values)} images in {time.monotonic() - began:.1f} s")


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


def _plan_values(made: Plan) -> dict[str, Any]:
    return {
        "mesh": made.topology.name,
        "network": str(made.network),
        "gateway": str(made.gateway),
        "generations": [list(names) for names in made.generations],
        "links": [{"from": source, "to": target} for source, target in made.links],
        "services": {name: _service_values(each) for name, each in made.services.items()},
    }


def _service_values(planned: ServicePlan) -> dict[str, Any]:
    service = planned.service
    return {
        "service": planned.name,
        "module": service.module,
        "asgi": service.asgi,
        "generation": planned.generation,
        "address": str(planned.address),
        "mac": planned.mac,
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
        "secrets": list(service.secrets),
    }


def _show_service(planned: ServicePlan) -> None:
    from meshkernel.config import LibrarySources, select_libraries  # noqa: PLC0415

    service = planned.service
    peers = [f"{peer.name} ({peer.address}, {peer.timeout:g} s)" for peer in planned.peers]
    ways = [f"{each.address}:{each.host} -> {each.port}" for each in service.expose]
    facts = {
        "service": planned.name,
        "runs": service.module or service.asgi,
        "starts": f"in generation {planned.generation + 1}",
        "address": f"{planned.address} ({planned.mac})",
        "memory": f"{service.memory >> 20} MiB",
        "calls": ", ".join(peers) or "nobody",
        "called by": ", ".join(planned.callers) or "nobody",
        "exposed": ", ".join(ways) or "not",
        "secrets": ", ".join(service.secrets) or "none",
    }
    for key, value in facts.items():
        click.echo(f"{key:<10} {value}")
    click.echo("\nlibraries of its library OS")
    for library in select_libraries(LibrarySources.load(), planned):
        click.echo(f"  {library.name:<16} {library.purpose}")
