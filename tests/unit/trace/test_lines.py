"""Records as strace would print them."""

from __future__ import annotations

import re
import struct

import pytest

from meshkernel.errors import UserError
from meshkernel.trace import Batch, Event, Record
from meshkernel.trace.lines import Lines
from meshkernel.trace.protocol import PIECE, RECORD, Kind, Piece, When, decode
from meshkernel.trace.summary import Summary
from meshkernel.trace.table import call_names, request, table
from meshkernel.trace.used import Used

NUMBERS = {name: number for number, name in call_names().items()}
WORD = (1 << 64) - 1


def entered(name, *arguments, tid=1, time=0, **pieces):
    full = (*(value & WORD for value in arguments), *(0,) * (6 - len(arguments)))
    read = {int(key[1:]): Piece(data) for key, data in pieces.items()}
    return Record(Event.ENTERED, tid, time, NUMBERS[name], full, 0, read)


def returned(record, result, *, time=1000, **pieces):
    read = {int(key[1:]): Piece(data) for key, data in pieces.items()}
    return Record(Event.RETURNED, record.tid, time, record.number, record.arguments, result, read)


def line(record, result, **pieces):
    lines = Lines().feed(Batch(0, (record, returned(record, result, **pieces))))
    (found,) = lines
    text = found.removeprefix("[    1] ").removesuffix(" <0.000001>")
    return re.sub(r" +", " ", text)


SOCKADDR = struct.pack("<H", 2) + struct.pack(">H4s8x", 7000, bytes([10, 77, 0, 5]))


@pytest.mark.parametrize(
    ("record", "result", "pieces", "expected"),
    [
        (
            entered("openat", -100 & 0xFFFFFFFF, 0x7F00, 0o2000000, 0, a1=b"/etc/hosts"),
            3,
            {},
            'openat(AT_FDCWD, "/etc/hosts", O_RDONLY|O_CLOEXEC) = 3',
        ),
        (
            entered("openat", 5, 0x7F00, 0o2000000 | 0o101, 0o644, a1=b"x"),
            -2,
            {},
            'openat(5, "x", O_WRONLY|O_CREAT|O_CLOEXEC, 0644) = -1 ENOENT'
            " (No such file or directory)",
        ),
        (
            entered("mmap", 0, 4096, 3, 0x22, 0xFFFFFFFF, 0),
            0x7FA819F21000,
            {},
            "mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0)"
            " = 0x7fa819f21000",
        ),
        (
            entered("socket", 2, 1 | 0o2000000 | 0o4000, 6),
            4,
            {},
            "socket(AF_INET, SOCK_STREAM|SOCK_NONBLOCK|SOCK_CLOEXEC, IPPROTO_TCP) = 4",
        ),
        (
            entered("connect", 4, 0x7F00, 16, a1=SOCKADDR),
            -115,
            {},
            'connect(4, {sa_family=AF_INET, sin_port=htons(7000), sin_addr=inet_addr("10.77.0.5")}'
            ", 16) = -1 EINPROGRESS (Operation now in progress)",
        ),
        (
            entered("accept4", 3, 0x7F00, 0x7F10, 0o2004000),
            7,
            {"a1": SOCKADDR, "a2": struct.pack("<i", 16)},
            'accept4(3, {sa_family=AF_INET, sin_port=htons(7000), sin_addr=inet_addr("10.77.0.5")}'
            ", [16], SOCK_NONBLOCK|SOCK_CLOEXEC) = 7",
        ),
        (
            entered("clock_nanosleep", 1, 1, 0x7F00, 0, a2=struct.pack("<qq", 1, 500)),
            0,
            {},
            "clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, {tv_sec=1, tv_nsec=500}, NULL) = 0",
        ),
        (
            entered("epoll_wait", 5, 0x7F00, 4, 0xFFFFFFFF),
            1,
            {"a1": struct.pack("<IQ", 1, 6)},
            "epoll_wait(5, [{events=EPOLLIN, data=0x6}], 4, -1) = 1",
        ),
        (
            entered("rt_sigprocmask", 0, 0x7F00, 0, 8, a1=struct.pack("<Q", 1 << 14 | 1 << 1)),
            0,
            {},
            "rt_sigprocmask(SIG_BLOCK, [INT TERM], NULL, 8) = 0",
        ),
        (
            entered("futex", 0x7F00, 0x81, 1),
            0,
            {},
            "futex(0x7f00, FUTEX_WAKE|FUTEX_PRIVATE_FLAG, 1) = 0",
        ),
        (
            entered("write", 1, 0x7F00, 3, a1=b'a"\n'),
            3,
            {},
            'write(1, "a\\"\\n", 3) = 3',
        ),
        (
            entered("tgkill", 1, 1, 15),
            0,
            {},
            "tgkill(1, 1, SIGTERM) = 0",
        ),
    ],
)
def test_a_call_reads_as_in_strace(record, result, pieces, expected):
    assert line(record, result, **pieces) == expected


