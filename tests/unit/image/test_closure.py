"""Which modules an image has."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from attrs import evolve

from meshkernel.image import analysis, closure
from meshkernel.image.distributions import Distributions
from meshkernel.image.imports import Import, Imports, Module
from meshkernel.toolchain.cache import Cache


def graph(**imports: list[Import]) -> Imports:
    """Modules by name, with what they import; those that are not a key are missing."""
    names = {name.replace("__", "."): found for name, found in imports.items()}
    targets = {found.target for edges in names.values() for found in edges}
    modules = {name: Module(name, "source", Path(f"/x/{name}.py")) for name in names}
    modules |= {name: Module(name, "missing") for name in targets - names.keys()}
    return Imports(modules, {name: tuple(found) for name, found in names.items()})


def names(imports: Imports, *program: str, without: tuple[str, ...] = ()) -> set[str]:
    return {module.name for module in closure.closure(imports, program, without).modules}


def test_everything_reached_and_parents() -> None:
    found = graph(app=[Import("a.b")], a=[], a__b=[Import("c", deferred=True)], c=[], d=[])
    assert names(found, "app") == {"app", "a", "a.b", "c"}


def test_without() -> None:
    found = graph(app=[Import("web")], web=[Import("server")], server=[])
    assert names(found, "app", without=("web",)) == {"app"}


def test_development_tools_of_the_standard_library_do_not_count() -> None:
    found = graph(
        app=[Import("heapq"), Import("pdb", deferred=True)],
        heapq=[Import("doctest", optional=True)], pdb=[], doctest=[],
    )  # fmt: skip
    assert names(found, "app") == {"app", "heapq", "pdb"}


def test_a_program_of_the_standard_library_has_all_that_it_asks_for() -> None:
    found = graph(heapq=[Import("doctest", optional=True)], doctest=[])
    assert names(found, "heapq") == {"heapq", "doctest"}


def test_asyncio_alone_has_no_tls_but_who_imports_it_has() -> None:
    tls = {"asyncio__sslproto": [Import("ssl", optional=True)], "asyncio": [], "ssl": []}
    found = graph(app=[Import("asyncio.sslproto")], other=[Import("ssl")], **tls)
    assert "ssl" not in names(found, "app")
    assert "ssl" in names(found, "app", "other")


def test_openssl_is_for_those_who_hash() -> None:
    edges = {"uuid": [Import("hashlib", deferred=True)], "hashlib": [Import("_hashlib")]}
    found = graph(app=[Import("uuid")], users=[Import("hashlib")], _hashlib=[], **edges)
    assert names(found, "app") == {"app", "uuid", "hashlib"}
    assert "_hashlib" in names(found, "app", "users")


def test_fallbacks_are_for_where_the_real_one_is_missing() -> None:
    edges = [Import("_decimal", optional=True), Import("_pydecimal", optional=True)]
    assert "_pydecimal" in names(graph(decimal=edges, _pydecimal=[]), "decimal")
    assert "_pydecimal" not in names(graph(decimal=edges, _decimal=[], _pydecimal=[]), "decimal")


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> tuple[Imports, Path]:
    """The analyser on a small project."""
    root = tmp_path_factory.mktemp("project")
    (root / "shop").mkdir()
    (root / "shop/__init__.py").write_text("")
    (root / "shop/plugins.py").write_text("LATER = 'shop.extra:start'\nNOTHING = 'shop.absent'\n")
    (root / "shop/extra.py").write_text("import uvicorn_is_not_here\n")
    (root / "shop/main.py").write_text(
        "import asyncio\nimport msgpack\n\nimport nowhere.to_be_found\nfrom shop import plugins\n"
        "try:\n    import perhaps\nexcept ImportError:\n    perhaps = None\n"
    )
    cache = Cache(tmp_path_factory.mktemp("cache"))
    return analysis.analyse(["shop.main"], [], [str(root)], cache), root


def test_analyser_finds_what_is_imported_and_named(real: tuple[Imports, Path]) -> None:
    found = names(real[0], "shop.main")
    assert {"shop", "shop.main", "shop.plugins", "shop.extra"} <= found
    assert {"asyncio.base_events", "msgpack._cmsgpack", "_socket", "encodings.idna"} <= found
    assert {"os", "codecs", "traceback", "encodings.utf_8"} <= found


def test_analyser_leaves_out_what_is_not_needed(real: tuple[Imports, Path]) -> None:
    found = names(real[0], "shop.main")
    for name in ("ssl", "test", "tkinter", "unittest", "multiprocessing", "distutils", "pdb"):
        assert name not in found


def test_missing_modules_are_told_with_their_line(real: tuple[Imports, Path]) -> None:
    imports, root = real
    missing = closure.closure(imports, ["shop.main"]).missing
    assert [(one.name.partition(".")[0], one.line) for one in missing] == [("nowhere", 4)]
    assert str(missing[0]).startswith(f"{root}/shop/main.py:4: import nowhere")


def test_every_program_starts(real: tuple[Imports, Path]) -> None:
    """What the interpreter has imported when it is up is in the closure, or frozen into it."""
    import subprocess

    code = "import sys; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-S", "-c", code], capture_output=True, text=True, check=True
    )
    started = set(done.stdout.split()) - {"__main__", "os.path"}
    assert started <= names(real[0], "shop.main") | set(sys.builtin_module_names)


SHOP = Distributions(
    owners={name: frozenset({name}) for name in ("shop", "used", "unused")},
    requires={"shop": frozenset({"used"})},
)


def test_a_distribution_tries_to_import_others_that_it_does_not_name() -> None:
    edges = [Import("used", optional=True), Import("unused", optional=True)]
    found = graph(app=[Import("shop")], own=[Import("unused", deferred=True)],
                  shop=edges, used=[], unused=[])  # fmt: skip
    found = evolve(found, distributions=SHOP)
    assert names(found, "app") == {"app", "shop", "used"}
    assert names(found, "app", "own") == {"app", "own", "shop", "used", "unused"}


def test_what_it_imports_without_fail_counts() -> None:
    found = graph(app=[Import("shop")], shop=[Import("unused")], unused=[])
    assert names(evolve(found, distributions=SHOP), "app") == {"app", "shop", "unused"}
