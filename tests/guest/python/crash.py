"""What must end the machine, or be refused, with the Python lines that did it."""

from __future__ import annotations

import ctypes
import errno
import os
import sys
import threading


def read_null() -> None:
    ctypes.string_at(0)


def write_text() -> None:
    function = ctypes.cast(ctypes.CDLL(None).strlen, ctypes.c_void_p).value
    ctypes.memset(function, 0, 1)


def execute_data() -> None:
    code = ctypes.create_string_buffer(b"\xc3" * 16)
    ctypes.CFUNCTYPE(None)(ctypes.addressof(code))()


def in_thread() -> None:
    thread = threading.Thread(target=read_null)
    thread.start()
    thread.join()


def use_memory() -> None:
    kept = []
    while True:
        kept.append(bytearray(1 << 20))


def make_processes() -> None:
    import subprocess

    for _ in range(2):
        for call in (os.fork, lambda: os.execv("/bin/true", ["true"])):
            try:
                call()
            except OSError as error:
                print(errno.errorcode[error.errno])
    try:
        subprocess.run(["/bin/true"], check=False)
    except OSError as error:
        print("subprocess", errno.errorcode[error.errno])


def unknown_call() -> None:
    library = ctypes.CDLL(None, use_errno=True)
    for _ in range(2):
        print(library.syscall(499), errno.errorcode[ctypes.get_errno()])


print(sys.argv[1], flush=True)
globals()[sys.argv[1]]()
