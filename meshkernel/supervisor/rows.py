"""What ``meshkernel ps`` shows of each replica."""

from __future__ import annotations

from typing import Any

from attrs import asdict, frozen

from meshkernel.plan.model import CALL_PORT, Plan
from meshkernel.supervisor.runner import Runner


@frozen
class Row:
    """One replica as ``meshkernel ps`` shows it; ``replica`` is its number, from 1.

    ``address`` is ``ip:port`` of its calls; ``summons`` says how often a caller has started it, and
    ``woken`` when that was the last time, in seconds since 1970.
    """

    service: str
    replica: int
    name: str
    state: str
    pid: int | None
    address: str
    memory_mb: int
    boot_ms: int | None
    restarts: int
    image_bytes: int
    reason: str | None = None
    report: str | None = None
    summons: int = 0
    woken: float | None = None

    def as_map(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self, recurse=False)


def row_of(plan: Plan, runner: Runner, image_bytes: int) -> Row:
    """What is to be shown of one replica now."""
    planned, replica = plan.of(runner.name), plan.replicas[runner.name]
    return Row(
        service=planned.name,
        replica=replica.number,
        name=runner.name,
        state=str(runner.state),
        pid=runner.pid,
        address=f"{replica.address}:{runner.port or CALL_PORT}",
        memory_mb=planned.service.memory >> 20,
        boot_ms=runner.boot_ms,
        restarts=runner.restarts,
        image_bytes=image_bytes,
        reason=runner.reason,
        report=None if runner.report is None else str(runner.report),
        summons=0 if runner.sleep is None else runner.sleep.summons,
        woken=None if runner.sleep is None else runner.sleep.woken,
    )
