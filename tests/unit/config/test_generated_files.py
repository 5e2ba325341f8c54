"""Generated files: what is in them, and what writing them leaves alone."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath

import pytest
from attrs import evolve as replace

from meshkernel.config import (
    File,
    Library,
    LibrarySources,
    VolumeValues,
    boot_configuration,
    headers,
    machine_arguments,
    render,
    sealing_configuration,
    write_files,
)
from meshkernel.config.boot import DIRECTORY, INTERPRETER, LOAD_EVERY, SITE, escape
from meshkernel.config.files import MARK
from meshkernel.config.libos import Option, options_of
from meshkernel.config.machine import planned_machine, words
from meshkernel.config.selection import Want, everything, select
from meshkernel.errors import UserError
from meshkernel.plan import make_plan
from meshkernel.topology.model import Expose, Link, Mount, Replicas, Service, Topology

SOURCES = LibrarySources(
    libraries=(
        Library(
            "core",
            "The core",
            sources=("init.c",),
            options={"STACK": Option(8), "NAME": Option('a"b\\')},
            syscalls=("write", "read"),
        ),
        Library("net", "The network", ("core",), ("tcp.c", "udp.c"), {"BUFFERS": Option(True)}),
    ),
    numbers={"read": 0, "write": 1, "connect": 42},
)
WEB = Service(
    name="web",
    line=1,
    asgi="code.web:app",
    env={"GREETING": "100 %\nnext", "HOME": "/app"},
    secrets=("PAYMENT_KEY",),
    expose=(Expose(8080, 8000),),
)
CART = Service(
    name="cart",
    line=2,
    module="code.cart",
    volumes=(Mount("/carts", "carts"), Mount("/some prices", "prices", read_only=True)),
)
PLAN = make_plan(
    Topology(
        path=Path("topology.toml"),
        name="shop",
        services={"web": WEB, "cart": CART},
        links=(Link("web", "cart", line=3, timeout=0.5),),
    )
)
SELECTIONS = {name: everything(SOURCES) for name in PLAN.services}
FILES = {str(file.path): file.contents for file in render(PLAN, SOURCES, SELECTIONS)}


def boot_values(text: str) -> list[tuple[str, str]]:
    """A boot configuration as the library OS reads it."""
    values = []
    for line in text.splitlines():
        if line and not line.startswith("#"):
            key, _, value = line.partition(" ")
            plain = re.sub(rb"%([0-9a-f]{2})", lambda m: bytes([int(m[1], 16)]), value.encode())
            values.append((key, plain.decode()))
    return values


OF_THE_CODE = {
    "replica": 1,
    "load": None,
    "module": None,
    "asgi": "code.web:app",
    "host": "0.0.0.0",
    "port": 7000,
    "http_port": 8000,
    "sleep": None,
}
"""What web's runtime is told, of one machine and at the seal."""


def test_every_service_has_its_files_and_each_says_that_it_is_generated() -> None:
    headers = ["config.h", "left_out.h", "libraries.h", "link.txt", "syscalls.h"]
    names = ["boot.conf", *(f"libos/{name}" for name in headers), "machine.args"]
    assert list(FILES) == [f"{service}/{name}" for service in ("cart", "web") for name in names]
    for contents in FILES.values():
        assert MARK in contents.splitlines()[0]
        assert "do not edit" in contents.splitlines()[0]
        assert contents.endswith("\n")


def test_rendering_is_the_same_every_time() -> None:
    assert {str(file.path): file.contents for file in render(PLAN, SOURCES, SELECTIONS)} == FILES


def test_the_boot_configuration() -> None:
    values = boot_values(FILES["web/boot.conf"])
    assert values[0] == ("abi", "1")
    found = dict(values)
    web, cart = PLAN.services["web"], PLAN.services["cart"]
    assert found["address"] == f"{web.address}/16"
    assert found["gateway"] == str(PLAN.gateway)
    assert found["hostname"] == "web"
    assert [value for key, value in values if key == "host"] == [f"{cart.address} cart"]
    arguments = [value for key, value in values if key == "argument"]
    assert arguments == ["/usr/bin/python3", "-S", "-m", "meshkernel.guest"]
    assert not [key for key, _ in values if key == "file"]
    name, _, contents = [value for key, value in values if key == "environment"][-1].partition("=")
    assert name == "MESHKERNEL_SERVICE"
    cart_from_web = {"addresses": [str(cart.address)], "port": 7000, "timeout": 0.5}
    assert (
        json.loads(contents)
        == {
            "mesh": "shop",
            "service": "web",
            "peers": {"cart": cart_from_web},
        }
        | OF_THE_CODE
    )


