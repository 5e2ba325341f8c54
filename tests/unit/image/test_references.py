"""What a source refers to."""

from __future__ import annotations

from pathlib import Path

import pytest

from meshkernel.image import references as module
from meshkernel.image.references import references
from meshkernel.toolchain.cache import Cache


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("import os\nos.replace('a', 'b')", {"os", "replace", "os.replace"}),
        ("import os as system\nsystem.replace", {"os", "system", "replace", "os.replace"}),
        ("from os import replace as r\nr()", {"os", "replace", "os.replace", "r"}),
        ("import os.path\nos.link", {"os.path", "os", "link", "os.link"}),
        ("text.replace('a', 'b')", {"text", "replace"}),
        ("def f():\n import socket as s\n return s.socket", {"socket", "s", "socket.socket"}),
        ("import a.b as c\nc.d", {"a.b", "c", "d", "a.b.d"}),
        ("from . import os\nos.link", {"os", "link"}),
        ("from concurrent import futures\nfutures.Pool", {
            "concurrent", "futures", "concurrent.futures", "Pool", "concurrent.futures.Pool",
        }),
    ],
)  # fmt: skip
def test_names(tmp_path: Path, source: str, names: set[str]) -> None:
    assert references(source.encode(), Cache(tmp_path)).names == names


def test_paths_are_whole_constants(tmp_path: Path) -> None:
    source = b"open('/proc/self/maps'); '/dev/'; 'read /dev/null'; '/sys/a'; '/process/a', '/tmp'"
    found = references(source, Cache(tmp_path)).paths
    assert found == {"/proc/self/maps", "/dev", "/sys/a", "/tmp"}


def test_the_beginning_of_a_path_counts(tmp_path: Path) -> None:
    source = b"f'/proc/{pid}/maps'; f'/tmp/cart-{name}'; f'{folder}/temp/a'; f'/process/{a}'"
    assert references(source, Cache(tmp_path)).paths == {"/proc", "/tmp/cart-"}


def test_a_source_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = references(b"a.b", Cache(tmp_path))
    monkeypatch.setattr(module.ast, "parse", lambda source: pytest.fail("it was read again"))
    assert references(b"a.b", Cache(tmp_path)) == first
