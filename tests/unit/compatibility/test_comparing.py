from __future__ import annotations

import json

from attrs import evolve

from tests.compatibility import comparing, exceptions, sides
from tests.compatibility.comparing import Compared
from tests.compatibility.document import document
from tests.compatibility.exceptions import Exempt
from tests.compatibility.outcomes import Outcome, Outcomes
from tests.compatibility.reporter import MARK


def line(**values: str) -> bytes:
    return f"\n{MARK}{json.dumps(values)}\n".encode()


def ended(test: str, kind: str = "passed") -> bytes:
    return line(began=test) + line(test=test, outcome=kind, text="")


def outcomes(*data: bytes) -> Outcomes:
    found = Outcomes()
    for part in data:
        found.feed(part)
    return found


def test_lines_in_pieces_among_others() -> None:
    data = b"noise" + ended("test.m.A.a") + b"more" + ended("test.m.A.b", "failed")
    found = outcomes(*(data[at : at + 7] for at in range(0, len(data), 7)))
    assert {name: each.kind for name, each in found.found.items()} == {
        "test.m.A.a": "passed",
        "test.m.A.b": "failed",
    }
    assert found.other == ["noise", "more"]
    assert (found.ended, found.running) == (2, None)


def test_the_running_method_is_lost_with_its_machine() -> None:
    found = outcomes(ended("a"), line(began="b"), b"meshkernel: a sentence\n")
    found.lose_running("the machine ended")
    assert found.found["b"].kind == "lost"
    assert "a sentence" in found.found["b"].text
    assert found.ended == 2


def test_one_identifier_twice_fails_if_one_does() -> None:
    found = outcomes(ended("a", "failed"), ended("a"))
    assert found.found["a"].kind == "failed"
    assert found.ended == 2


def compared() -> Compared:
    host = outcomes(*(ended(f"test.m.A.{name}") for name in "abcd"), ended("test.m.A.s", "skipped"))
    inside = outcomes(
        ended("test.m.A.a"), ended("test.m.A.b", "failed"), ended("test.m.A.c", "error")
    )
    return Compared.of("m", host, inside)


EXEMPT = (Exempt("needs a terminal", ("m.A.b", "m.A.gone*")),)


def test_what_passes_on_the_host_alone() -> None:
    each = compared()
    assert each.passed_inside == ["test.m.A.a"]
    assert each.excepted(EXEMPT) == {"test.m.A.b": "needs a terminal"}
    assert {t: o.kind for t, o in each.unexplained(EXEMPT).items()} == {
        "test.m.A.c": "error",
        "test.m.A.d": "missing",
    }


def test_exceptions_that_excuse_nothing_are_stale() -> None:
    each = compared()
    assert exceptions.stale(EXEMPT, each.host, each.excepted(EXEMPT)) == ["m.A.gone*"]
    assert exceptions.stale(EXEMPT, ["test.other.A.a"], []) == []


def test_what_is_kept_is_what_was_seen(tmp_path) -> None:
    comparing.save(compared(), tmp_path)
    assert comparing.load("m", tmp_path) == compared()
    assert comparing.load("never", tmp_path) is None
    assert comparing.load_all(tmp_path) == [compared()]


def test_the_document_counts() -> None:
    text = document([compared()], EXEMPT)
    assert "**1 of the 4 methods" in text
    assert "| `m` | 4 | 1 | 1 | 2 |" in text
    assert "| needs a terminal | 1 |" in text
    assert "`m.A.d`: missing" in text


def other() -> Compared:
    return evolve(compared(), module="n", interpreter="3.99.1", commit="abc")


def test_results_of_other_interpreters_have_a_table_of_their_own() -> None:
    text = document([compared()], EXEMPT, [other()])
    assert "**1 of the 4 methods" in text
    assert "CPython 3.99.1, commit abc.\n\n| module" in text
    assert text.index("## Other interpreters") < text.index("| `n` | 4 | 1 | 1 | 2 |")
    assert "Other interpreters" not in document([compared()], EXEMPT)


def test_a_module_that_is_not_there_is_not_in_the_table() -> None:
    text = document([compared(), Compared("gone", {}, {})], EXEMPT)
    assert "`gone` did not come with this interpreter." in text
    assert "| `gone`" not in text


def test_the_document_names_every_run_that_it_is_of() -> None:
    first = evolve(compared(), interpreter="3.11.7", commit="abc")
    assert "\nCPython 3.11.7, commit abc.\n" in document([first], ())
    again = evolve(first, module="n", commit="def")
    assert "\nCPython 3.11.7, commit abc, def.\n" in document([first, again], ())


def test_the_exceptions_are_sound() -> None:
    assert all(each.reason and each.tests for each in exceptions.load())


def test_no_outcome_is_not_passed() -> None:
    assert not Outcome("missing").passed


def test_all_but_a_few_are_not_all() -> None:
    passed, failed = Outcome("passed", ""), Outcome("failed", "")
    host = {f"test.m.A.{number}": passed for number in range(10_000)}
    text = document([Compared("m", host, host | {"test.m.A.7": failed})], ())
    assert "99.9 %" in text
    assert "100.0 %" not in text


def test_who_cannot_pass_is_waited_for_less() -> None:
    assert sides.silence("test.test_thread.TestForkInThread.test_forkinthread") < sides.SILENCE
    assert sides.silence("test.test_thread.LockTests.test_acquire") == sides.SILENCE
    assert sides.silence(None) == sides.SILENCE
