"""Pipes, eventfd, timerfd, epoll, poll, select and local sockets."""

from __future__ import annotations

from .conftest import C_TESTS, CTest, sources_of
from .test_files import SOURCES

LIBRARIES = (
    "ipc/epoll",
    "ipc/eventfd",
    "ipc/poll",
    "ipc/select",
    "ipc/timerfd",
    "ipc/unix",
    "ipc/unix/named",
)


SOCKETS = ("linux/socket/socket_control.c", "linux/socket/socket_option.c")


def test_ipc(c_test: CTest) -> None:
    parts = sorted((C_TESTS / "ipc_test").glob("*.c"))
    c_test("ipc", [*SOURCES, *sources_of(*LIBRARIES), *SOCKETS], also=parts)
