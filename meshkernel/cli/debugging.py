"""debug: gdb on a running service."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TextIO

import click

from meshkernel.cli import options
from meshkernel.errors import Fault, UserError

SETTINGS = (
    "set confirm off",
    "set pagination off",
    "set architecture i386:x86-64",
    "set print thread-events off",
    "set auto-load python-scripts off",  # the interpreter's are taken by name
)


@click.command()
@click.argument("service")
@options.topology_option
@click.option("--command", "commands", multiple=True, metavar="COMMAND", help="Run it; repeatable.")
@click.option(
    "-x",
    "files",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Run gdb's commands in a file; repeatable.",
)
def debug(service: str, topology: Path, commands: tuple[str, ...], files: tuple[Path, ...]) -> int:
    """Debug a running service with gdb: its library OS, the interpreter, and extension modules.

    The machine stops while gdb is attached, and goes on when it leaves. Where the interpreter comes
    with its helpers for gdb, py-bt and its like are there. With --command or -x gdb runs these,
    before or instead of what you type, and leaves.

    \b
        meshkernel debug cart
        meshkernel debug cart --command 'break sys_openat' --command continue --command bt
    """
    gdb = shutil.which("gdb")
    if gdb is None:
        raise UserError(Fault("gdb is not installed", "apt-get install gdb"))
    with options.connect(topology) as remote:
        lines = remote.lines("debug", service=service)
        place = next(lines)
        # In memory: nothing stays behind, whatever ends us.
        with os.fdopen(os.memfd_create("meshkernel.gdb"), "w") as script:
            script.write("\n".join(_script(place)) + "\n")
            script.flush()
            given = [word for file in files for word in ("-x", str(file))]
            given += [word for command in commands for word in ("-ex", command)]
            end = ["-batch"] if given else []
            return _run([gdb, "-nx", "-q", *end, "-x", _path(script), *given])


def _path(script: TextIO) -> str:
    """Where gdb finds an open file of ours."""
    return f"/proc/{os.getpid()}/fd/{script.fileno()}"


def _script(place: dict[str, Any]) -> Iterator[str]:
    """What gdb is told first: symbols, helpers, and where the machine is."""
    own, *others = place["symbols"]
    yield from SETTINGS
    yield f"symbol-file {_quoted(own['file'])}"
    for each in others:
        moved = "" if each["bias"] is None else f" -o {each['bias']:#x}"
        yield f"add-symbol-file {_quoted(each['file'])}{moved}"
    for helpers in _helpers(Path(each["file"]) for each in others):
        yield f"source {helpers}"
    yield f"target remote {place['socket']}"


def _helpers(files: Iterable[Path]) -> Iterator[Path]:
    """python-gdb.py, where an interpreter has it: beside it, or where Debian puts it."""
    for file in (*files, Path(sys.executable).resolve()):
        for folder in (Path("/"), Path("/usr/share/gdb/auto-load")):
            found = folder / file.relative_to("/").with_name(f"{file.name}-gdb.py")
            if found.is_file():
                yield found
                return


def _quoted(path: str) -> str:
    """As gdb reads an argument."""
    return path.replace("\\", "\\\\").replace(" ", "\\ ")


def _run(command: list[str]) -> int:
    """gdb on our terminal: Ctrl-C is for it."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        return subprocess.run(
            command, check=False, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)
        ).returncode
    finally:
        signal.signal(signal.SIGINT, before)
