"""The prompt in the service, without a machine: statements, awaits, output, interruption."""

from __future__ import annotations

import asyncio
import signal
import sys
import threading
import types

import pytest

from meshkernel.guest import shell as shell_module
from meshkernel.guest.shell import Shells


class Typed:
    """One shell and what it said."""

    def __init__(self):
        self.said = []
        self.at_the_end = lambda: None
        self.changed = asyncio.Event()
        self.shells = Shells("shop", self.tell)
        self.shells.take({"session": 1, "do": "open"})
        assert self.said[0]["event"] == "open"

    def tell(self, kind, **values):
        self.said.append(values)
        self.changed.set()
        if values["event"] == "done":
            self.at_the_end()

    async def do(self, text, what="single"):
        """What a statement wrote, and how it ended."""
        self.said.clear()
        self.shells.take({"session": 1, "do": what, "text": text})
        async with asyncio.timeout(5):
            while not self.said or self.said[-1]["event"] == "output":
                self.changed.clear()
                await self.changed.wait()
        text = "".join(each["text"] for each in self.said[:-1])
        return text, self.said[-1]


@pytest.fixture
def typed(monkeypatch):
    """Opens a shell: in the test, where the streams are those that it writes to."""
    module = types.ModuleType("shop")
    module.stock = {"apple": 3}
    monkeypatch.setitem(sys.modules, "shop", module)
    before = signal.getsignal(signal.SIGINT)

    def opened():
        monkeypatch.setattr(sys, "stdout", sys.stdout)
        monkeypatch.setattr(sys, "stderr", sys.stderr)
        return Typed()

    yield opened
    signal.signal(signal.SIGINT, before)


async def test_expressions_are_shown_and_names_are_the_module_s(typed):
    typed = typed()
    assert await typed.do("stock['apple'] + 1") == (
        "4\n",
        {"session": 1, "event": "done", "failed": False},
    )
    await typed.do("pears = 5")
    assert sys.modules["shop"].pears == 5


async def test_a_statement_may_need_more_lines(typed):
    typed = typed()
    _, end = await typed.do("for i in range(2):")
    assert end["event"] == "more"
    text, end = await typed.do("for i in range(2):\n    print(i)\n")
    assert (text, end["event"]) == ("0\n1\n", "done")


async def test_await_works_at_the_top(typed):
    typed = typed()
    await typed.do("import asyncio")
    text, _ = await typed.do("await asyncio.sleep(0.01, 'slept')")
    assert text == "'slept'\n"


async def test_exceptions_come_back_with_their_lines(typed):
    typed = typed()
    text, end = await typed.do("def fail():\n    return 1 / 0\n")
    text, end = await typed.do("fail()")
    assert end["failed"] is True
    assert text.startswith("Traceback (most recent call last):\n")
    assert "return 1 / 0" in text
    assert text.endswith("ZeroDivisionError: division by zero\n")
    assert shell_module.__file__ not in text
    text, end = await typed.do("1 +")
    assert (end["failed"], "SyntaxError" in text) == (True, True)
    text, end = await typed.do("raise SystemExit(3)")
    assert (end["failed"], "SystemExit: 3" in text) == (True, True)


async def test_output_of_others_stays_where_it_was(typed, capsys):
    typed = typed()
    task = asyncio.create_task(asyncio.to_thread(print, "from elsewhere"))
    text, _ = await typed.do("print('from the shell')")
    await task
    assert text == "from the shell\n"


async def test_what_waits_is_interrupted(typed):
    typed = typed()
    await typed.do("import asyncio")
    typed.said.clear()
    typed.shells.take({"session": 1, "do": "single", "text": "await asyncio.sleep(60)"})
    await asyncio.sleep(0.01)
    text, end = await typed.do("", "interrupt")
    assert (end["failed"], "KeyboardInterrupt" in text) == (True, True)
    assert "CancelledError" not in text


async def test_what_computes_is_interrupted_by_the_signal(typed):
    typed = typed()
    await typed.do("import time, signal")
    main = threading.main_thread().ident
    timer = threading.Timer(0.2, signal.pthread_kill, [main, signal.SIGINT])
    timer.start()
    text, end = await typed.do("time.sleep(60)")
    assert (end["failed"], "KeyboardInterrupt" in text) == (True, True)
    signal.raise_signal(signal.SIGINT)  # one that comes late harms nobody


async def test_an_interrupt_while_the_end_is_told_harms_nobody(typed):
    typed = typed()
    await typed.do("import asyncio, signal, time")
    typed.at_the_end = lambda: signal.raise_signal(signal.SIGINT)
    text, end = await typed.do("signal.raise_signal(signal.SIGINT)")
    assert (end["failed"], text.count("KeyboardInterrupt")) == (True, 1)
    text, end = await typed.do("await asyncio.sleep(0, 'slept')")
    assert (end["failed"], text) == (False, "'slept'\n")


async def test_what_computes_after_an_await_is_interrupted(typed):
    typed = typed()
    await typed.do("import asyncio, signal")
    await typed.do("async def later():\n    signal.raise_signal(signal.SIGINT)\n")
    text, end = await typed.do("await asyncio.sleep(0); await later()")
    assert (end["failed"], "KeyboardInterrupt" in text) == (True, True)


async def test_a_script_is_run_as_a_whole(typed):
    typed = typed()
    text, end = await typed.do("x = 1\nfor _ in range(2):\n    x += 1\nprint(x)\n", "exec")
    assert (text, end["failed"]) == ("3\n", False)


async def test_words_are_completed(typed):
    typed = typed()
    _, end = await typed.do("sto", "complete")
    assert end["words"] == ["stock"]
    _, end = await typed.do("stock.ke", "complete")
    assert end["words"][0].startswith("stock.keys(")


async def test_large_output_comes_in_pieces(typed):
    typed = typed()
    text, _ = await typed.do("print('x' * 100_000)")
    assert len(text) == 100_001
    assert max(len(each.get("text", "")) for each in typed.said) <= shell_module.PIECE
