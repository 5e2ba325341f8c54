"""Which distributions count on which others."""

from __future__ import annotations

from meshkernel.image.distributions import Distributions, installed, required

SHOP = Distributions(
    owners={
        "shop": frozenset({"shop"}),
        "fastjson": frozenset({"fast-json"}),
        "numbers_": frozenset({"numbers"}),
        "google": frozenset({"google-a", "google-b"}),
    },
    requires={"shop": frozenset({"fast-json"}), "fast-json": frozenset({"google-b"})},
)


def test_a_distribution_expects_what_its_requirements_name() -> None:
    assert SHOP.expects("shop.web", "fastjson.core")
    assert not SHOP.expects("shop.web", "numbers_")
    assert SHOP.expects("fastjson", "google.b")


def test_modules_of_no_distribution_expect_all() -> None:
    assert SHOP.expects("project.web", "numbers_")
    assert SHOP.expects("shop.web", "json")
    assert SHOP.expects("shop.web", "shop.data")


def test_what_comes_with_a_distribution() -> None:
    assert SHOP.used_by(["shop"]) == {"shop", "fastjson", "google"}
    assert SHOP.used_by(["nothing"]) == set()


def test_extras_count_but_those_of_development() -> None:
    requirements = [
        "Fast_JSON>=2; python_version > '3'",
        "web.server[standard] ; extra == 'standard'",
        "pytest<9; extra == 'tests'",
        'sphinx; extra == "docs"',
        "mypy; python_version < '3.13' and extra == 'typing'",
    ]
    assert set(required(requirements)) == {"fast-json", "web-server"}


def test_this_environment() -> None:
    assert installed().expects("jinja2", "markupsafe")
    assert installed().expects("uvicorn.protocols", "uvloop")
    assert not installed().expects("uvicorn.protocols", "pytest")
