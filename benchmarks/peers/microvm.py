"""A specialised Linux in the same microvm as our images, with an initramfs of the same files.

The kernel is a PVH ELF that has virtio-mmio, virtio-net, IPv4 and an initramfs built in, made small
after "A Linux in Unikernel Clothing" (EuroSys 2020); or Debian's cloud kernel with its modules.
"""

from __future__ import annotations

import lzma
import stat
import subprocess
from collections.abc import Iterable, Mapping
from ipaddress import IPv4Address
from pathlib import Path

from attrs import field, frozen

from benchmarks.peers import cpio, debian
from meshkernel.config.machine import EMULATED
from meshkernel.image.filesystem import MAGIC as IMAGE_MAGIC
from meshkernel.image.filesystem import SUPER, Reader
from meshkernel.plan.model import MTU, Plan, ServicePlan
from meshkernel.toolchain import tools

HERE = Path(__file__).parent
KERNEL = Path("../shared/peers/linux/vmlinux-tiny.xz")
MACHINE = "microvm,acpi=off"  # with its clock: without it this kernel waits for 1.5 s
# Debian's virtio_mmio takes no devices from the command line: it finds them in ACPI's tables.
DEBIAN_MACHINE = "microvm,acpi=on"
QUIET = "console=ttyS0 quiet no_timer_check nolapic_timer"
MIB = 1 << 20

Nodes = dict[str, cpio.Node]


@frozen
class Kernel:
    """A kernel, the rate of this machine's time-stamp counter, and the modules to load first."""

    path: Path
    khz: int
    machine: str = MACHINE
    modules: Mapping[str, bytes] = field(factory=dict)

    @classmethod
    def tiny(cls, packed: Path, out: Path) -> Kernel:
        """Unpacks a kernel (`vmlinux` or `vmlinux.xz`) below `out`."""
        out.mkdir(parents=True, exist_ok=True)
        unpacked = out / "vmlinux"
        data = packed.read_bytes()
        unpacked.write_bytes(lzma.decompress(data) if packed.suffix == ".xz" else data)
        return cls(unpacked, _khz(out))

    @classmethod
    def debian(cls, out: Path) -> Kernel:
        """Fetches Debian's cloud kernel."""
        kernel = debian.fetch(out)
        return cls(kernel.path, _khz(out), DEBIAN_MACHINE, kernel.modules)

    def arguments(
        self, initramfs: Path, memory: int, words: Iterable[str], network: int, mac: str
    ) -> list[str]:
        """QEMU's command line.

        Args:
            memory: bytes.
            words: of the kernel's command line: NAME=value is environment of the program.
            network: the descriptor of the switch's socket.
            mac: of the network device.
        """
        line = " ".join([f"{QUIET} tsc_early_khz={self.khz}", *words])
        return [
            str(tools.qemu().path),
            *("-M", self.machine, "-accel", "tcg", "-cpu", EMULATED),
            *("-m", f"{memory // MIB}M"),
            *("-nodefaults", "-no-user-config", "-no-reboot", "-display", "none"),
            *("-serial", "stdio", "-kernel", str(self.path), "-initrd", str(initramfs)),
            *("-append", line),
            *("-netdev", f"stream,id=net,server=off,addr.type=fd,addr.str={network}"),
            *("-device", f"virtio-net-device,netdev=net,mac={mac},host_mtu={MTU}"),
        ]

    def initramfs(self, files: Nodes, out: Path) -> Path:
        """Packs files with the modules and init."""
        out.mkdir(parents=True, exist_ok=True)
        nodes = dict(cpio.DEVICES) | files
        nodes["init"] = cpio.Node(stat.S_IFREG | 0o755, _compile("init", out).read_bytes())
        for index, (name, data) in enumerate(self.modules.items()):
            nodes[f"modules/{index:02}-{name}.ko"] = cpio.Node(stat.S_IFREG | 0o644, data)
        packed = out / "root.cpio"
        packed.write_bytes(cpio.archive(nodes))
        return packed


def network_words(plan: Plan, service: ServicePlan) -> list[str]:
    """What init is told: the address, and the neighbours, since the mesh has no ARP."""
    neighbours: list[IPv4Address] = [plan.gateway, *(peer.address for peer in service.peers)]
    neighbours += [plan.services[name].address for name in service.callers]
    return [
        f"ADDRESS={service.address} NETMASK={plan.network.netmask} GATEWAY={plan.gateway}",
        f"NEIGHBOURS={','.join(map(str, dict.fromkeys(neighbours)))}",
    ]


def files_of(image: Path) -> Nodes:
    """Everything in the file system of one of our images."""
    nodes: Nodes = {}
    files = Reader.parse(_file_system(image.read_bytes()))
    for path, number in files.walk():
        mode, *_ = files.inode(number)
        if path != "/":
            data = b"" if stat.S_ISDIR(mode) else files.contents(number)
            nodes[path.lstrip("/")] = cpio.Node(mode, data)
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


def _compile(name: str, out: Path) -> Path:
    """A static program from a C file beside this one."""
    compiled = out / name
    command = ["cc", "-O2", "-static", str(HERE / f"{name}.c"), "-o", str(compiled)]
    subprocess.run(command, check=True)
    return compiled


def _khz(out: Path) -> int:
    """The rate of this machine's time-stamp counter."""
    return int(subprocess.run([_compile("tsc", out)], check=True, capture_output=True).stdout)
