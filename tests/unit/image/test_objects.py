"""Shared objects, found as the dynamic linker finds them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from meshkernel.errors import UserError
from meshkernel.image import contents, objects


def compile_shared(path: Path, source: str, *flags: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run(
        [
            "gcc",
            "-shared",
            "-fPIC",
            "-x",
            "c",
            "-",
            "-x",
            "none",
            "-o",
            path,
            f"-Wl,-soname,{path.name}",
            *flags,
        ],
        input=source.encode(),
        check=True,
    )


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    """An extension module with a library of its own, as wheels have them."""
    libraries = tmp_path / "wheel.libs"
    compile_shared(libraries / "libdeep.so.1", "int deep(void) { return 1; }")
    compile_shared(
        libraries / "libouter-1a2b.so",
        "int deep(void); int outer(void) { return deep(); }",
        *(str(libraries / "libdeep.so.1"), "-Wl,-rpath,$ORIGIN"),
    )
    module = tmp_path / "wheel" / "module.so"
    compile_shared(
        module,
        "int outer(void); int module(void) { return outer(); }",
        *(str(libraries / "libouter-1a2b.so"), "-lm", "-Wl,--no-as-needed"),
        "-Wl,-rpath,$ORIGIN/../wheel.libs",
    )
    return module


def test_needs_are_followed(wheel: Path) -> None:
    found = objects.closure([wheel])
    assert {"libouter-1a2b.so", "libdeep.so.1", "libc.so.6"} <= found.keys()
    assert found["libdeep.so.1"].file == wheel.parents[1] / "wheel.libs" / "libdeep.so.1"
    assert found["libdeep.so.1"].private
    assert not found["libc.so.6"].private


def test_same_as_ldd() -> None:
    program = Path(sys.executable).resolve()
    done = subprocess.run(["ldd", program], capture_output=True, text=True, check=True)
    theirs = {Path(word).name for line in done.stdout.splitlines() for word in line.split()[:1]}
    ours = set(objects.closure([program])) | {Path(objects.header(program).interpreter or "").name}
    assert ours == theirs - {"linux-vdso.so.1"}


def test_missing_library_is_told(wheel: Path) -> None:
    shutil.rmtree(wheel.parents[1] / "wheel.libs")
    with pytest.raises(UserError, match=r"module\.so needs libouter-1a2b\.so"):
        contents.libraries([wheel], None)


def test_dynamic_linker_is_where_programs_look_for_it() -> None:
    items = contents.libraries([Path(sys.executable).resolve()], None)
    assert objects.header(Path(sys.executable).resolve()).interpreter in items
    assert str(objects.system_folder() / "libgcc_s.so.1") in items
