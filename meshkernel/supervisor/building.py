"""Building the images of a mesh in other threads, while whoever asked is told how it goes."""

from __future__ import annotations

import asyncio
import threading
import time
from pathlib import Path

from attrs import define, field

from meshkernel.errors import SupervisorError
from meshkernel.image.builder import build_mesh
from meshkernel.image.images import Image
from meshkernel.plan.model import Plan
from meshkernel.supervisor.events import Event, OnEvent
from meshkernel.toolchain.cache import Cache
from meshkernel.topology.model import Accel


class _CancelledError(SupervisorError):
    """Nobody waits for the build any more."""


@define
class BuildReport:
    """Turns the builder's progress into events; seconds of each service's build are kept.

    Called from the builder's threads; ``on_event`` is called in the event loop's.
    """

    on_event: OnEvent
    seconds: dict[str, float] = field(factory=dict)
    cancelled: threading.Event = field(factory=threading.Event)
    _begun: dict[str, float] = field(factory=dict)

    def __call__(self, service: str, what: str) -> None:
        """The builder's ``on_progress``; ends a build that nobody waits for any more."""
        if self.cancelled.is_set():
            raise _CancelledError("the build was interrupted")
        begun = self._begun.setdefault(service, time.monotonic())
        self.seconds[service] = time.monotonic() - begun
        if what != "done":
            self.on_event(Event("build", service, detail=what))


async def build_images(
    plan: Plan,
    out: Path,
    on_event: OnEvent,
    everything: frozenset[str] = frozenset(),
    *,
    sealed: bool = True,
    anew: bool = False,
) -> dict[str, Image]:
    """Build the images of a plan in other threads, and tell of each when all are done.

    Args:
        plan: of the mesh.
        out: the build folder.
        on_event: is told what is done.
        everything: names of services that get every library, whatever they need, and boot cold.
        sealed: whether images of services that are warm are sealed, too.
        anew: whether they are, although what was sealed is good still.
    """
    loop = asyncio.get_running_loop()

    def tell(event: Event) -> None:
        loop.call_soon_threadsafe(on_event, event)

    report = BuildReport(tell)
    try:
        images = await asyncio.to_thread(build_mesh, plan, out, report, everything)
    except asyncio.CancelledError:
        report.cancelled.set()
        raise
    wanted = {
        name: image
        for name, image in images.items()
        if sealed and plan.services[name].service.warm and name not in everything
    }
    if wanted:
        # Only where something is to be sealed: machines take their time to import.
        from meshkernel.supervisor.sealing import Sealer  # noqa: PLC0415

        accel, launcher = await asyncio.to_thread(_what_starts, plan, out)
        sealer = Sealer(plan, accel, launcher, on_event, anew=anew)
        images |= await sealer.seal(wanted)
        for name, seconds in sealer.seconds.items():
            report.seconds[name] += seconds
    for name, image in images.items():
        detail = "cached" if image.is_cached else "built"
        on_event(Event("built", name, report.seconds.get(name, 0.0), detail))
        for warning in image.warnings:
            on_event(Event("note", name, detail=warning))
    return images


def _what_starts(plan: Plan, out: Path) -> tuple[Accel, Path]:
    """What executes machines here, and what starts them."""
    from meshkernel.machine import launcher, probe  # noqa: PLC0415

    cache = Cache(out.absolute() / "cache")
    return probe.choose(plan.topology.accel, cache).accel, launcher.build_launcher(cache)