def test_data_that_was_cut_says_so():
    record = entered("write", 1, 0x7F00, 100)
    record = Record(
        record.event, 1, 0, record.number, record.arguments, 0, {1: Piece(b"abc", cut=True)}
    )
    assert line(record, 100) == 'write(1, "abc"..., 100) = 100'


def test_a_call_that_sleeps_is_unfinished_and_then_resumed():
    sleeper = entered("read", 3, 0x7F00, 10, tid=2)
    other = entered("getpid", time=2000)
    lines = Lines()
    first = list(lines.feed(Batch(0, (sleeper, other, returned(other, 1, time=3000)))))
    second = list(lines.feed(Batch(0, (returned(sleeper, 2, time=5_000_000, a1=b"ok"),))))
    assert first[0] == "[    2] read(3, <unfinished ...>"
    assert first[1].startswith("[    1] getpid()")
    assert second == ['[    2] <... read resumed>"ok", 10)             = 2 <0.005000>']


def test_a_call_that_never_returns_is_shown_at_once():
    (found,) = Lines().feed(Batch(0, (entered("exit_group", 3),)))
    assert found == "[    1] exit_group(3) = ?"


def test_what_was_lost_is_told():
    lines = Lines()
    first = next(lines.feed(Batch(1234, (entered("getpid"),))))
    assert "1,234 records of calls were not printed" in first
    assert lines.lost == 1234


def test_the_summary_counts_calls_errors_and_time():
    summary = Summary()
    one, two = entered("read", 3), entered("close", 9, time=5000)
    summary.feed(Batch(0, (one, returned(one, 5, time=3000), two, returned(two, -9, time=6000))))
    rows = list(summary.rows())
    assert [(row[3:]) for row in rows] == [(1, 0, "read"), (1, 1, "close")]
    assert rows[0][0] == 75.0


def test_what_is_used_is_told_by_name():
    used = Used()
    used.feed(
        Batch(
            0,
            (
                entered("socket", 10, 1 | 0o2000000),
                entered("socketpair", 1, 1 | 0o2000000),
                entered("openat", 0xFFFFFF9C, 0x7F00, a1=b"/proc/self/maps"),
                entered("openat", 0xFFFFFF9C, 0x7F00, a1=b"/etc/hosts"),
            ),
        )
    )
    assert used.syscalls == {"socket", "socketpair", "openat"}
    assert used.files == {"/proc/self/maps"}
    assert used.sockets == {"AF_INET6 SOCK_STREAM", "AF_UNIX SOCK_STREAM pair"}


def test_every_call_of_the_table_can_be_asked_for_and_shown():
    asked = request()
    assert len(asked.numbers) == 512
    assert list(asked.rules) == sorted(asked.rules, key=lambda rule: rule.number)
    for call in table().values():
        record = Record(Event.ENTERED, 1, 0, call.number, (1, 2, 3, 4, 5, 6))
        list(Lines().feed(Batch(0, (record, returned(record, 0)))))


def test_calls_are_chosen_by_name():
    assert request(["read", "write"]).numbers == {0, 1}
    assert 0 not in request(["!read"]).numbers
    with pytest.raises(UserError, match=r"-e: there is no system call 'raed', did you mean read"):
        request(["raed"])


def test_the_features_of_once():
    asked = request(["socket", "openat"], once=True)
    features = [(rule.argument, rule.kind) for rule in asked.rules if rule.when & When.FEATURE]
    assert features == [(0, Kind.VALUE), (1, Kind.VALUE), (2, Kind.VALUE), (1, Kind.TEXT)]


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\0" * 12,
        b"\0" * 8 + RECORD.pack(0, 1, 0, 1, 0, 0, 0, *(0,) * 6),
        b"\0" * 8 + RECORD.pack(4096, 1, 0, 1, 0, 0, 0, *(0,) * 6),
        b"\0" * 8 + RECORD.pack(80, 9, 0, 1, 0, 0, 0, *(0,) * 6),
        b"\0" * 8 + RECORD.pack(88, 1, 1, 1, 0, 0, 0, *(0,) * 6) + PIECE.pack(0, 0, 0, 0, 99),
    ],
)
def test_frames_that_make_no_sense_are_refused(payload):
    with pytest.raises(ValueError, match=r"short|sense|fit|valid"):
        decode(payload)
