"""The program on a specialised Linux: a microVM with the same CPython and files, on the same wires.

The kernel is a PVH ELF that has virtio-mmio, virtio-net, IPv4 and an initramfs built in, made small
after "A Linux in Unikernel Clothing" (EuroSys 2020); or Debian's cloud kernel with its modules.
"""

from __future__ import annotations

import asyncio
import lzma
import stat
import subprocess
import time
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from attrs import define

from benchmarks.peers import cpio, debian
from benchmarks.peers.base import OnReady, ReadyWatch, Running
from benchmarks.peers.unikernel import Unikernel, wires
from meshkernel.image.filesystem import MAGIC as IMAGE_MAGIC
from meshkernel.image.filesystem import SUPER, Reader
from meshkernel.toolchain import tools

HERE = Path(__file__).parent
MACHINE = "microvm,acpi=off"  # with its clock: without it this kernel waits for 1.5 s
# Debian's virtio_mmio takes no devices from the command line: it finds them in ACPI's tables.
DEBIAN_MACHINE = "microvm,acpi=on"
QUIET = "console=ttyS0 quiet no_timer_check nolapic_timer"
MIB = 1 << 20


@define
class Linux:
    """A Linux kernel and an initramfs with the files of our image."""

    unikernel: Unikernel
    kernel: Path
    initramfs: Path
    khz: int
    name: str = "linux"
    machine: str = MACHINE

    @classmethod
    def build(cls, unikernel: Unikernel, kernel: Path, out: Path) -> Linux:
        """Unpacks the kernel (`vmlinux` or `vmlinux.xz`) and packs the files, below `out`."""
        out.mkdir(parents=True, exist_ok=True)
        unpacked = out / "vmlinux"
        data = kernel.read_bytes()
        unpacked.write_bytes(lzma.decompress(data) if kernel.suffix == ".xz" else data)
        return cls(unikernel, unpacked, _initramfs(unikernel, {}, out), _khz(out))

    @classmethod
    def build_debian(cls, unikernel: Unikernel, out: Path) -> Linux:
        """Fetches Debian's cloud kernel and packs its modules and the files, below `out`."""
        kernel = debian.fetch(out)
        initramfs = _initramfs(unikernel, kernel.modules, out)
        return cls(unikernel, kernel.path, initramfs, _khz(out), "linux (Debian)", DEBIAN_MACHINE)

    def sizes(self) -> tuple[int, int]:
        """The kernel; the initramfs."""
        return self.kernel.stat().st_size, self.initramfs.stat().st_size

    def _arguments(self, memory: int, network: int) -> list[str]:
        service, plan = self.unikernel.service, self.unikernel.plan
        words = [
            f"{QUIET} tsc_early_khz={self.khz}",
            f"ADDRESS={service.address} NETMASK={plan.network.netmask} GATEWAY={plan.gateway}",
            "PYTHONHOME=/usr PYTHONUNBUFFERED=1",
            f"PROGRAM={':'.join(self.unikernel.run.command())}",
        ]
        return [
            str(tools.qemu().path),
            *("-M", self.machine, "-accel", "tcg", "-cpu", "max", "-m", f"{memory // MIB}M"),
            *("-nodefaults", "-no-user-config", "-no-reboot", "-display", "none"),
            *("-serial", "stdio", "-kernel", str(self.kernel), "-initrd", str(self.initramfs)),
            *("-append", " ".join(words)),
            *("-netdev", f"stream,id=net,server=off,addr.type=fd,addr.str={network}"),
            *("-device", f"virtio-net-device,netdev=net,mac={service.mac}"),
        ]

    @asynccontextmanager
    async def boot(self, memory: int, on_ready: OnReady) -> AsyncIterator[Running]:
        """A machine with that memory."""
        async with wires(self.unikernel.plan, self.unikernel.native) as switch:
            with await switch.attach(self.unikernel.service.name) as network:
                started = time.monotonic()
                machine = await asyncio.create_subprocess_exec(
                    *self._arguments(memory, network.fileno()),
                    stdin=DEVNULL,
                    stdout=PIPE,
                    pass_fds=[network.fileno()],
                )
            assert machine.stdout is not None
            reader = asyncio.create_task(ReadyWatch(on_ready).follow(machine.stdout))
            try:
                (way_in,) = switch.exposed
                yield Running(way_in.host, way_in.port, machine.pid, started)
            finally:
                machine.kill()
                await machine.wait()
                await reader


def _compile(name: str, out: Path) -> Path:
    """A static program from a C file beside this one."""
    compiled = out / name
    command = ["cc", "-O2", "-static", str(HERE / f"{name}.c"), "-o", str(compiled)]
    subprocess.run(command, check=True)
    return compiled


def _khz(out: Path) -> int:
    """The rate of this machine's time-stamp counter."""
    return int(subprocess.run([_compile("tsc", out)], check=True, capture_output=True).stdout)


def _initramfs(unikernel: Unikernel, modules: Mapping[str, bytes], out: Path) -> Path:
    """The files, with these modules for init to load in this order."""
    nodes = _nodes(unikernel.image.path, _compile("init", out))
    for index, (name, data) in enumerate(modules.items()):
        nodes[f"modules/{index:02}-{name}.ko"] = cpio.Node(stat.S_IFREG | 0o644, data)
    initramfs = out / "root.cpio"
    initramfs.write_bytes(cpio.archive(nodes))
    return initramfs


def _nodes(image: Path, init: Path) -> dict[str, cpio.Node]:
    """Everything in our image's file system, the devices that Linux needs, and init."""
    nodes = dict(cpio.DEVICES)
    files = Reader.parse(_file_system(image.read_bytes()))
    for path, number in files.walk():
        mode, *_ = files.inode(number)
        if path != "/":
            data = b"" if stat.S_ISDIR(mode) else files.contents(number)
            nodes[path.lstrip("/")] = cpio.Node(mode, data)
    nodes["init"] = cpio.Node(stat.S_IFREG | 0o755, init.read_bytes())
    return nodes


def _file_system(image: bytes) -> bytes:
    """The bytes of the file system inside an image."""
    start = image.find(IMAGE_MAGIC.to_bytes(8, "little"))
    while start >= 0:
        _, size, *_ = SUPER.unpack_from(image, start)
        if start % 4096 == 0 and 0 < size <= len(image) - start:
            return image[start : start + size]
        start = image.find(IMAGE_MAGIC.to_bytes(8, "little"), start + 1)
    raise ValueError("the image has no file system")
