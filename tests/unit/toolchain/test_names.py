"""Files with several names."""

from __future__ import annotations

from pathlib import Path

import pytest

from meshkernel.toolchain.cache import also_named


def test_a_file_gets_another_name(tmp_path: Path) -> None:
    file, name = tmp_path / "file", tmp_path / "name"
    file.write_text("text")
    assert not also_named(file, name)
    assert name.samefile(file)
    assert also_named(file, name)
    assert also_named(file, file)


def test_the_name_of_another_file_is_taken_and_the_file_left_alone(tmp_path: Path) -> None:
    file, name, third = tmp_path / "file", tmp_path / "name", tmp_path / "third"
    file.write_text("text")
    name.write_text("other")
    also_named(name, third)
    assert not also_named(file, name)
    assert (name.read_text(), third.read_text()) == ("text", "other")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "name", "third"]


def test_what_is_not_there_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "name").write_text("old")
    with pytest.raises(FileNotFoundError):
        also_named(tmp_path / "file", tmp_path / "name")
    assert [path.name for path in tmp_path.iterdir()] == ["name"]
