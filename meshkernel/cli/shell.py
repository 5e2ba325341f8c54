"""shell: a Python prompt inside a running service."""

from __future__ import annotations

import queue
import signal
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from meshkernel.cli import options
from meshkernel.errors import SupervisorError

if TYPE_CHECKING:
    from meshkernel.supervisor.remote import Remote

Line = dict[str, Any]


@click.command()
@click.argument("service")
@options.topology_option
def shell(service: str, topology: Path) -> int:
    """Open a Python prompt inside a running service.

    Names are those of the service's module, and what you change is changed. A statement runs in the
    event loop: `await` works, and the service waits for one that computes. Ctrl-C interrupts it,
    Ctrl-D leaves. Input that is no terminal is run as a script; the exit code tells how it went.
    Services that were built with --release have no shell.

    \b
        meshkernel shell cart
        echo 'print(len(carts))' | meshkernel shell cart
    """
    with options.connect(topology) as coming, options.connect(topology) as typing:
        session = Session(service, coming, typing)
        if not sys.stdin.isatty():
            return session.run(sys.stdin.read(), "exec")
        click.echo(f"{session.greeting}; Ctrl-D leaves")
        return _typed(session)


class Session:
    """One shell: what comes is read by a thread, so that Ctrl-C loses nothing of it."""

    def __init__(self, service: str, coming: Remote, typing: Remote) -> None:
        self._typing = typing
        self._sent = 0  # questions
        self._lines: queue.Queue[Line | Exception] = queue.Queue()
        reading = threading.Thread(
            target=self._read, args=(coming, service), daemon=True, name="shell"
        )
        reading.start()
        first = self._next()
        self.number = first["session"]
        self.greeting = first["text"]

    def run(self, source: str, kind: str) -> int:
        """Run source, showing what it writes; 0, 1 if it failed, or 2 if it is not complete."""
        sent = self._sent
        try:
            self._ask(kind, source)
        except KeyboardInterrupt:
            if self._sent == sent:
                raise  # nothing runs that could be interrupted
            self._interrupt()
        while True:
            try:
                line = self._next()
            except KeyboardInterrupt:
                self._interrupt()
                continue
            match line["event"]:
                case "output":
                    click.echo(line["text"], nl=False)
                case "done":
                    return int(line["failed"])
                case "more":
                    return 2

    def completions(self, text: str) -> list[str]:
        """What a word may become."""
        self._ask("complete", text)
        while (line := self._next())["event"] != "completions":
            pass
        return list(line["words"])

    def _ask(self, what: str, text: str = "") -> None:
        """Ask the whole question, or nothing: a Ctrl-C meanwhile is raised before or behind it."""
        held = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            self._typing.ask("shell-input", session=self.number, do=what, text=text)
            self._sent += 1
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, held)

    def _interrupt(self) -> None:
        with suppress(KeyboardInterrupt):  # pressed twice: it is asked already
            self._ask("interrupt")

    def _next(self) -> Line:
        line = self._lines.get()
        if isinstance(line, Exception):
            raise line
        return line

    def _read(self, coming: Remote, service: str) -> None:
        try:
            for line in coming.lines("shell", service=service):
                self._lines.put(line)
            self._lines.put(SupervisorError(str(coming.result)))
        except Exception as error:  # for the thread that types to raise
            self._lines.put(error)


def _typed(session: Session) -> int:
    """Statements from a terminal, until Ctrl-D."""
    _complete_with(session)
    lines: list[str] = []  # of a statement that is not complete
    while True:
        try:
            lines.append(input("... " if lines else ">>> "))
            if session.run("\n".join(lines), "single") != 2:
                lines = []
        except KeyboardInterrupt:
            click.echo("\nKeyboardInterrupt")
            lines = []
        except EOFError:
            click.echo()
            return 0


def _complete_with(session: Session) -> None:
    import readline  # noqa: PLC0415 - only on a terminal

    found: list[str] = []

    def complete(text: str, state: int) -> str | None:
        if state == 0:
            found[:] = session.completions(text) if text.strip() else ["    "]
        return found[state] if state < len(found) else None

    readline.set_completer_delims(" \t\n`!@#$%^&*()-=+[{]}\\|;:'\",<>/?")
    readline.set_completer(complete)
    readline.parse_and_bind("tab: complete")
