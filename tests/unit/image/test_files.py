"""When the files of a program are made again."""

from __future__ import annotations

from pathlib import Path

import pytest

from meshkernel.image import files
from meshkernel.image.files import stamp
from meshkernel.image.paths import Environment
from meshkernel.toolchain.cache import Cache


@pytest.mark.parametrize(
    ("name", "noticed"),
    [
        ("extra.py", True),
        ("extra.cpython-311-x86_64-linux-gnu.so", True),
        ("package/", True),
        ("notes.txt", False),
        (".pytest_cache/", False),
        ("__pycache__/", False),
        ("a-b.py", False),
        ("run-1/", False),
    ],
)
def test_a_folder_changes_with_what_can_be_imported(
    tmp_path: Path, name: str, noticed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "meshkernel.image.files.SUFFIXES", {".py", ".cpython-311-x86_64-linux-gnu.so"}
    )
    (tmp_path / "main.py").write_text("")
    before = stamp(tmp_path)
    if name.endswith("/"):
        (tmp_path / name).mkdir()
    else:
        (tmp_path / name).write_text("")
    assert (stamp(tmp_path) != before) is noticed


def test_new_data_in_a_package_is_noticed(tmp_path: Path) -> None:
    package = tmp_path / "project/shop"
    package.mkdir(parents=True)
    (package / "page.html").write_text("<p>")
    cache = Cache(tmp_path / "cache")
    files.make(cache, "k", {}, Environment.of(tmp_path / "project"), packages=[package])
    (package / "shop.pyi").write_text("")
    assert files.load(cache, "k") is not None
    (package / "more.html").write_text("<p>")
    assert files.load(cache, "k") is None


def test_a_file_changes_with_its_contents(tmp_path: Path) -> None:
    file = tmp_path / "main.py"
    assert stamp(file) is None
    file.write_text("1")
    before = stamp(file)
    assert before is not None
    file.write_text("22")
    assert stamp(file) != before
