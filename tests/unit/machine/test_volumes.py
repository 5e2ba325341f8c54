"""The folders of volumes: where they are made, and who may write to them."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from meshkernel.errors import SupervisorError
from meshkernel.machine import volumes
from meshkernel.machine.volumes import open_folder, open_volumes
from meshkernel.topology.model import Mount

WRITTEN = Mount("/data", "bookings")
READ = Mount("/data", "bookings", read_only=True)


def test_folders_are_made_for_their_user_alone_and_kept_out_of_the_sources(tmp_path: Path) -> None:
    root = tmp_path / "volumes"
    with open_volumes(root, [WRITTEN, Mount("/more", "more", read_only=True)]) as opened:
        assert len(opened.descriptors) == 1
    for name in ("", "bookings", "more"):
        assert (root / name).stat().st_mode & 0o777 == 0o700
    assert (root / ".gitignore").read_text().endswith("\n*\n")


def test_a_mesh_without_volumes_makes_nothing(tmp_path: Path) -> None:
    with open_volumes(tmp_path / "volumes", []) as opened:
        assert opened.descriptors == ()
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_stays(tmp_path: Path) -> None:
    with open_volumes(tmp_path, [WRITTEN]):
        (tmp_path / "bookings" / "file").write_text("kept")
    with open_volumes(tmp_path, [WRITTEN]):
        assert (tmp_path / "bookings" / "file").read_text() == "kept"


def test_one_mesh_writes_and_others_read(tmp_path: Path) -> None:
    with open_volumes(tmp_path, [WRITTEN]):
        with open_volumes(tmp_path, [READ]) as reading:
            assert reading.descriptors == ()
        with (
            pytest.raises(SupervisorError, match="bookings is mounted for writing already"),
            open_volumes(tmp_path, [WRITTEN]),
        ):
            pass
        with (
            pytest.raises(SupervisorError, match="mounted for writing already"),
            open_folder(tmp_path / "bookings", read_only=False),
        ):
            pass
    with open_volumes(tmp_path, [WRITTEN]):
        pass


def test_a_service_that_reads_what_another_writes_shares_the_folder(tmp_path: Path) -> None:
    with open_volumes(tmp_path, [READ, WRITTEN]) as opened:
        assert len(opened.descriptors) == 1
        (value,) = opened.of([READ])
        assert (value.tag, value.folder) == ("volume0", str(tmp_path / "bookings"))
        assert value.read_only


def test_a_machine_that_outlives_its_supervisor_holds_the_lock(tmp_path: Path) -> None:
    code = "import sys; sys.stdin.read()"
    with open_volumes(tmp_path, [WRITTEN]) as opened:
        machine = subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, pass_fds=opened.descriptors
        )
    with pytest.raises(SupervisorError), open_volumes(tmp_path, [WRITTEN]):
        pass
    machine.communicate()
    with open_volumes(tmp_path, [WRITTEN]):
        pass


def test_a_file_system_without_attributes_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def setxattr(*_: object) -> None:
        raise OSError(errno.ENOTSUP, os.strerror(errno.ENOTSUP))

    monkeypatch.setattr(volumes.os, "setxattr", setxattr)
    with (
        pytest.raises(SupervisorError, match=r"bookings has no user attributes.*ext4"),
        open_volumes(tmp_path, [WRITTEN]),
    ):
        pass
