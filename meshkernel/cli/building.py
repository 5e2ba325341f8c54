"""check, build: what can be said and done before anything runs."""

from __future__ import annotations

import time
from pathlib import Path

import click

from meshkernel.cli import options, show


@click.command()
@options.topology_argument
def check(topology: Path) -> None:
    """Look for faults in a topology, without building anything.

    Every fault is told with its line and its remedy; the exit code is then 2.

    \b
        meshkernel check
        meshkernel check shop/topology.toml
    """
    from meshkernel.config import LibrarySources  # noqa: PLC0415
    from meshkernel.config.selection import check_wishes  # noqa: PLC0415

    found = options.read_topology(topology)
    check_wishes(found, LibrarySources.load())
    count, links = len(found.services), len(found.links)
    click.echo(
        f"{found.path}: mesh {found.name}, {count} service{'s' * (count != 1)},"
        f" {links} link{'s' * (links != 1)}, no faults"
    )


@click.command()
@options.topology_argument
@options.release_option
@click.option("--reseal", is_flag=True, help="Seal warm images anew, although nothing changed.")
@options.json_option
def build(topology: Path, release: bool, reseal: bool, as_json: bool) -> None:
    """Build the image of every service into build/SERVICE/image.elf.

    What has not changed is not built again, and what was sealed is kept. --reseal seals all warm
    images anew: with another seed of string hashes, and at other addresses.

    \b
        meshkernel build
        meshkernel build --release
        meshkernel build --reseal
        meshkernel build --json | jq '.[].image_bytes'
    """
    import asyncio  # noqa: PLC0415

    from meshkernel.cli.progress import Progress  # noqa: PLC0415
    from meshkernel.supervisor.building import build_images  # noqa: PLC0415
    from meshkernel.supervisor.events import Event  # noqa: PLC0415

    made = options.read_plan(topology, release=release)
    times: dict[str, float] = {}
    began = time.monotonic()
    with Progress(list(made.services), quiet=as_json) as progress:

        def tell(event: Event) -> None:
            if event.phase == "built":
                times[event.service] = event.seconds or 0.0
            progress(event)

        out = made.topology.root.resolve() / "build"
        images = asyncio.run(build_images(made, out, tell, anew=reseal))
    values = [
        {
            "service": name,
            "path": str(image.warm.elf if image.warm else image.path),
            "warm": image.warm is not None,
            "image_bytes": image.bytes,
            "ram_bytes": image.warm.bytes if image.warm else None,
            "libos_bytes": image.libos_bytes,
            "modules": len(image.modules),
            "sha256": image.digest,
            "cached": image.is_cached,
            "seconds": round(times.get(name, 0.0), 3),
        }
        for name, image in images.items()
    ]
    if as_json:
        show.as_json(values)
        return
    show.table(
        ("SERVICE", "IMAGE", "SEALED", "LIBRARY OS", "MODULES", "TIME", "FROM"),
        [
            (
                value["service"],
                show.size(int(str(value["image_bytes"]))),
                show.size(int(str(value["ram_bytes"]))) if value["warm"] else "cold",
                show.size(int(str(value["libos_bytes"]))),
                value["modules"],
                f"{value['seconds']:.1f} s",
                "cache" if value["cached"] else "build",
            )
            for value in values
        ],
    )
    click.echo(f"{len(values)} images in {time.monotonic() - began:.1f} s")
