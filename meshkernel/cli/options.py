"""What several commands share: the topology that they work on, and the running mesh."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from meshkernel.plan import Plan
    from meshkernel.supervisor.remote import Remote
    from meshkernel.supervisor.run_folder import RunFolder
    from meshkernel.topology import Topology

Function = TypeVar("Function", bound=Callable[..., Any])

TOPOLOGY = Path("topology.toml")


def topology_argument(function: Function) -> Function:
    """The topology as an argument, for commands that have no other."""
    return click.argument(
        "topology", type=click.Path(path_type=Path), default=TOPOLOGY, metavar="[TOPOLOGY]"
    )(function)


def topology_option(function: Function) -> Function:
    """The topology as an option, for commands with arguments of their own."""
    return click.option(
        "-t",
        "--topology",
        type=click.Path(path_type=Path),
        default=TOPOLOGY,
        show_default=True,
        help="The topology.",
    )(function)


def json_option(function: Function) -> Function:
    """``--json``, for scripts."""
    return click.option("--json", "as_json", is_flag=True, help="JSON for scripts.")(function)


def read_topology(path: Path) -> Topology:
    """The topology in a file, or in the ``topology.toml`` of a folder."""
    from meshkernel.topology import parse  # noqa: PLC0415

    return parse(path / TOPOLOGY if path.is_dir() else path)


def release_option(function: Function) -> Function:
    """``--release``."""
    return click.option(
        "--release", is_flag=True, help="Images without a shell, for services that are in use."
    )(function)


def read_plan(path: Path, *, release: bool = False) -> Plan:
    """The plan of a topology."""
    from meshkernel.plan import make_plan  # noqa: PLC0415 - networkx takes its time

    return make_plan(read_topology(path), release=release)


def folder_of(path: Path) -> RunFolder:
    """Where the mesh of a topology keeps its state."""
    from meshkernel.supervisor.remote import run_path  # noqa: PLC0415
    from meshkernel.supervisor.run_folder import RunFolder  # noqa: PLC0415

    topology = read_topology(path)
    return RunFolder(run_path(topology.root.resolve(), topology.name))


def connect(path: Path) -> Remote:
    """The running mesh of a topology; SupervisorError if it does not run."""
    from meshkernel.supervisor.remote import Remote  # noqa: PLC0415

    return Remote.connect(folder_of(path))
