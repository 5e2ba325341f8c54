"""A mesh in the background: ``python -m meshkernel.supervisor TOPOLOGY DESCRIPTOR OPTIONS``.

The options are ``--release`` and ``--timings``. What happens until the mesh is up is told on the
descriptor, one event a line; then it is closed.
"""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import suppress

from meshkernel.errors import MeshkernelError, UserError
from meshkernel.plan import make_plan
from meshkernel.supervisor.events import Event
from meshkernel.supervisor.host import RealHost
from meshkernel.supervisor.timings import Timings
from meshkernel.supervisor.up import supervise
from meshkernel.topology import parse


class _Report:
    """The way to the process that started this one, for as long as that listens."""

    def __init__(self, descriptor: int) -> None:
        os.set_inheritable(descriptor, False)
        self._file = os.fdopen(descriptor, "w", buffering=1)

    def __call__(self, event: Event) -> None:
        if self._file.closed:
            return
        with suppress(BrokenPipeError):  # it has ended, and the mesh goes on
            self._file.write(event.to_json() + "\n")
        if event.phase == "up":
            self.close()

    def close(self) -> None:
        with suppress(BrokenPipeError):
            self._file.close()


def main() -> int:
    """Run the mesh; returns the exit status."""
    topology, descriptor, *options = sys.argv[1:]
    report = _Report(int(descriptor))
    try:
        plan = make_plan(parse(topology), release="--release" in options)
        timings = Timings(report if "--timings" in options else None)
        host = RealHost(plan.topology.root.resolve() / "build", timings=timings)
        return asyncio.run(supervise(plan, host, on_event=report))
    except UserError as error:
        report(Event("error", detail=str(error)))
        return 2
    except MeshkernelError as error:
        notes = "".join(f"\n  {note}" for note in getattr(error, "__notes__", ()))
        report(Event("error", detail=f"meshkernel: {error}{notes}"))
        print(error, file=sys.stderr)
        return 1
    finally:
        report.close()


if __name__ == "__main__":
    sys.exit(main())
