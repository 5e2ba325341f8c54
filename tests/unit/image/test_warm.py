"""What was sealed is kept as long as it is what it would be again."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from meshkernel.image import warm


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the files of a seal, and their bill."""
    for name in (warm.RAM, warm.START, warm.ELF):
        (tmp_path / name).write_bytes(b"x" * 5000)
    warm.keep(tmp_path, "key", {"hash_seed": "7"})
    return tmp_path


def test_what_was_sealed_is_found_again(folder: Path) -> None:
    found = warm.kept(folder, "key", None)
    assert found is not None
    assert (found.ram, found.start, found.elf) == (
        folder / "image.ram",
        folder / "start.elf",
        folder / "image.elf",
    )
    assert (found.hash_seed, found.cached) == ("7", True)
    assert found.bytes == 8192
    assert abs(found.sealed - time.time()) < 60


def test_a_second_name_of_a_file_changes_nothing(folder: Path) -> None:
    os.link(folder / warm.RAM, folder / "other.ram")
    assert warm.kept(folder, "key", None) is not None


def test_another_key_is_another_image(folder: Path) -> None:
    assert warm.kept(folder, "other", None) is None


@pytest.mark.parametrize("name", [warm.RAM, warm.START, warm.ELF])
def test_a_file_that_is_gone_or_changed_is_no_image(folder: Path, name: str) -> None:
    (folder / name).write_bytes(b"y" * 5000)
    os.utime(folder / name, ns=(0, 0))
    assert warm.kept(folder, "key", None) is None
    (folder / name).unlink()
    assert warm.kept(folder, "key", None) is None


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"key": "key"}'])
def test_a_bill_that_is_none_is_no_image(folder: Path, text: str) -> None:
    (folder / warm.BILL).write_text(text)
    assert warm.kept(folder, "key", None) is None


def test_a_seal_grows_old(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert warm.kept(folder, "key", 60) is not None
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 61)
    assert warm.kept(folder, "key", 60) is None
    assert warm.kept(folder, "key", 3600) is not None
    monkeypatch.setattr(time, "time", lambda: now - 3600)  # the clock was wrong: nobody knows
    assert warm.kept(folder, "key", 60) is None


def test_nothing_of_a_seal_stays_where_a_service_boots_cold(folder: Path) -> None:
    (folder / "cold.elf").touch()
    warm.drop(folder)
    assert [path.name for path in folder.iterdir()] == ["image.elf"]
