"""Sources from Debian's archive: which entries of apt are used, and the pin."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from meshkernel.errors import UserError
from meshkernel.toolchain import third_party
from meshkernel.toolchain.cache import Cache, file_digest
from meshkernel.toolchain.third_party import Pin, source_lists

STANZAS = """\
# The archive
Types: deb deb-src
URIs: mirror://archive
Suites: bookworm bookworm-updates
Components: main contrib
Architectures: amd64
Signed-By:
 first line
 second line

Types: deb
URIs: mirror://security
Suites: bookworm-security
Components: main

Types: deb
URIs: mirror://other
Suites: bookworm
Components: stable

Enabled: no
Types: deb
URIs: mirror://disabled
Suites: bookworm
Components: main
"""
LINES = """\
# deb mirror://commented bookworm main
deb [signed-by=/usr/share/keyrings/a.gpg arch=amd64] mirror://archive bookworm main non-free # why
deb mirror://archive bookworm-updates main
deb-src mirror://sources bookworm main
deb mirror://tools bookworm stable
"""


def test_stanzas_of_the_release_become_sources() -> None:
    assert source_lists({"debian.sources": STANZAS}, "bookworm") == {
        "debian.sources": (
            "Types: deb-src\nUris: mirror://archive\nSuites: bookworm\nComponents: main\n"
            "Signed-By: \n first line\n second line\n\n"
        )
    }


def test_lines_of_the_release_become_sources() -> None:
    assert source_lists({"sources.list": LINES}, "bookworm") == {
        "sources.list": (
            "deb-src [signed-by=/usr/share/keyrings/a.gpg arch=amd64] "
            "mirror://archive bookworm main\n"
        )
    }


def test_another_release_has_no_sources() -> None:
    assert source_lists({"sources.list": LINES, "debian.sources": STANZAS}, "trixie") == {}


@pytest.fixture
def tarball(tmp_path: Path) -> Path:
    path = tmp_path / "lwip_1.orig.tar.xz"
    with tarfile.open(path, "w:xz") as archive:
        member = tarfile.TarInfo("lwip-1/src/core/tcp.c")
        member.size = 5
        archive.addfile(member, io.BytesIO(b"int x"))
    return path


def test_given_tarball_is_unpacked_once(
    tarball: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MESHKERNEL_LWIP", str(tarball))
    monkeypatch.setattr(third_party, "LWIP_PINS", (Pin("lwip", "1", file_digest(tarball)),))
    cache = Cache(tmp_path / "cache")
    tree = third_party.lwip(cache)
    assert (tree / "src/core/tcp.c").read_text() == "int x"
    monkeypatch.delenv("MESHKERNEL_LWIP")
    assert third_party.lwip(cache) == tree


def test_other_tarball_is_refused(
    tarball: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MESHKERNEL_LWIP", str(tarball))
    with pytest.raises(UserError, match="no pinned version") as caught:
        third_party.lwip(Cache(tmp_path / "cache"))
    assert "2.1.3+dfsg1" in str(caught.value)
    assert not (tmp_path / "cache").exists()
