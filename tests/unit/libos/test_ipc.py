"""Pipes, eventfd, timerfd, epoll, poll, select and local sockets."""

from __future__ import annotations

from .conftest import CTest
from .test_files import FS_SOURCES, LINUX

IPC = [
    "epoll.c",
    "eventfd.c",
    "pipe.c",
    "stream.c",
    "timerfd.c",
    "unix_address.c",
    "unix_control.c",
    "unix_option.c",
    "unix_socket.c",
    "unix_transfer.c",
]
CALLS = [
    "epoll.c",
    "eventfd.c",
    "pipe.c",
    "poll.c",
    "select.c",
    "socket_control.c",
    "timerfd.c",
]


def test_ipc(c_test: CTest) -> None:
    sources = [
        *FS_SOURCES,
        *(f"ipc/{name}" for name in IPC),
        *(f"linux/{name}" for name in (*LINUX, *CALLS)),
    ]
    c_test("ipc", sources)
