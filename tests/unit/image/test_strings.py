"""Modules that are named in strings."""

from __future__ import annotations

from pathlib import Path

from meshkernel.image import strings

MODULES = {"shop.plug.red", "shop.plug.blue", "shop.red", "other.red"}


def named(source: str, package: str = "shop.plug") -> set[str]:
    return strings.named(compile(source, "x", "exec"), package, MODULES.__contains__)


def test_a_name_with_dots() -> None:
    assert named("loops = {'red': 'shop.plug.red:setup'}") == {"shop.plug.red"}
    assert named("def f():\n    return 'shop.red'") == {"shop.red"}


def test_names_in_other_packages_and_of_no_module_are_text() -> None:
    assert named("a = 'other.red', 'shop.plug.green', 'see shop.red'") == set()


def test_a_table_of_plugins() -> None:
    assert named("plugins = ['red', 'blue', 'red']") == {"shop.plug.red", "shop.plug.blue"}
    assert named("plugins = ('red', 'blue')") == {"shop.plug.red", "shop.plug.blue"}


def test_words_of_which_one_is_no_module_are_no_table() -> None:
    assert named("colours = ['red', 'blue', 'green']") == set()
    assert named("colour = ['red']") == set()
    assert named("colours = ['red', 'blue']", "shop.elsewhere") == set()


def test_what_the_data_of_an_extension_module_names(tmp_path: Path) -> None:
    for name in ("shop/inner/tests", "shop/outer"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("", "inner/", "inner/tests/", "outer/"):
        (tmp_path / "shop" / name / "__init__.py").touch()
    for name in ("red", "inner/blue", "inner/green", "inner/tests/all"):
        (tmp_path / f"shop/{name}.py").touch()
    extension = tmp_path / "shop/fast.so"
    extension.write_bytes(
        b"\x7fELF\0shop.redno such keyshop.inner.blueBlue\0shop.inner.tests.all\0shop"
    )
    assert strings.in_extension(extension, tmp_path / "shop", "shop") == {
        *("shop.red", "shop.inner", "shop.inner.blue"),
    }
