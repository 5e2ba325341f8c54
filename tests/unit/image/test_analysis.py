"""The analyser: what it runs, what it looks at, and what it keeps."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from meshkernel.image import analysis, closure
from meshkernel.toolchain.cache import Cache


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Cache:
    return Cache(tmp_path_factory.mktemp("cache"))


def test_nothing_of_the_users_is_run(tmp_path: Path, cache: Cache) -> None:
    ran = tmp_path / "ran"
    damage = f"open({str(ran)!r}, 'w').close()\nraise SystemExit('ran')\n"
    for package in ("loud", "loud/inner"):
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").write_text(damage)
    (tmp_path / "loud/__main__.py").write_text("from loud.inner import part\n")
    (tmp_path / "loud/inner/part.py").write_text("import colorsys\n" + damage)
    found = analysis.analyse(["loud", "loud.__main__"], [], [str(tmp_path)], cache)
    names = {module.name for module in closure.closure(found, ["loud.__main__"]).modules}
    assert names > {"loud", "loud.__main__", "loud.inner", "loud.inner.part", "colorsys"}
    assert not ran.exists()


def test_sources_that_were_read_before_give_the_same_answer(tmp_path: Path, cache: Cache) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/__init__.py").write_text("from .parts import *\nfrom . import parts as p\n")
    (tmp_path / "shop/parts.py").write_text(
        "from xml.etree import ElementTree as tree\n"
        "def f():\n    import colorsys as c\n"
        "if f:\n    import this\n"
        "try:\n    import nowhere\nexcept ImportError:\n    pass\n"
    )
    (tmp_path / "shop/broken.py").write_text("def\n")
    (tmp_path / "start.py").write_text("import shop.broken, shop.parts\n")
    answers = [
        analysis.analyse(["shop"], [tmp_path / "start.py"], [str(tmp_path)], cache)
        for _ in range(2)
    ]
    assert answers[0] == answers[1]
    targets = {found.target: found for found in answers[1].imports["shop.parts"]}
    assert targets["colorsys"].deferred
    assert targets["nowhere"].optional
    assert targets["xml.etree.ElementTree"].name


def test_a_changed_source_is_read_again(tmp_path: Path, cache: Cache) -> None:
    for module in ("colorsys", "sched"):
        (tmp_path / "single.py").write_text(f"import {module}\n")
        found = analysis.analyse(["single"], [], [str(tmp_path)], cache)
        assert module in {target.target for target in found.imports["single"]}


def test_tools_are_looked_at_only_if_the_program_asks(tmp_path: Path, cache: Cache) -> None:
    (tmp_path / "plain.py").write_text("import heapq\n")
    (tmp_path / "tool.py").write_text("import doctest\nfrom multiprocessing import pool\n")
    plain = analysis.analyse(["plain"], [], [str(tmp_path)], cache)
    assert plain.modules["doctest"].kind == "excluded"
    assert "doctest" not in {each.name for each in closure.closure(plain, ["plain"]).modules}
    tool = analysis.analyse(["tool"], [], [str(tmp_path)], cache)
    names = {each.name for each in closure.closure(tool, ["tool"]).modules}
    assert names > {"doctest", "multiprocessing.pool"}


def test_modules_that_only_strings_and_extensions_name_are_found(
    tmp_path: Path, cache: Cache
) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/__init__.py").write_text(
        f"import zoneinfo\nplugins = ('red', 'blue')\nwords = ['{'a' * 300}', 'red']\n"
    )
    for name in ("red", "blue", "green"):
        (tmp_path / f"shop/{name}.py").touch()
    found = analysis.analyse(["shop"], [], [str(tmp_path)], cache)
    modules = {module.name for module in closure.closure(found, ["shop"]).modules}
    assert {"shop.red", "shop.blue", "zoneinfo._common"} < modules
    assert "shop.green" not in modules
    if find_spec("tzdata"):
        assert "tzdata.zoneinfo" in modules


def test_folders_of_a_checkout_of_ours_do_not_hide_those_of_a_project(
    tmp_path: Path, cache: Cache
) -> None:
    """``benchmarks`` is a package there, and one without an ``__init__.py`` here."""
    (tmp_path / "benchmarks").mkdir()
    (tmp_path / "benchmarks/own.py").write_text("import colorsys\n")
    found = analysis.analyse(["benchmarks.own", "meshkernel"], [], [str(tmp_path)], cache)
    assert found.modules["benchmarks.own"].file == tmp_path / "benchmarks/own.py"
    assert found.modules["benchmarks"].kind == "namespace"
    assert found.modules["meshkernel"].kind == "source"
