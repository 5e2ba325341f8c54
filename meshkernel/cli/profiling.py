"""profile: what a service really uses of the library OS, recorded into a file."""

from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path

import click

from meshkernel.cli import options
from meshkernel.errors import Fault, UserError


@click.command()
@click.argument("service")
@options.topology_option
@click.option(
    "--tests",
    metavar="PATH",
    help="Run these tests with pytest, against its fixture mesh.",
)
@click.option(
    "--script",
    type=click.Path(path_type=Path),
    help="Run this Python file; the running mesh is its variable mesh.",
)
@click.option(
    "--file",
    type=click.Path(path_type=Path),
    help="Where the profile goes.  [default: profiles/SERVICE.toml, beside the topology]",
)
@click.option("--add", is_flag=True, help="Keep what is in the file already, too.")
def profile(
    service: str,
    topology: Path,
    tests: str | None,
    script: Path | None,
    file: Path | None,
    *,
    add: bool,
) -> int:
    """Record what a service uses of its library OS, from its first system call to its last.

    Boots the mesh with every library in the service's image, runs its tests or a script against it,
    and writes the system calls, the files below /proc and /dev, and the kinds of sockets that the
    service used. The topology decides whether that is what it gets. Without tests and script, only
    start and stop are recorded.

    \b
        meshkernel profile cart --tests tests/test_cart.py
        meshkernel profile cart --script drive.py --add
    """
    if tests and script:
        raise click.UsageError("give either --tests or --script; --add brings both together")
    path = topology / options.TOPOLOGY if topology.is_dir() else topology
    target = file or path.parent / "profiles" / f"{service}.toml"
    if tests:
        status = _run_tests(path, service, tests, target, add=add)
        if status:
            click.echo("meshkernel: the tests failed, so no profile is kept", err=True)
            return 1
    else:
        _run_script(path, service, script, target, add=add)
    _tell(path, service, target)
    return 0


def _run_tests(path: Path, service: str, tests: str, target: Path, *, add: bool) -> int:
    """pytest's exit status; its plugin records."""
    command = [
        *(sys.executable, "-m", "pytest", tests),
        *("--mesh-topology", str(path.resolve()), "--mesh-profile", service),
        *("--mesh-profile-file", str(target.resolve()), *(["--mesh-profile-add"] if add else [])),
    ]
    return subprocess.run(command, check=False).returncode


def _run_script(path: Path, service: str, script: Path | None, target: Path, *, add: bool) -> None:
    from meshkernel.testing.recording import keep, recorded_mesh  # noqa: PLC0415

    if script is not None and not script.is_file():
        raise UserError(Fault(f"{script} is not there", "name a file that is", key="--script"))
    with recorded_mesh(path, service) as (mesh, host):
        if script is not None:
            runpy.run_path(str(script), init_globals={"mesh": mesh}, run_name="__main__")
    keep(host, target, add=add)


def _tell(path: Path, service: str, target: Path) -> None:
    """Say where it is, and how it comes into force."""
    from meshkernel.config.selection.profile import read  # noqa: PLC0415

    found = read(target)
    click.echo(
        f"{target}: {len(found.syscalls)} system calls, {len(found.files)} files,"
        f" {len(found.sockets)} kinds of sockets"
    )
    wished = options.read_topology(path).services[service].libos.profile
    if wished is None or (path.parent / wished).resolve() != target.resolve():
        shown = target.resolve()
        if shown.is_relative_to(path.resolve().parent):
            shown = shown.relative_to(path.resolve().parent)
        click.echo(f'to use it: libos = {{ profile = "{shown}" }} in [services.{service}]')