def test_the_configuration_of_a_boot_for_sealing_has_nothing_of_one_machine() -> None:
    values = boot_values(sealing_configuration(PLAN, PLAN.services["web"], 7))
    assert values[0] == ("abi", "1")
    keys = {key for key, _ in values}
    assert keys == {"abi", "argument", "environment", "directory", "hostname"}
    variables = dict(value.split("=", 1) for key, value in values if key == "environment")
    assert variables["GREETING"] == "100 %\nnext"
    assert variables["PYTHONHASHSEED"] == "7"
    told = json.loads(variables["MESHKERNEL_SERVICE"])
    assert told == {"mesh": "", "service": "code.web", "peers": {}} | OF_THE_CODE
    assert ("hostname", "localhost") in values
    asked = {"secrets": ["PAYMENT_KEY"], "explain": False}
    assert json.loads(variables["MESHKERNEL_SEAL"]) == asked
    text = sealing_configuration(PLAN, PLAN.services["web"], 7, explain=True)
    values = [value for key, value in boot_values(text) if key == "environment"]
    assert f"MESHKERNEL_SEAL={json.dumps(asked | {'explain': True})}" in values


def test_services_of_the_same_code_are_sealed_alike() -> None:
    one = Service("one", 1, module="code.cart")
    other = Service("other", 2, module="code.cart", sleep=5.0, replicas=Replicas(1, 3))
    third = Service("third", 3, module="code.cart", env={"A": "b"})
    services = {service.name: service for service in (one, other, third)}
    plan = make_plan(replace(PLAN.topology, services=services, links=()))
    texts = [sealing_configuration(plan, each, 7) for each in plan.services.values()]
    assert texts[0] == texts[1]
    assert texts[0] != texts[2]


def test_a_hash_seed_that_the_service_has_chosen_is_that_of_the_seal() -> None:
    chosen = replace(WEB, env={"PYTHONHASHSEED": "0"})
    web = replace(PLAN.services["web"], service=chosen)
    values = boot_values(sealing_configuration(PLAN, web, 7))
    assert ("environment", "PYTHONHASHSEED=0") in values
    assert ("environment", "PYTHONHASHSEED=7") not in values


def test_the_boot_configuration_of_a_replica() -> None:
    services = {
        "web": replace(PLAN.topology.services["web"], replicas=Replicas(1, 4)),
        "cart": replace(PLAN.topology.services["cart"], volumes=(), replicas=Replicas(2, 2)),
    }
    plan = make_plan(replace(PLAN.topology, services=services))
    web, cart = plan.services["web"], plan.services["cart"]
    values = boot_values(boot_configuration(plan, web, web.replicas[2]))
    found = dict(values)
    assert (found["hostname"], found["address"]) == ("web-3", f"{web.replicas[2].address}/16")
    assert [value for key, value in values if key == "host"] == [
        f"{replica.address} cart" for replica in cart.replicas
    ]
    files = dict(value.split(" ", 1) for key, value in values if key == "file")
    assert files == {"/etc/host.conf": "multi on\n"}
    last = [value for key, value in values if key == "environment"][-1]
    told = json.loads(last.partition("=")[2])
    assert (told["replica"], told["load"]) == (3, LOAD_EVERY)
    assert told["peers"]["cart"]["addresses"] == [str(each.address) for each in cart.replicas]


def test_volumes_are_mounted_by_their_tags() -> None:
    values = boot_values(FILES["cart/boot.conf"])
    assert [value for key, value in values if key == "volume"] == [
        "volume0 rw /carts",
        "volume1 ro /some prices",
    ]
    arguments = words(FILES["cart/machine.args"])
    devices = [arguments[i + 1] for i, word in enumerate(arguments) if word == "-device"]
    assert [each for each in devices if "9p" in each] == [
        "virtio-9p-device,fsdev=volume0,mount_tag=volume0",
        "virtio-9p-device,fsdev=volume1,mount_tag=volume1",
    ]
    folders = [arguments[i + 1] for i, word in enumerate(arguments) if word == "-fsdev"]
    assert folders[0].startswith("local,id=volume0,path=<volumes>/carts,")
    assert [folder.endswith(",readonly=on") for folder in folders] == [False, True]
    assert "9p" not in FILES["web/machine.args"]


def test_a_comma_in_a_folder_does_not_end_its_name() -> None:
    value = VolumeValues("volume0", "/home/a,readonly=on/b")
    assert ",path=/home/a,,readonly=on/b,security_model=mapped-xattr," in value.fsdev


