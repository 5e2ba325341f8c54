"""What modules refer to, of Python and of C, and which of them count."""

from __future__ import annotations

import marshal
import shutil
import subprocess
import sysconfig
from pathlib import Path

import pytest

from meshkernel.config.selection import Code
from meshkernel.image import objects
from meshkernel.image.imports import Module
from meshkernel.image.paths import Environment
from meshkernel.image.uses import HEADER, uses
from meshkernel.toolchain.cache import Cache

NAMES = frozenset({"symlink", "os.replace", "mkdir", "concurrent.futures", "timerfd_create"})


def used(tmp_path: Path, *modules: Module) -> Code:
    return uses(modules, Environment.of(tmp_path), NAMES, Cache(tmp_path / "cache"))


def source(tmp_path: Path, name: str, text: str) -> Module:
    file = tmp_path / f"{name}.py"
    file.write_text(text)
    return Module(name, "source", file)


def test_attributes_globals_and_imports_count_wherever_they_stand(tmp_path: Path) -> None:
    one = source(
        tmp_path, "one", "import os\nclass A:\n def f(self): return [os.symlink for _ in 'a']"
    )
    two = source(
        tmp_path, "two", "from os import symlink\nimport concurrent.futures\nx = other.rmdir"
    )
    assert used(tmp_path, one, two) == Code(
        frozenset({"one", "two"}),
        {"concurrent.futures": ("two",), "symlink": ("one", "two")},
        own=frozenset({"one", "two"}),
    )


def test_files_of_the_system_are_noted(tmp_path: Path) -> None:
    text = (
        "open('/proc/self/limits'), open('/dev/shm/x'), '/process/no', 'see /proc/cpuinfo', '/dev/'"
    )
    found = used(tmp_path, source(tmp_path, "one", text))
    assert found.paths == dict.fromkeys(("/dev", "/dev/shm/x", "/proc/self/limits"), ("one",))


def test_the_standard_library_and_our_runtime_do_not_count(tmp_path: Path) -> None:
    import meshkernel.guest.runtime

    standard = Path(sysconfig.get_path("stdlib")) / "shutil.py"
    modules = [
        Module("shutil", "source", standard),
        Module("meshkernel.guest.runtime", "source", Path(meshkernel.guest.runtime.__file__)),
        Module("sys", "builtin"),
    ]
    assert "symlink" in standard.read_text()
    found = used(tmp_path, *modules)
    assert (found.names, len(found.modules)) == ({}, 3)


def test_the_program_counts_even_if_it_is_of_the_standard_library(tmp_path: Path) -> None:
    module = Module("shutil", "source", Path(sysconfig.get_path("stdlib")) / "shutil.py")
    found = uses([module], Environment.of(tmp_path), NAMES, Cache(tmp_path), ["shutil"])
    assert found.names["symlink"] == ("shutil",)


def test_a_script_goes_by_the_name_of_its_file(tmp_path: Path) -> None:
    file = source(tmp_path, "job", "import os; os.mkdir('/tmp/a')").file
    assert used(tmp_path, Module(str(file), "source", file)).names == {"mkdir": ("job.py",)}


def test_bytecode_without_a_source_counts(tmp_path: Path) -> None:
    code = compile("import os; os.mkdir('x')", "gone.py", "exec")
    file = tmp_path / "gone.pyc"
    file.write_bytes(bytes(HEADER) + marshal.dumps(code))
    assert used(tmp_path, Module("gone", "bytecode", file)).names == {"mkdir": ("gone",)}


@pytest.mark.skipif(shutil.which("cc") is None, reason="cc is missing: an extension is compiled")
def test_what_an_extension_calls_counts(tmp_path: Path) -> None:
    (tmp_path / "e.c").write_text("""
#include <sys/timerfd.h>
const char *path = "/proc/sys/kernel/osrelease";
static int mkdir(void) { return 3; }
int clock_of(void) { return timerfd_create(mkdir(), 0); }
""")
    file = tmp_path / "e.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", file, tmp_path / "e.c"], check=True)
    assert {"timerfd_create", "clock_of"} <= objects.symbols(file)
    found = used(tmp_path, Module("e", "extension", file))
    assert (found.names, found.symbols) == ({}, {"timerfd_create": ("e",)})
    assert found.paths == {"/proc/sys/kernel/osrelease": ("e",)}
