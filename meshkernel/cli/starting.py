"""``up`` in the foreground."""

from __future__ import annotations

import asyncio

from meshkernel.cli import show
from meshkernel.cli.detached import heal
from meshkernel.cli.progress import Progress
from meshkernel.cli.running import show_server
from meshkernel.errors import SupervisorError
from meshkernel.plan import Plan
from meshkernel.supervisor import up
from meshkernel.supervisor.host import RealHost
from meshkernel.supervisor.run_folder import AlreadyRunningError
from meshkernel.supervisor.server import MeshServer


def foreground(plan: Plan, *, timings: bool = False) -> int:
    """Run the mesh in this process, until Ctrl-C or `meshkernel down`."""
    lines = show.LogLines(list(plan.replicas))
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
        if timings:
            host.timings.tell = progress
        try:
            return asyncio.run(up.supervise(plan, host, on_event=progress, meanwhile=follow))
        except AlreadyRunningError as error:
            progress.close()
            if (status := heal(plan.topology, up.run_folder(plan), release=plan.release)) is None:
                raise SupervisorError("the mesh is just being started, or stopped") from error
            return status
