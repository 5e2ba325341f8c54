"""Reading a recorded profile."""

from __future__ import annotations

from pathlib import Path

import pytest

from meshkernel.config.libos import LibrarySources
from meshkernel.config.selection import Profile
from meshkernel.config.selection.profile import read
from meshkernel.errors import UserError


def test_a_profile_is_read(tmp_path: Path) -> None:
    path = tmp_path / "cart.toml"
    path.write_text(
        'service = "cart"\nsyscalls = ["write", "read"]\nsockets = ["AF_INET SOCK_STREAM"]'
    )
    assert read(path) == Profile(("read", "write"), (), ("AF_INET SOCK_STREAM",), path="cart.toml")


def test_two_profiles_join() -> None:
    joined = Profile(("a", "b"), ("/dev/x",)).joined(Profile(("b", "c"), sockets=("S",)))
    assert joined == Profile(("a", "b", "c"), ("/dev/x",), ("S",))


@pytest.mark.parametrize(
    ("socket", "call", "library"),
    [
        ("AF_INET SOCK_STREAM", "connect", "net/tcp/connect"),
        ("AF_INET6 SOCK_STREAM", "listen", "net/tcp/listen"),
        ("AF_UNIX SOCK_STREAM pair", "sendmsg", "ipc/unix/named"),
    ],
)
def test_what_was_done_with_a_socket_asks_for_more(socket: str, call: str, library: str) -> None:
    """With the call, not without."""
    libraries = LibrarySources.load().libraries
    for calls, there in ((("close",), False), ((call,), True)):
        wanted = {want.library for want in Profile(calls, sockets=(socket,)).wants(libraries)}
        assert (library in wanted) is there


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("syscalls = 3", "a whole number (3) where a list belongs, write"),
        ("files = [3]", "p.toml:1: files[0]: a whole number (3) where text belongs, write a name"),
        ("syscals = []", "p.toml:1: syscals: there is no such key, did you mean 'syscalls'?"),
        ("syscalls = [", "the profile cannot be read"),
    ],
)
def test_a_profile_with_a_fault(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "p.toml").write_text(text)
    with pytest.raises(UserError) as caught:
        read(tmp_path / "p.toml")
    assert told in str(caught.value)


def test_a_profile_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"x\.toml: there is no such profile, record it: mesh"):
        read(tmp_path / "x.toml")
