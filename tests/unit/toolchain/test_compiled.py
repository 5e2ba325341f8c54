"""What was compiled is found again without a look at its sources, for as long as they stay."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from meshkernel.toolchain import compiled
from meshkernel.toolchain.cache import Cache, stamp
from meshkernel.toolchain.compiled import LibraryOS, stamp_of


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "tree" / "net").mkdir(parents=True)
    (tmp_path / "tree" / "net" / "tcp.c").write_text("int tcp;\n")
    return tmp_path / "tree"


def library_os(cache: Cache) -> LibraryOS:
    objects = [cache.write(cache.path("o", name * 8, ".o"), b"") for name in "ab"]
    owners = {str(objects[0]): "net", str(objects[1]): "fs"}
    return LibraryOS(tuple(objects), "digest", owners)


def test_what_was_compiled_is_recalled_by_all_of_its_parts(cache: Cache) -> None:
    made = library_os(cache)
    compiled.remember(cache, ("key", "stamp"), made)
    found = compiled.recall(cache, ("key", "stamp"))
    assert found == made
    assert found is not None
    assert found.owners == made.owners
    assert compiled.recall(cache, ("key", "other")) is None


def test_an_object_that_is_gone_is_compiled_again(cache: Cache) -> None:
    made = library_os(cache)
    compiled.remember(cache, ("key",), made)
    made.objects[1].unlink()
    assert compiled.recall(cache, ("key",)) is None


def test_a_stamp_changes_with_a_file_that_is_written_made_or_removed(tree: Path) -> None:
    first = stamp_of([tree])
    (tree / "net" / "tool.pyc").write_text("")
    assert stamp_of([tree]) == first
    file = tree / "net" / "tcp.c"
    times = file.stat()
    file.write_text("int udp;\n")
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))  # as some tools do
    second = stamp_of([tree])
    (tree / "net" / "ip.c").write_text("")
    third = stamp_of([tree])
    file.unlink()
    assert len({first, second, third, stamp_of([tree])}) == 4


def test_a_digest_is_worked_out_again_when_the_file_was_written(cache: Cache, tree: Path) -> None:
    file = tree / "net" / "tcp.c"
    first = cache.digest_of(file)
    assert cache.digest_of(file) == first
    file.write_text("int udp;\n")
    assert cache.digest_of(file) != first


def test_a_digest_is_not_worked_out_twice(
    cache: Cache, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tree / "net" / "tcp.c"
    first = cache.digest_of(file)
    monkeypatch.setattr("meshkernel.toolchain.cache.file_digest", lambda path: "read again")
    assert cache.digest_of(file) == first


def test_what_is_not_there_has_no_stamp_and_no_digest(cache: Cache, tree: Path) -> None:
    assert stamp(tree / "nothing") is None
    with pytest.raises(FileNotFoundError):
        cache.digest_of(tree / "nothing")
