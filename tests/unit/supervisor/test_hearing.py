"""What a service says becomes lines of its log, and news."""

from __future__ import annotations

import time

import pytest

from meshkernel.supervisor.hearing import LONGEST_LINE, Hearing
from meshkernel.supervisor.logbook import LogBook


class Listener:
    """A service's hearing with all that it told."""

    def __init__(self, folder):
        self.logs = LogBook(folder, ["cart"])
        self.ready = []
        self.pongs = 0
        self.rests = []
        self.hearing = Hearing(
            "cart",
            self.logs,
            on_ready=lambda *news: self.ready.append(news),
            on_pong=self.pong,
            on_rest=self.rests.append,
        )

    def pong(self):
        self.pongs += 1

    def said(self):
        return [line.text for line in self.logs.last()]


@pytest.fixture
def cart(tmp_path):
    listener = Listener(tmp_path)
    yield listener
    listener.logs.close()


def test_console_and_log_records_become_lines(cart):
    cart.hearing.console(b"half ")
    cart.hearing.console(b"a line\r\nno end")
    cart.hearing.message(
        {"type": "log", "level": "INFO", "logger": "shop", "message": "sold", "time": 1.0}
    )
    cart.hearing.flush()
    cart.hearing.flush()
    assert cart.said() == ["INFO shop: sold", "half a line", "no end"]


def test_a_line_that_does_not_end_is_told_before_it_fills_the_memory(cart):
    cart.hearing.console(b"x" * (LONGEST_LINE + 1))
    assert "".join(cart.said()) == "x" * (LONGEST_LINE + 1)


def test_news_are_passed_on(cart):
    shells = []
    cart.hearing.on_shell = shells.append
    cart.hearing.message({"type": "ready", "methods": ["add"], "port": 7000})
    cart.hearing.message({"type": "pong", "id": 1})
    cart.hearing.message({"type": "shell", "session": 1})
    for rest in ("idle", "busy", "sleeping"):
        cart.hearing.message({"type": rest})
    cart.hearing.message({"type": "failed", "message": "ValueError: no shelf"})
    cart.hearing.message({"type": "stopped"})
    assert (cart.ready, cart.pongs) == ([(["add"], 7000)], 1)
    assert cart.rests == ["idle", "busy", "sleeping"]
    assert shells == [{"type": "shell", "session": 1}]
    assert cart.hearing.failure == "cart failed to start: ValueError: no shelf"
    assert cart.said() == []


@pytest.mark.parametrize(
    "message",
    [
        {"type": "ready", "methods": 5, "port": 7000},
        {"type": "ready", "methods": [b"\xff"], "port": 7000},
        {"type": "ready", "methods": [], "port": "seven"},
        {"type": "ready"},
        {"type": "shell"},
        {},
    ],
)
def test_a_message_that_makes_no_sense_is_told_and_changes_nothing(cart, message):
    cart.hearing.message(message)
    assert "a message is not understood" in cart.said()[-1]
    assert (cart.ready, cart.pongs, cart.hearing.failure) == ([], 0, None)


@pytest.mark.parametrize("moment", [None, {}, "soon", 1e300, float("nan"), float("inf"), -1])
def test_a_log_record_with_an_impossible_time_has_that_of_the_host(cart, moment):
    before = time.time()
    cart.hearing.message({"type": "log", "message": "hello", "time": moment})
    (line,) = cart.logs.last()
    assert line.text == "INFO root: hello"
    assert before <= line.time <= time.time()
