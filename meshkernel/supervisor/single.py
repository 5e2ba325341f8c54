"""A program that runs as a mesh of its own: where the report of its death is."""

from __future__ import annotations

import time
from pathlib import Path

from meshkernel.machine.attached import Ended
from meshkernel.machine.program import Run
from meshkernel.supervisor.crash import Death, write
from meshkernel.supervisor.run_folder import RunFolder


def report(run: Run, ended: Ended) -> Path:
    """Writes the crash report of a program whose machine has just died; returns where it is.

    Raises:
        OSError: it cannot be written.
    """
    machine = ended.machine
    death = Death(
        service=run.name,
        mesh=run.name,
        reason=f"{run.name} {ended.how.sentence}",
        time=time.time(),
        uptime=time.monotonic() - machine.started,
        ready=None,
        facts=machine.facts,
        console=machine.console,
        image=machine.image,
        log=machine.console.decode(errors="replace").splitlines(),
    )
    return write(RunFolder(run.out / "run" / run.name).crashes, death)