def test_a_services_variables_override_and_survive_whatever_is_in_them() -> None:
    values = boot_values(FILES["web/boot.conf"])
    variables = dict(value.split("=", 1) for key, value in values if key == "environment")
    assert variables["GREETING"] == "100 %\nnext"
    assert variables["HOME"] == "/app"
    assert variables["PYTHONUTF8"] == "1"


def test_nothing_secret_and_nothing_of_one_boot_is_in_a_file() -> None:
    for contents in FILES.values():
        assert "PAYMENT_KEY" not in contents
    keys = {key for key, _ in boot_values(FILES["web/boot.conf"])}
    assert not keys & {"seed", "wall"}


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("plain text=1", "plain text=1"),
        ("%", "%25"),
        ("a\nb\tc\0", "a%0ab%09c%00"),
        (" a ", "%20a%20"),
        ("é", "é"),
        ("\x7f", "%7f"),
    ],
)
def test_values_are_escaped_to_stay_on_their_line(text: str, escaped: str) -> None:
    assert escape(text) == escaped


def test_the_machine() -> None:
    text = FILES["cart/machine.args"]
    assert "-m 64M\n" in text
    assert "-accel <accel>\n" in text
    assert "-kernel image.elf\n-initrd /proc/self/fd/<boot>\n" in text
    assert f"mac={PLAN.services['cart'].mac}\n" in text


def test_the_machine_runs_with_what_is_written() -> None:
    machine = replace(
        planned_machine(PLAN, PLAN.services["cart"]), image="/a b/image.elf", serial="5"
    )
    written = words(FILES["cart/machine.args"])
    told = machine_arguments(machine)
    differ = {(old, new) for old, new in zip(written, told, strict=True) if old != new}
    assert differ == {
        ("image.elf", "/a b/image.elf"),
        ("socket,id=serial,fd=<serial>", "socket,id=serial,fd=5"),
    }


def test_the_link_list_names_every_source() -> None:
    lines = FILES["cart/libos/link.txt"].splitlines()
    assert [line for line in lines if line and not line.startswith("#")] == [
        "core init.c",
        "net tcp.c",
        "net udp.c",
    ]


def test_headers_are_shared_by_services_that_need_the_same() -> None:
    assert FILES["cart/libos/config.h"] == FILES["web/libos/config.h"]
    found = headers(SOURCES, SELECTIONS["cart"])
    assert found == {
        name: FILES[f"cart/libos/{name}"]
        for name in ("config.h", "left_out.h", "libraries.h", "syscalls.h")
    }


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler")
def test_the_headers_are_c(tmp_path: Path) -> None:
    for name, contents in headers(SOURCES, SELECTIONS["cart"]).items():
        (tmp_path / name).write_text(contents)
    (tmp_path / "test.c").write_text("""
#include "config.h"
_Static_assert(MK_STACK == 8 && MK_BUFFERS == 1, "options");
const char name[] = MK_NAME;
_Static_assert(sizeof name == 5, "a quote and a backslash");
enum {
#define SYSCALL(number, name) NR_##name = number,
#include "syscalls.h"
};
_Static_assert(NR_read == 0 && NR_write == 1, "calls");
""")
    subprocess.run(["cc", "-c", "-Wall", "-Werror", "test.c"], cwd=tmp_path, check=True)
    (tmp_path / "bare.c").write_text('#include "syscalls.h"\n')
    bare = subprocess.run(
        ["cc", "-c", "bare.c"], cwd=tmp_path, check=False, capture_output=True, text=True
    )
    assert "define SYSCALL(number, name) before including" in bare.stderr


def test_what_was_left_out_is_told_with_its_library(tmp_path: Path) -> None:
    tcp = Library("net/tcp", "TCP", ("core",), syscalls=("connect",))
    sources = replace(SOURCES, libraries=(*SOURCES.libraries, tcp))
    some = select(sources, [Want("core", "a test wants it")])
    found = headers(sources, some)
    assert '/* connect */\nLEFT_OUT("net/tcp", "42")\n' in found["left_out.h"]
    assert "connect" not in found["syscalls.h"]
    assert "#define MK_HAVE_CORE 1" in found["libraries.h"]
    assert "NET" not in found["libraries.h"]
    full = headers(sources, everything(sources))
    assert "SYSCALL(42, connect)\n" in full["syscalls.h"]
    assert 'LEFT_OUT("' not in full["left_out.h"]
    assert "#define MK_HAVE_NET_TCP 1" in full["libraries.h"]


