"""Bytecode does not depend on the process that compiles it."""

from __future__ import annotations

import importlib.util
import marshal
import subprocess
import sys
from pathlib import Path

from meshkernel.image import bytecode
from meshkernel.image.bytecode import dump
from meshkernel.toolchain.cache import Cache

SOURCE = b'''
"""A module."""
import json
NAMES = ("unusual_name_one", frozenset({"unusual_name_two", 3}))
class Unusual:
    attribute_one = 1
    async def method_one(self, argument_one, *, keyword_one=None):
        def inner():
            return argument_one.unusual_name_one
        return [inner() for _ in range(3)]
'''


def test_same_bytes_in_another_process(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from meshkernel.image.bytecode import bytecode;"
        "from meshkernel.toolchain.cache import Cache;"
        # Names that the source has, alive in this process.
        "kept = [sys.intern('unusual_name_' + n) for n in ('one', 'two')];"
        f"sys.stdout.buffer.write(bytecode({SOURCE!r}, '/app/m.py', Cache(Path(sys.argv[1]))))"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "theirs")]
    theirs = subprocess.run(command, capture_output=True, check=True).stdout
    assert bytecode.bytecode(SOURCE, "/app/m.py", Cache(tmp_path / "ours")) == theirs


def test_dump_does_not_depend_on_what_is_alive() -> None:
    code = compile(SOURCE, "/app/m.py", "exec")
    first = dump(code)
    namespace: dict[str, object] = {}
    exec(code, namespace)  # now many parts are shared
    assert dump(code) == first
    assert dump(compile(SOURCE, "/app/m.py", "exec")) == first


def test_file_is_never_checked_and_names_the_image(tmp_path: Path) -> None:
    data = bytecode.bytecode(SOURCE, "/app/m.py", Cache(tmp_path))
    assert data[:4] == importlib.util.MAGIC_NUMBER
    assert data[4:8] == b"\1\0\0\0", "unchecked hash"
    assert marshal.loads(data[16:]).co_filename == "/app/m.py"


def test_name_of_the_file() -> None:
    tag = sys.implementation.cache_tag
    assert bytecode.beside("/app/a/b.py") == f"/app/a/__pycache__/b.{tag}.pyc"
