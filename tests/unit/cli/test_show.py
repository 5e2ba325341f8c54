"""What commands print."""

from __future__ import annotations

import io

from meshkernel.cli import show


def test_a_table_has_numbers_to_the_right_and_words_to_the_left() -> None:
    file = io.StringIO()
    rows = [("a", 1, "10.0.0.1:80", None), ("bcd", 12, "-", 5)]
    show.table(("NAME", "COUNT", "ADDRESS", "PID"), rows, file)
    assert file.getvalue().splitlines() == [
        "NAME  COUNT  ADDRESS      PID",
        "a         1  10.0.0.1:80    -",
        "bcd      12  -              5",
    ]


def test_a_table_without_rows_has_its_header() -> None:
    file = io.StringIO()
    show.table(("NAME", "PID"), [], file)
    assert file.getvalue() == "NAME  PID\n"