@pytest.mark.parametrize(
    ("second", "told"),
    [
        ("read", r"b/lib\.toml: read is a's"),
        ("reed", r"b/lib\.toml: Linux has no system call reed"),
    ],
)
def test_a_system_call_has_one_home(second: str, told: str) -> None:
    libraries = (Library("a", "A", syscalls=("read",)), Library("b", "B", syscalls=(second,)))
    with pytest.raises(ValueError, match=told):
        LibrarySources(libraries, {"read": 0}).syscalls(libraries)


def test_an_option_has_one_home() -> None:
    libraries = [
        Library("a", "A", options={"X": Option(1)}),
        Library("b", "B", options={"X": Option(2)}),
    ]
    with pytest.raises(ValueError, match=r"b/lib\.toml: X is another library's option"):
        options_of(libraries)


def test_manifests_are_read(tmp_path: Path) -> None:
    calls = {"core": "write", "drivers/virtio": "ioctl", "linux": "read"}
    for name, call in calls.items():
        (tmp_path / name).mkdir(parents=True)
        manifest = (
            f'purpose = "{name}"\nsources = ["a.c"]\n[provides]\nsyscalls = ["{call}"]\n'
            f"[options.OF_{name[:2].upper()}]\npurpose = 'x'\ndefault = 1\nrange = [0, 1]\n"
        )
        (tmp_path / name / "lib.toml").write_text(manifest)
    (tmp_path / "arch" / "x86_64").mkdir(parents=True)
    names = "NAME(0, read)\nNAME(1, write)\nNAME(16, ioctl)\nNAME(42, connect)\n"
    (tmp_path / "arch" / "x86_64" / "syscall_names.h").write_text(names)
    sources = LibrarySources.load(tmp_path)
    assert [library.name for library in sources.libraries] == ["core", "drivers/virtio", "linux"]
    assert sources.syscalls(sources.libraries) == (
        (0, "read", "linux"),
        (1, "write", "core"),
        (16, "ioctl", "drivers/virtio"),
    )
    assert options_of(sources.libraries) == {"OF_CO": 1, "OF_DR": 1, "OF_LI": 1}


def test_what_images_look_like_is_told_once() -> None:
    from meshkernel.image import paths

    assert (INTERPRETER, SITE, DIRECTORY) == (paths.PYTHON, paths.SITE, paths.APP)


FILE = File(PurePosixPath("cart/boot.conf"), f"# {MARK}\nabi 1\n")


def test_only_what_differs_is_written(tmp_path: Path) -> None:
    path = tmp_path / "cart" / "boot.conf"
    assert write_files([FILE], tmp_path) == [path]
    before = path.stat().st_mtime_ns
    assert write_files([FILE], tmp_path) == []
    assert path.stat().st_mtime_ns == before
    changed = File(FILE.path, FILE.contents + "x\n")
    assert write_files([changed], tmp_path) == [path]
    assert path.read_text() == changed.contents


def test_what_a_person_wrote_is_not_overwritten_and_nothing_else_is_written(tmp_path: Path) -> None:
    (tmp_path / "cart").mkdir()
    (tmp_path / "cart" / "boot.conf").write_text("mine\n")
    other = File(PurePosixPath("web/boot.conf"), FILE.contents)
    with pytest.raises(UserError, match=r"boot\.conf:1: this file was not generated .*, move it"):
        write_files([other, FILE], tmp_path)
    assert (tmp_path / "cart" / "boot.conf").read_text() == "mine\n"
    assert not (tmp_path / "web").exists()


def test_stale_files_go_and_others_stay(tmp_path: Path) -> None:
    stale = File(PurePosixPath("gone/libos/config.h"), f"/* {MARK} */\n")
    write_files([stale, FILE], tmp_path)
    notes = tmp_path / "gone" / "notes.txt"
    notes.write_text("mine\n")
    image = tmp_path / "gone" / "image.elf"
    image.write_text(MARK)
    write_files([FILE], tmp_path)
    assert not (tmp_path / stale.path).exists()
    assert notes.exists()
    assert image.exists()
    assert (tmp_path / FILE.path).exists()


def test_two_builds_at_once_do_not_find_each_others_halves(tmp_path):
    def write(index):
        mine = [File(PurePosixPath("a/x.h"), f"// {MARK}\n" + f"// {index}\n" * 20_000)]
        for _ in range(20):
            write_files(mine, tmp_path)

    with ThreadPoolExecutor(4) as pool:
        for job in [pool.submit(write, index) for index in range(4)]:
            job.result()
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["x.h"]
