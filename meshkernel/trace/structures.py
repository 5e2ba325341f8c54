"""Structures of the system calls of x86-64 Linux, as strace shows them."""

from __future__ import annotations

import ipaddress
import socket
import stat as modes
import struct
from collections.abc import Callable

from meshkernel.trace import constants

SOCKADDR_SIZE = 128


def quoted(data: bytes, *, cut: bool = False) -> str:
    """Bytes in quotation marks; what is not plain ASCII as escapes."""
    escapes = {9: "\\t", 10: "\\n", 13: "\\r", 34: '\\"', 92: "\\\\"}
    text = "".join(
        escapes.get(byte) or (chr(byte) if 32 <= byte < 127 else f"\\x{byte:02x}") for byte in data
    )
    return f'"{text}"{"..." if cut else ""}'


def _timespec(data: bytes) -> str:
    seconds, nanos = struct.unpack("<qq", data)
    return f"{{tv_sec={seconds}, tv_nsec={nanos}}}"


def _timeval(data: bytes) -> str:
    seconds, micros = struct.unpack("<qq", data)
    return f"{{tv_sec={seconds}, tv_usec={micros}}}"


def _pair(one: Callable[[bytes], str], first: str, second: str) -> Callable[[bytes], str]:
    return lambda data: f"{{{first}={one(data[:16])}, {second}={one(data[16:])}}}"


def _timespec2(data: bytes) -> str:
    return f"[{_timespec(data[:16])}, {_timespec(data[16:])}]"


def _stat(data: bytes) -> str:
    mode, size = struct.unpack_from("<I", data, 24)[0], struct.unpack_from("<q", data, 48)[0]
    kind = {
        modes.S_IFREG: "S_IFREG", modes.S_IFDIR: "S_IFDIR", modes.S_IFCHR: "S_IFCHR",
        modes.S_IFLNK: "S_IFLNK", modes.S_IFIFO: "S_IFIFO", modes.S_IFSOCK: "S_IFSOCK",
        modes.S_IFBLK: "S_IFBLK",
    }.get(modes.S_IFMT(mode), hex(modes.S_IFMT(mode)))  # fmt: skip
    return f"{{st_mode={kind}|0{modes.S_IMODE(mode):o}, st_size={size}, ...}}"


def _pollfd(data: bytes) -> str:
    fd, events, revents = struct.unpack("<iHH", data)
    back = f", revents={_poll_events(revents)}" if revents else ""
    return f"{{fd={fd}, events={_poll_events(events)}{back}}}"


def _poll_events(events: int) -> str:
    return constants.flags("EPOLL", events).replace("EPOLL", "POLL") if events else "0"


def _epoll_event(data: bytes) -> str:
    events, value = struct.unpack("<IQ", data)
    return f"{{events={constants.flags('EPOLL', events) if events else '0'}, data={value:#x}}}"


def _sockaddr(data: bytes) -> str:
    if len(data) < 2:
        return "{}"
    (family,) = struct.unpack_from("<H", data)
    name = constants.one("AF", family)
    if family == socket.AF_INET and len(data) >= 8:
        port, address = struct.unpack_from(">H4s", data, 2)
        where = f'sin_addr=inet_addr("{ipaddress.IPv4Address(address)}")'
        return f"{{sa_family={name}, sin_port=htons({port}), {where}}}"
    if family == socket.AF_INET6 and len(data) >= 24:
        port, _, address = struct.unpack_from(">HI16s", data, 2)
        where = f'inet_pton(AF_INET6, "{ipaddress.IPv6Address(address)}", &sin6_addr)'
        return f"{{sa_family={name}, sin6_port=htons({port}), {where}}}"
    if family == socket.AF_UNIX:
        path = data[2:]
        shown = path.split(b"\0")[0] if path[:1] != b"\0" else path
        return f"{{sa_family={name}, sun_path={quoted(shown)}}}"
    return f"{{sa_family={name}, {quoted(data[2:])}}}"


def _rlimit(data: bytes) -> str:
    soft, hard = (
        "RLIM64_INFINITY" if each == (1 << 64) - 1 else str(each)
        for each in struct.unpack("<QQ", data)
    )
    return f"{{rlim_cur={soft}, rlim_max={hard}}}"


def _sigset(data: bytes) -> str:
    (mask,) = struct.unpack("<Q", data)
    full = mask & ~(1 << 31 | 1 << 32) == ((1 << 64) - 1) & ~(1 << 31 | 1 << 32)
    if full:
        return "~[]"
    numbers = [number for number in range(1, 65) if mask >> (number - 1) & 1]
    return f"[{' '.join(_signal(number).removeprefix('SIG') for number in numbers)}]"


def _signal(number: int) -> str:
    return constants.names("SIGNAL").get(number, f"SIGRT_{number - 32}")


def _sigaction(data: bytes) -> str:
    handler, flags, _, mask = struct.unpack("<QQQ8s", data)
    name = {0: "SIG_DFL", 1: "SIG_IGN"}.get(handler, hex(handler))
    return f"{{sa_handler={name}, sa_mask={_sigset(mask)}, sa_flags={flags:#x}}}"


def _utsname(data: bytes) -> str:
    words = [data[at : at + 65].split(b"\0")[0] for at in range(0, len(data), 65)]
    return f"{{sysname={quoted(words[0])}, nodename={quoted(words[1])}, ...}}"


def _numbers(form: str) -> Callable[[bytes], str]:
    return lambda data: f"[{', '.join(map(str, struct.unpack(form, data)))}]"


STRUCTURES: dict[str, tuple[int, Callable[[bytes], str]]] = {
    "b": (1, quoted),
    "epoll_event": (12, _epoll_event),
    "int": (4, _numbers("<i")),
    "int2": (8, _numbers("<ii")),
    "int64": (8, _numbers("<q")),
    "itimerspec": (32, _pair(_timespec, "it_interval", "it_value")),
    "itimerval": (32, _pair(_timeval, "it_interval", "it_value")),
    "pollfd": (8, _pollfd),
    "rlimit": (16, _rlimit),
    "sigaction": (32, _sigaction),
    "sigset": (8, _sigset),
    "sockaddr": (SOCKADDR_SIZE, _sockaddr),
    "stat": (144, _stat),
    "timespec": (16, _timespec),
    "timespec2": (32, _timespec2),
    "timeval": (16, _timeval),
    "utsname": (390, _utsname),
}
"""Bytes of each, and how it is shown."""

SIZES = {name: size for name, (size, _) in STRUCTURES.items()}


def shown(kind: str, data: bytes) -> str:
    """One structure; what is shorter than it should be as bytes."""
    size, show = STRUCTURES[kind]
    if kind not in ("b", "sockaddr") and len(data) != size:
        return quoted(data)
    return show(data)


def array(kind: str, data: bytes, *, cut: bool) -> str:
    """Several structures in brackets."""
    size = SIZES[kind]
    parts = [shown(kind, data[at : at + size]) for at in range(0, len(data) - size + 1, size)]
    return f"[{', '.join([*parts, *(['...'] if cut else [])])}]"
