"""run: any Python program as a single unikernel."""

from __future__ import annotations

import re
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import click

from meshkernel.errors import Fault, UserError

if TYPE_CHECKING:
    from meshkernel.image.images import Image
    from meshkernel.machine.attached import Ended
    from meshkernel.machine.program import Run, Share
    from meshkernel.topology import Expose

LAST_PORT = 0xFFFF


@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.option("--memory", default="128M", show_default=True, help="Of the machine.")
@click.option(
    "--include", multiple=True, metavar="MODULE", help="Have a module in the image; repeatable."
)
@click.option(
    "--include-file",
    "files",
    multiple=True,
    metavar="PATH",
    type=click.Path(path_type=Path),
    help="Have a data file or folder in the image; repeatable.",
)
@click.option(
    "--stdlib",
    is_flag=True,
    help="Have the whole standard library in the image; -m test has it anyway.",
)
@click.option(
    "--publish",
    multiple=True,
    metavar="HOST:PORT",
    help="Reach PORT of the program at HOST of this computer (127.0.0.1); repeatable.",
)
@click.option(
    "--volume",
    "volumes",
    multiple=True,
    metavar="FOLDER:PATH[:ro]",
    help="Have FOLDER of this computer at PATH of the program; ro: to read. Repeatable.",
)
@click.option("--env", multiple=True, metavar="NAME=VALUE", help="Set a variable; repeatable.")
@click.option(
    "--every-library",
    "everything",
    is_flag=True,
    help="Have all of the library OS, whatever the program seems to need.",
)
@click.option(
    "--accel",
    type=click.Choice(["auto", "kvm", "tcg"]),
    default="auto",
    show_default=True,
    help="What executes the machine.",
)
@click.option("-m", "module", metavar="MODULE", help="Run a module, as python -m does.")
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="(SCRIPT | -m MODULE) [ARGS]...")
def run(
    *,
    memory: str,
    include: tuple[str, ...],
    files: tuple[Path, ...],
    stdlib: bool,
    publish: tuple[str, ...],
    volumes: tuple[str, ...],
    env: tuple[str, ...],
    accel: str,
    everything: bool,
    module: str | None,
    words: tuple[str, ...],
) -> int:
    """Run any Python program as a unikernel, with its console on this terminal.

    Its exit status is the command's own. What stands behind SCRIPT belongs to the program. The
    modules that it imports are in its image; of data, what lies in packages, and --include-file.
    SIGTERM to the command is SIGTERM to the program; its handler has ten seconds, a second SIGTERM
    ends it at once. If its machine dies, the command says where the crash report is.

    \b
        meshkernel run hello.py --name ann
        meshkernel run --memory 64M -m json.tool
        meshkernel run --publish 8000:8000 -m http.server
        meshkernel run --volume ./records:/data report.py
        meshkernel run --memory 1G -m test test_json
    """
    import asyncio  # noqa: PLC0415

    from meshkernel.machine import program  # noqa: PLC0415
    from meshkernel.topology import Accel  # noqa: PLC0415

    shares = _shares(volumes)
    if module is None and not words:
        raise click.UsageError("name a SCRIPT, or a module with -m MODULE")
    wanted = program.Run(
        script=None if module else Path(words[0]),
        module=module,
        arguments=words if module else words[1:],
        include=include,
        files=files,
        stdlib=stdlib,
        environment=dict(_variable(text) for text in env),
        memory=_memory(memory),
        publish=tuple(_published(text) for text in publish),
        volumes=shares,
        accel=Accel(accel),
        everything=everything,
    )
    image = program.build(wanted)
    for warning in image.warnings:
        click.echo(f"meshkernel: {warning}", err=True)
    return asyncio.run(_attached(wanted, image))


async def _attached(wanted: Run, image: Image) -> int:
    """The exit status of the program. SIGTERM and SIGHUP are the program's once it runs; before,
    they end the command tidily, as Ctrl-C does.
    """
    import asyncio  # noqa: PLC0415

    from meshkernel.machine.attached import attached  # noqa: PLC0415

    task = asyncio.current_task()
    caught: list[int] = []

    def stop(number: int) -> None:
        caught.append(number)
        if task is not None:
            task.cancel()

    for number in (signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stop, number)
    try:
        ended = await attached(wanted, image)
    except asyncio.CancelledError:
        if not caught:
            raise
        return 128 + caught[0]
    _explain(wanted, ended)
    return ended.how.status


def _explain(wanted: Run, ended: Ended) -> None:
    """Say what ended the program, if it was not the program, and where the report of it is."""
    if ended.how.reason != "status":
        click.echo(f"meshkernel: {wanted.name} {ended.how.sentence}", err=True)
    if ended.died:
        from meshkernel.supervisor.single import report  # noqa: PLC0415

        try:
            click.echo(f"meshkernel: its crash report: {report(wanted, ended)}", err=True)
        except OSError as error:
            click.echo(f"meshkernel: its crash report cannot be written: {error}", err=True)


def _memory(text: str) -> int:
    from meshkernel.topology.values import memory  # noqa: PLC0415

    found = memory(text)
    if found is None:
        raise UserError(Fault(f"{text!r} is no size", 'write it as "64M" or "1G"', key="--memory"))
    return found


def _published(text: str) -> Expose:
    from meshkernel.topology import Expose  # noqa: PLC0415

    found = re.fullmatch(r"(?:(?P<address>.+):)?(?P<host>\d{1,5}):(?P<port>\d{1,5})", text)
    host, port = (int(found["host"]), int(found["port"])) if found else (0, 0)
    if found is None or host > LAST_PORT or not 0 < port <= LAST_PORT:
        raise UserError(
            Fault(f"{text!r} is no pair of ports", 'write HOST:PORT, as "8000:80"', key="--publish")
        )
    return Expose(host, port, found["address"] or "127.0.0.1")


def _shares(texts: tuple[str, ...]) -> tuple[Share, ...]:
    from meshkernel.topology.volumes import fault_of_paths  # noqa: PLC0415

    shares = tuple(_share(text) for text in texts)
    if fault := fault_of_paths([share.path for share in shares]):
        raise UserError(Fault(*fault, key="--volume"))
    return shares


def _share(text: str) -> Share:
    from meshkernel.machine.program import Share  # noqa: PLC0415
    from meshkernel.topology.volumes import fault_of_path  # noqa: PLC0415

    found = re.fullmatch(r"(?P<folder>.+?):(?P<path>/[^:]*)(?P<mode>:ro)?", text)
    if found is None:
        remedy = 'write FOLDER:PATH, as "./records:/data", and :ro behind it to read only'
        raise UserError(Fault(f"{text!r} is no volume", remedy, key="--volume"))
    folder = Path(found["folder"])
    if not folder.is_dir():
        remedy = "make it, or name a folder that is there"
        raise UserError(Fault(f"{folder} is no folder", remedy, key="--volume"))
    if fault := fault_of_path(found["path"]):
        raise UserError(Fault(*fault, key="--volume"))
    return Share(folder.resolve(), found["path"], found["mode"] is not None)


def _variable(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise UserError(Fault(f"{text!r} is no variable", "write NAME=VALUE", key="--env"))
    return name, value
