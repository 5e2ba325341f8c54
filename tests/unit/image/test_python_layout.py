"""The layout of real interpreters, and what is refused."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from meshkernel.errors import BuildError
from meshkernel.image import python_layout

INTERPRETERS = [
    Path(sys.executable),
    Path("/usr/bin/python3.11"),
    *sorted(Path.home().glob(".pyenv/versions/3.1[123].*/bin/python3")),
]


@pytest.mark.parametrize("interpreter", INTERPRETERS, ids=str)
def test_interpreters_prove_their_layout(interpreter: Path) -> None:
    if not interpreter.exists():
        pytest.skip(f"{interpreter} is not installed")
    layout = python_layout.discover(interpreter)
    command = [interpreter, "-c", "import sys; print(sys.hexversion >> 16)"]
    assert layout.version == int(subprocess.check_output(command))
    assert layout.thread_frame_indirect == (layout.version < 0x030D)


def _symbol_by_the_loader() -> tuple[int, Path]:
    """Value and file of the symbol, by the running interpreter's own maps."""
    code = """
import ctypes, json
address = ctypes.addressof(ctypes.c_char.in_dll(ctypes.pythonapi, "_PyRuntime"))
for line in open("/proc/self/maps"):
    fields = line.split()
    start, end = (int(part, 16) for part in fields[0].split("-"))
    if start <= address < end:
        file = fields[-1] if len(fields) > 5 else last
        break
    last = fields[-1]
base = min(int(l.split("-")[0], 16) for l in open("/proc/self/maps") if l.split()[-1] == file)
print(json.dumps([address, base, file]))
"""
    address, base, file = json.loads(subprocess.check_output([sys.executable, "-c", code]))
    symbol = python_layout.runtime_symbol(Path(file))
    return address - (0 if symbol.fixed else base), Path(file)


def test_symbol_is_where_the_loader_put_it() -> None:
    value, file = _symbol_by_the_loader()
    assert python_layout.runtime_symbol(file).value == value


def test_render_names_every_macro_of_the_header() -> None:
    _, file = _symbol_by_the_loader()
    text = python_layout.render(file, 2, Path(sys.executable))
    lines = dict(line.removeprefix("#define ").split() for line in text.splitlines())
    assert lines["PYTHON_OBJECT_INODE"] == "0x2"
    assert int(lines["PYTHON_VERSION"], 16) == sys.hexversion >> 16
    assert len(lines) == 26
    assert python_layout.render(None, 2) == "#define PYTHON_OBJECT_INODE 0\n"


def test_object_without_the_symbol_is_refused() -> None:
    with pytest.raises(BuildError, match="does not define _PyRuntime"):
        python_layout.runtime_symbol(Path("/bin/true"))


def test_wrong_offsets_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    probe = tmp_path / "probe.py"
    text = python_layout.PROBE.read_text()
    probe.write_text(
        text.replace("| found\n", '| found | {"code_first_line": found["code_first_line"] + 4}\n')
    )
    assert probe.read_text() != text
    monkeypatch.setattr(python_layout, "PROBE", probe)
    python_layout.discover.cache_clear()
    with pytest.raises(BuildError, match="its stack reads as"):
        python_layout.discover(Path(sys.executable))
    python_layout.discover.cache_clear()
