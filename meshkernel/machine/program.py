"""Any program as a single unikernel: what ``meshkernel run`` builds and starts."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from attrs import evolve, field, frozen

from meshkernel.config import boot as planned
from meshkernel.config.machine import MIB, VolumeValues
from meshkernel.config.selection import exposed, mounted
from meshkernel.errors import Fault, UserError
from meshkernel.image.builder import build_program
from meshkernel.image.images import Image
from meshkernel.image.paths import APP, PYTHON
from meshkernel.image.program import Program
from meshkernel.image.standard import require_tests
from meshkernel.machine import probe
from meshkernel.machine.arguments import MachineSpec
from meshkernel.machine.boot import line
from meshkernel.machine.console import OnConsole
from meshkernel.machine.launcher import build_launcher
from meshkernel.machine.machine import Machine
from meshkernel.machine.volumes import open_folder
from meshkernel.plan import Plan, make_plan
from meshkernel.toolchain.cache import Cache
from meshkernel.topology.model import Accel, Expose, Mount, Service, Topology

TESTS = ("test", "test.regrtest")
"""What runs CPython's own tests."""


@frozen
class Share:
    """A folder of the host that a program finds at a path.

    Attributes:
        folder: on the host; it has to be there.
        path: absolute, in the machine.
        read_only: the program cannot change it.
    """

    folder: Path
    path: str
    read_only: bool = False

    def mount(self) -> Mount:
        """What a topology would say."""
        return Mount(self.path, self.folder.name, self.read_only)


@frozen
class Run:
    """What is to be run: exactly one of ``script`` and ``module``.

    Attributes:
        script: a Python file, or an ELF executable for Linux.
        module: a module, as ``python -m`` takes it.
        arguments: behind it.
        include: modules to have in the image although nothing seems to import them.
        files: data to have in the image: files, and folders with all that is in them.
        environment: variables, over those of every service.
        memory: bytes.
        publish: ports of the host that lead to ports of the program.
        accel: what executes it.
        everything: have every library of the library OS, whatever the program seems to need.
        stdlib: have the whole standard library, with its sources and its tests; so does
            ``-m test``, whose modules no analyser sees.
        volumes: folders of the host, with the paths where the program finds them.
        out: the build folder.
    """

    script: Path | None = None
    module: str | None = None
    arguments: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    files: tuple[Path, ...] = ()
    environment: dict[str, str] = field(factory=dict)
    memory: int = 128 * MIB
    publish: tuple[Expose, ...] = ()
    accel: Accel = Accel.AUTO
    everything: bool = False
    stdlib: bool = False
    volumes: tuple[Share, ...] = ()
    out: Path = Path("build")

    @property
    def name(self) -> str:
        """Of the machine, and of its folder in the build folder."""
        text = self.script.stem if self.script else (self.module or "").replace(".", "-")
        plain = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "program"
        return f"run-{plain}"[:60]

    def plan(self) -> Plan:
        """A mesh of this program alone."""
        service = Service(
            self.name,
            line=0,
            module="__main__",
            memory=self.memory,
            expose=self.publish,
            volumes=tuple(share.mount() for share in self.volumes),
        )
        root = self.program().root
        topology = Topology(root / "topology.toml", self.name, {self.name: service}, ())
        return make_plan(topology)

    def program(self) -> Program:
        """What the image is made for.

        Raises:
            UserError: there is no such file.
        """
        standard = self.stdlib or self.module in TESTS
        if self.module in TESTS:
            require_tests()
        if self.script is None:
            modules = tuple(name for name in (self.module, *self.include) if name)
            root, modules = Path.cwd(), (*modules, *_main(modules))
        elif self.script.is_file():
            root, modules = self.script.resolve().parent, self.include
        else:
            raise UserError(Fault(f"{self.script} is not there", "name a file that is"))
        return Program(
            self.name,
            root,
            modules,
            self.script.resolve() if self.script else None,
            tuple(sorted(_data(self.files, root))),
            one_process=False,
            everything=self.everything or standard,
            standard=standard,
        )

    def command(self) -> list[str]:
        """The arguments of the program, in the image."""
        if self.script is None:
            return [PYTHON, "-m", self.module or "", *self.arguments]
        path = f"{APP}/{self.script.name}"
        interpreter = [PYTHON] if self.program().is_python else []
        return [*interpreter, path, *self.arguments]

    def boot(self, plan: Plan) -> str:
        """The boot configuration."""
        (service,) = plan.services.values()
        variables = planned.ENVIRONMENT | self.environment
        lines = [
            "abi 1\n",
            *(line("argument", word) for word in self.command()),
            *(line("environment", f"{name}={variables[name]}") for name in sorted(variables)),
            line("directory", APP),
            line("hostname", self.name),
        ]
        lines += [
            line("volume", f"{planned.volume_tag(index)} {mount.access} {mount.path}")
            for index, mount in enumerate(service.service.volumes)
        ]
        if self.publish:
            lines += [
                line("address", f"{service.address}/{plan.network.prefixlen}"),
                line("gateway", str(plan.gateway)),
            ]
        return "".join(lines)


