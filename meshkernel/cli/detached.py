"""``up`` in the background. The supervisor makes the plan: nothing of it is imported here."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, TextIO

import click

from meshkernel.cli.progress import Progress
from meshkernel.cli.running import show_services
from meshkernel.errors import SupervisorError
from meshkernel.supervisor.events import Event
from meshkernel.supervisor.remote import Remote, run_path
from meshkernel.supervisor.run_folder import RunFolder

if TYPE_CHECKING:
    from meshkernel.topology import Topology


def background(topology: Topology, *, release: bool, timings: bool = False) -> int:
    """Run the mesh in a process of its own; returns when it is up, or has failed."""
    folder = RunFolder(run_path(topology.root.resolve(), topology.name))
    if (status := heal(topology, folder, release=release)) is not None:
        return status
    folder.path.mkdir(parents=True, exist_ok=True)
    reading, writing = os.pipe()
    program = [sys.executable, "-m", "meshkernel.supervisor"]
    options = [*(["--release"] if release else []), *(["--timings"] if timings else [])]
    with folder.report.open("a") as report:
        child = subprocess.Popen(
            [*program, str(topology.path.resolve()), str(writing), *options],
            stdin=subprocess.DEVNULL,
            stdout=report,
            stderr=report,
            pass_fds=[writing],
            start_new_session=True,
            cwd=topology.root.resolve(),
        )
    os.close(writing)
    with Progress(list(topology.services)) as progress, os.fdopen(reading) as events:
        last = _followed(child, events, progress)
    if last is not None and last.phase == "up":
        _show_running(folder)
        return 0
    status = child.wait()
    if last is not None and last.phase == "error":
        click.echo(last.detail, err=True)
    elif status not in (130, 143):
        raise SupervisorError(f"the supervisor has ended (exit code {status}): see {folder.report}")
    return status if status > 0 else 1


def _followed(child: subprocess.Popen[bytes], events: TextIO, progress: Progress) -> Event | None:
    """Show what the supervisor tells; returns the last of it. Ctrl-C is passed on to it."""
    last = None
    while True:
        try:
            line = events.readline()
        except KeyboardInterrupt:
            child.send_signal(signal.SIGINT)
            continue
        if not line:
            return last
        last = Event.from_json(line)
        if last.phase != "error":
            progress(last)
        if last.phase == "up":
            return last


def heal(topology: Topology, folder: RunFolder, *, release: bool) -> int | None:
    """Start what has failed in a mesh that runs already; None if none does."""
    try:
        remote = Remote.connect(folder)
    except SupervisorError:
        return None
    with remote:
        info = remote.ask("info")
        click.echo(f"the mesh {info['mesh']} is running already (process {info['supervisor'][0]})")
        if info["plan"] != _digest(topology, release=release):
            click.echo("its topology has changed since: `meshkernel down`, then `meshkernel up`")
        if healed := remote.ask("heal"):
            click.echo(f"started again: {', '.join(healed)}")
    _show_running(folder)
    return 0


def _digest(topology: Topology, *, release: bool) -> str:
    from meshkernel.plan import make_plan  # noqa: PLC0415 - a mesh that is started has no need of it
    from meshkernel.supervisor.server import plan_digest  # noqa: PLC0415

    return plan_digest(make_plan(topology, release=release))


def _show_running(folder: RunFolder) -> None:
    with Remote.connect(folder) as remote:
        show_services(remote.ask("ps"), remote.ask("info")["exposed"])
