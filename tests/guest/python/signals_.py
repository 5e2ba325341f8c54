"""Signals as a Python program meets them, and faulthandler."""

from __future__ import annotations

import faulthandler
import os
import signal
import threading
import time
from typing import TextIO

seen: list[str] = []


def note(number: int, _frame: object) -> None:
    seen.append(signal.Signals(number).name)


def show(what: str) -> None:
    print(what, seen)
    seen.clear()


def raised() -> None:
    signal.signal(signal.SIGUSR1, note)
    signal.raise_signal(signal.SIGUSR1)
    os.kill(os.getpid(), signal.SIGUSR1)
    signal.pthread_kill(threading.get_ident(), signal.SIGUSR1)
    show("raised")


def timed() -> None:
    signal.signal(signal.SIGALRM, note)
    signal.alarm(1)
    signal.pause()
    show("alarm")
    for which, number in (
        (signal.ITIMER_REAL, signal.SIGALRM),
        (signal.ITIMER_VIRTUAL, signal.SIGVTALRM),
        (signal.ITIMER_PROF, signal.SIGPROF),
    ):
        signal.signal(number, note)
        signal.setitimer(which, 0.05)
        while not seen:
            pass
        show("timer")
        print(signal.getitimer(which))


def awaited() -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
    signal.raise_signal(signal.SIGUSR1)
    print(signal.sigpending(), signal.sigwait({signal.SIGUSR1}))
    print(signal.sigtimedwait({signal.SIGUSR1}, 0.05))
    main_thread = threading.main_thread().ident
    threading.Timer(0.1, signal.pthread_kill, (main_thread, signal.SIGUSR1)).start()
    print(signal.sigwaitinfo({signal.SIGUSR1}).si_signo == signal.SIGUSR1)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGUSR1})
    show("awaited")


def woken() -> None:
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    before = signal.set_wakeup_fd(writer)
    signal.raise_signal(signal.SIGUSR1)
    print(os.read(reader, 10) == bytes([signal.SIGUSR1]))
    signal.set_wakeup_fd(before)
    show("woken")


def interrupted() -> None:
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    began = time.monotonic()
    time.sleep(0.2)  # goes on behind the handler
    print(time.monotonic() - began >= 0.2)
    show("slept")


def dumps() -> None:
    reader, writer = os.pipe()
    with os.fdopen(reader) as dumped, os.fdopen(writer, "w") as file:
        faulthandler.register(signal.SIGUSR2, file, all_threads=True)
        signal.raise_signal(signal.SIGUSR2)
        faulthandler.unregister(signal.SIGUSR2)
        show_dump(dumped)
        faulthandler.dump_traceback_later(0.05, file=file)
        show_dump(dumped)
        faulthandler.cancel_dump_traceback_later()


def show_dump(dumped: TextIO) -> None:
    """The places of one dump, for which it waits."""
    line = ""
    while "in <module>" not in line:
        line = dumped.readline()
        print(line.split(",")[-1].split("0x")[0].rstrip())


def main() -> None:
    for case in (raised, timed, awaited, woken, interrupted, dumps):
        case()
    faulthandler.enable(all_threads=False)
    os.kill(os.getpid(), signal.SIGSEGV)


main()
