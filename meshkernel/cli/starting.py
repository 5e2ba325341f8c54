"""``up`` in the foreground and in the background."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from typing import TextIO

import click

from meshkernel.cli import show
from meshkernel.cli.progress import Progress
from meshkernel.cli.running import show_server, show_services
from meshkernel.errors import SupervisorError
from meshkernel.plan import Plan
from meshkernel.supervisor import up
from meshkernel.supervisor.events import Event
from meshkernel.supervisor.host import RealHost
from meshkernel.supervisor.remote import Remote
from meshkernel.supervisor.run_folder import AlreadyRunningError, RunFolder
from meshkernel.supervisor.server import MeshServer, plan_digest


def foreground(plan: Plan) -> int:
    """Run the mesh in this process, until Ctrl-C or `meshkernel down`."""
    lines = show.LogLines(list(plan.services))
    with Progress(list(plan.services)) as progress:

        async def follow(server: MeshServer) -> None:
            progress.close()
            show_server(server)
            async with server.logs.following() as coming:
                for line in server.logs.last():
                    lines.show(line.service, line.text)
                async for line in coming:
                    lines.show(line.service, line.text)

        host = RealHost(plan.topology.root.resolve() / "build")
        try:
            return asyncio.run(up.supervise(plan, host, on_event=progress, meanwhile=follow))
        except AlreadyRunningError as error:
            progress.close()
            if (status := _heal(plan, up.run_folder(plan))) is None:
                raise SupervisorError("the mesh is just being started, or stopped") from error
            return status


def background(plan: Plan) -> int:
    """Run the mesh in a process of its own; returns when it is up, or has failed."""
    folder = up.run_folder(plan)
    if (status := _heal(plan, folder)) is not None:
        return status
    folder.path.mkdir(parents=True, exist_ok=True)
    reading, writing = os.pipe()
    program = [sys.executable, "-m", "meshkernel.supervisor"]
    release = ["--release"] if plan.release else []
    with folder.report.open("a") as report:
        child = subprocess.Popen(
            [*program, str(plan.topology.path.resolve()), str(writing), *release],
            stdin=subprocess.DEVNULL,
            stdout=report,
            stderr=report,
            pass_fds=[writing],
            start_new_session=True,
            cwd=plan.topology.root.resolve(),
        )
    os.close(writing)
    with Progress(list(plan.services)) as progress, os.fdopen(reading) as events:
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


def _heal(plan: Plan, folder: RunFolder) -> int | None:
    """Start what has failed in a mesh that runs already; None if none does."""
    try:
        remote = Remote.connect(folder)
    except SupervisorError:
        return None
    with remote:
        info = remote.ask("info")
        click.echo(f"the mesh {info['mesh']} is running already (process {info['supervisor'][0]})")
        if info["plan"] != plan_digest(plan):
            click.echo("its topology has changed since: `meshkernel down`, then `meshkernel up`")
        if healed := remote.ask("heal"):
            click.echo(f"started again: {', '.join(healed)}")
    _show_running(folder)
    return 0


def _show_running(folder: RunFolder) -> None:
    with Remote.connect(folder) as remote:
        show_services(remote.ask("ps"), remote.ask("info")["exposed"])