def _main(modules: Sequence[str]) -> list[str]:
    """A package is run by its module ``__main__``."""
    return [f"{modules[0]}.__main__"] if modules else []


def _data(paths: Iterable[Path], root: Path) -> Iterator[tuple[str, Path]]:
    """Each file with its path in the image: as it lies to the program, else beside it."""
    for path in (path.resolve() for path in paths):
        if not path.exists():
            raise UserError(Fault(f"{path} is not there", "name a file or folder that is"))
        base = root if path.is_relative_to(root) else path.parent
        for file in path.rglob("*") if path.is_dir() else [path]:
            if file.is_file():
                yield f"{APP}/{file.relative_to(base)}", file


def build(run: Run) -> Image:
    """Builds the image of a program."""
    plan = run.plan()
    (service,) = plan.services.values()
    facts = exposed(service) | mounted(service)
    return build_program(plan, evolve(run.program(), facts=facts), run.out)


@asynccontextmanager
async def start(run: Run, image: Image, on_console: OnConsole) -> AsyncIterator[Machine]:
    """The machine of a program, with its volumes and the ways in from the host.

    Raises:
        SupervisorError: a volume is mounted for writing already.
    """
    with ExitStack() as stack:
        locked: list[int] = []
        for share in run.volumes:
            volume = open_folder(share.folder, read_only=share.read_only)
            locked += stack.enter_context(volume)
        async with _started(run, image, on_console, locked) as machine:
            yield machine


@asynccontextmanager
async def _started(
    run: Run, image: Image, on_console: OnConsole, locked: Sequence[int]
) -> AsyncIterator[Machine]:
    plan = run.plan()
    cache = Cache(run.out.absolute() / "cache")
    accel = (await asyncio.to_thread(probe.choose, run.accel, cache)).accel
    launcher = await asyncio.to_thread(build_launcher, cache)
    (service,) = plan.services.values()
    spec = MachineSpec(
        name=run.name,
        image=image.path,
        boot=run.boot(plan),
        memory=run.memory,
        accel=accel,
        mac=service.mac if run.publish else None,
        volumes=tuple(
            VolumeValues(planned.volume_tag(index), str(share.folder), share.read_only)
            for index, share in enumerate(run.volumes)
        ),
        inherited=tuple(locked),
        launcher=launcher,
    )
    if not run.publish:
        async with Machine.start(spec, on_console=on_console) as machine:
            yield machine
        return
    # Most runs need neither.
    from meshkernel.network.building import build_switch  # noqa: PLC0415
    from meshkernel.network.switch import Switch  # noqa: PLC0415

    with TemporaryDirectory() as folder:
        native = await asyncio.to_thread(build_switch, cache)
        async with await Switch.start(plan, Path(folder), program=native) as switch:
            network = await switch.attach(run.name)
            async with Machine.start(spec, network=network, on_console=on_console) as machine:
                yield machine
