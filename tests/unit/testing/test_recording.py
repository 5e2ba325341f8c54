"""Keeping a recorded profile."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from meshkernel.config import profile_text
from meshkernel.config.selection import Profile
from meshkernel.config.selection.profile import read
from meshkernel.errors import MachineError, UserError
from meshkernel.supervisor.recording import RecordingHost
from meshkernel.testing.recording import keep, recorded_mesh


@pytest.fixture
def host(tmp_path: Path) -> RecordingHost:
    found = RecordingHost(tmp_path, service="cart")
    found.used.syscalls |= {"write", "read", "exit_group"}
    found.used.sockets.add("AF_INET SOCK_STREAM")
    return found


def test_what_is_kept_is_read_again(host: RecordingHost, tmp_path: Path) -> None:
    file = tmp_path / "profiles" / "cart.toml"
    keep(host, file, add=False)
    assert read(file) == Profile(
        ("exit_group", "read", "write"), (), ("AF_INET SOCK_STREAM",), path="cart.toml"
    )
    assert file.read_text().startswith("# Recorded by `meshkernel profile cart`")


def test_another_record_is_added_or_takes_its_place(host: RecordingHost, tmp_path: Path) -> None:
    file = tmp_path / "cart.toml"
    file.write_text('syscalls = ["openat"]\nfiles = ["/dev/null"]')
    keep(host, file, add=True)
    assert read(file).syscalls == ("exit_group", "openat", "read", "write")
    assert read(file).files == ("/dev/null",)
    keep(host, file, add=False)
    assert read(file).syscalls == ("exit_group", "read", "write")
    assert read(file).files == ()


def test_a_record_with_gaps_is_not_kept(host: RecordingHost, tmp_path: Path) -> None:
    host.used.lost = 7
    with pytest.raises(MachineError, match="7 records of cart were lost"):
        keep(host, tmp_path / "cart.toml", add=False)
    assert not (tmp_path / "cart.toml").exists()


def test_a_record_without_the_end_of_the_service_is_not_kept(
    host: RecordingHost, tmp_path: Path
) -> None:
    host.used.syscalls.remove("exit_group")
    with pytest.raises(MachineError, match="cart was ended before it had stopped by itself"):
        keep(host, tmp_path / "cart.toml", add=False)
    assert not (tmp_path / "cart.toml").exists()


def test_names_that_toml_must_quote() -> None:
    text = profile_text("cart", Profile(files=('/proc/a"b\\c', "/dev/é")))
    assert set(tomllib.loads(text)["files"]) == {'/proc/a"b\\c', "/dev/é"}


def test_a_service_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "cart.py").touch()
    (tmp_path / "topology.toml").write_text('[services.cart]\nmodule = "cart"')
    with (
        pytest.raises(UserError, match="there is no service 'cat', did you mean 'cart'"),
        recorded_mesh(tmp_path / "topology.toml", "cat"),
    ):
        pass
