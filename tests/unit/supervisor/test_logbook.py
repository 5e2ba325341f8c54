from __future__ import annotations

import asyncio

from meshkernel.supervisor import logbook
from meshkernel.supervisor.logbook import LogBook


def texts(lines):
    return [line.text for line in lines]


def test_lines_are_kept_and_written_with_their_time(tmp_path):
    book = LogBook(tmp_path / "logs", ["cart", "users"])
    book.add("cart", "one\ntwo", 1767225600.25)
    book.close()
    assert texts(book.last(["cart"])) == ["one", "two"]
    written = (tmp_path / "logs" / "cart.log").read_text().splitlines()
    assert written == ["2026-01-01T00:00:00.250Z one", "2026-01-01T00:00:00.250Z two"]


def test_the_last_lines_of_all_services_are_in_the_order_of_time(tmp_path):
    book = LogBook(tmp_path, ["cart", "users"])
    for index in range(4):
        book.add("users" if index % 2 else "cart", str(index), float(index))
    assert texts(book.last()) == ["0", "1", "2", "3"]
    assert texts(book.last(count=1)) == ["2", "3"]
    assert texts(book.last(["users"], 0)) == []
    assert texts(book.since("cart", 1.0)) == ["2"]


def test_a_file_that_has_grown_gives_way_to_a_new_one(tmp_path, monkeypatch):
    monkeypatch.setattr(logbook, "ROTATED_AT", 100)
    book = LogBook(tmp_path, ["cart"])
    for index in range(5):
        book.add("cart", f"{index}" + "." * 40, 0.0)
    book.close()
    old, new = (tmp_path / "cart.log.1").read_text(), (tmp_path / "cart.log").read_text()
    assert [text.split()[1][0] for text in (old + new).splitlines()] == ["2", "3", "4"] or (
        [text.split()[1][0] for text in old.splitlines()] == ["2", "3"]
    )
    assert all(len(text) <= 200 for text in (old, new))


async def test_a_follower_gets_what_comes_from_now_on(tmp_path):
    book = LogBook(tmp_path, ["cart", "users"])
    book.add("cart", "before", 0.0)
    async with book.following(["cart"]) as lines:
        book.add("users", "other", 1.0)
        book.add("cart", "after", 2.0)
        assert (await anext(lines)).text == "after"
    book.close()


async def test_who_follows_all_hears_of_those_that_come_later(tmp_path):
    book = LogBook(tmp_path, ["cart"])
    async with book.following() as lines:
        book.extend(["cart-2"])
        book.add("cart-2", "here I am", 0.0)
        async with asyncio.timeout(5):
            assert (await anext(lines)).text == "here I am"
    assert texts(book.last()) == ["here I am"]
    book.close()


def test_a_line_without_end_is_broken_into_pieces(tmp_path):
    book = LogBook(tmp_path, ["cart"])
    book.add("cart", "x" * (2 * logbook.LONGEST + 1), 1.0)
    assert [len(text) for text in texts(book.last())] == [logbook.LONGEST, logbook.LONGEST, 1]
    book.close()
