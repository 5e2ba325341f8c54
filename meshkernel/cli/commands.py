"""All commands. They are imported for ``--help``, so what they need is imported when they run."""

from __future__ import annotations

import click

from meshkernel.cli.building import build, check
from meshkernel.cli.calling import call
from meshkernel.cli.debugging import debug
from meshkernel.cli.events import events
from meshkernel.cli.planning import plan
from meshkernel.cli.profiling import profile
from meshkernel.cli.running import down, logs, ps, up
from meshkernel.cli.shell import shell
from meshkernel.cli.single import run
from meshkernel.cli.stopping import restart, scale, start, stop
from meshkernel.cli.tracing import trace

VERBS = (
    *(check, plan, build, up, down, ps, logs, events, call, run, profile),
    *(stop, start, restart, scale, trace, shell, debug),
)


class _InOrder(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order in which a user meets them."""
        del ctx
        return list(self.commands)


@click.group(
    cls=_InOrder,
    commands={command.name or "": command for command in VERBS},
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="meshkernel")
def group() -> None:
    """Python services as a mesh of unikernels.

    Write functions with @rpc, list services and links in topology.toml, and

    \b
        meshkernel check          is the topology sound?
        meshkernel up -d          build every service, boot the mesh
        meshkernel call cart.add user=ann product_id=p1
        meshkernel logs -f        what do the services say?
        meshkernel down           stop it; nothing stays behind

    Each command explains itself: meshkernel up --help
    """
