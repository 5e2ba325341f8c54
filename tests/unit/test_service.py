"""What a service module writes, outside of any mesh."""

from __future__ import annotations

import copy
import inspect
import types
from typing import Any

import pytest

from meshkernel import LinkError, bind_links, every, link, on_start, on_stop, rpc, shared_error
from meshkernel.service import declarations, shared_errors


@pytest.fixture
def declare() -> Any:
    """Runs text as a module of its own."""

    def run(text: str, name: str = "module_under_test") -> types.ModuleType:
        module = types.ModuleType(name)
        exec(text, module.__dict__)
        return module

    return run


def test_a_decorated_function_stays_what_it_is() -> None:
    def function(a: int) -> int:
        return a

    async def async_function() -> None: ...

    assert rpc(function) is function
    assert rpc()(function) is function
    assert rpc(async_function) is async_function
    assert on_start(function) is function
    assert on_stop(function) is function
    assert function(a=1) == 1


def test_declarations_are_those_of_the_module_in_the_order_written(declare: Any) -> None:
    text = """
from meshkernel import after_seal, before_seal, rpc, on_start, on_stop
@before_seal
def before(): ...
@after_seal
def after(): ...
@rpc
def b(): ...
@rpc()
async def a(): ...
@on_start
def _(): return 1
first = _
@on_start
def _(): return 2
@on_stop
def stop(): ...
"""
    module = declare(text, "declares")
    declared = declarations("declares")
    assert declared.methods == {"b": module.b, "a": module.a}
    assert declared.before_seal == [module.before]
    assert declared.after_seal == [module.after]
    assert declared.start == [module.first, module._]
    assert declared.stop == [module.stop]


def test_a_function_of_another_module_can_be_declared_here(declare: Any) -> None:
    declare("from meshkernel import rpc\nimport math\ndef f(): ...", "helper")
    module = declare(
        "from meshkernel import on_start, rpc\nfrom textwrap import dedent\nrpc(dedent)", "uses"
    )
    assert declarations("uses").methods == {"dedent": module.dedent}
    assert declarations("textwrap").methods == {}


@pytest.mark.parametrize("text", ["def g(): yield 1", "async def g(): yield 1"])
def test_generators_are_refused_with_a_remedy(declare: Any, text: str) -> None:
    with pytest.raises(TypeError, match="@rpc g: generators are not supported yet, return a list"):
        declare(f"from meshkernel import rpc\n@rpc\n{text}")


def test_rpc_stands_on_functions_only() -> None:
    with pytest.raises(TypeError, match="stands on a function, not on <class"):
        rpc(type("Thing", (), {}))


async def test_positional_arguments_are_refused_with_the_way_to_write_it() -> None:
    with pytest.raises(
        TypeError, match=r"catalog\.get takes its arguments by name: .*get\(name='p1'"
    ):
        link("catalog").get("p1")


async def test_outside_of_a_mesh_a_call_says_how_to_answer_it() -> None:
    with pytest.raises(LinkError, match=r"with bind_links\(catalog=\.\.\.\)"):
        await link("catalog").get(product_id="p1")


class FakeCatalog:
    async def get(self, product_id: str) -> str:
        return f"product {product_id}"

    def count(self) -> int:
        return 3


async def test_links_can_be_bound_to_objects() -> None:
    catalog = link("catalog")
    with bind_links(catalog=FakeCatalog()):
        assert await catalog.get(product_id="p1") == "product p1"
        assert await catalog.count() == 3
        with pytest.raises(TypeError, match="unexpected keyword argument 'product'"):
            await catalog.get(product="p1")
        with pytest.raises(AttributeError, match="no attribute 'put'"):
            await catalog.put()
        with pytest.raises(LinkError, match="declared here: catalog"):
            await link("shelf").get()
    with pytest.raises(LinkError, match="outside of a mesh"):
        await catalog.count()


async def test_bindings_nest() -> None:
    inner = types.SimpleNamespace(count=lambda: 4)
    with bind_links(catalog=FakeCatalog()):
        with bind_links(catalog=inner):
            assert await link("catalog").count() == 4
        assert await link("catalog").count() == 3


def test_a_link_is_left_alone_by_what_looks_at_objects() -> None:
    catalog = link("catalog")
    assert repr(catalog) == "link('catalog')"
    assert repr(catalog.get) == "<remote function catalog.get>"
    assert not hasattr(catalog, "__wrapped__")
    assert not hasattr(catalog, "_private")
    assert not inspect.iscoroutinefunction(catalog.get)
    assert repr(copy.copy(catalog)) == "link('catalog')"


@pytest.mark.parametrize("name", ["", None, 3])
def test_a_link_needs_a_name(name: Any) -> None:
    with pytest.raises(TypeError, match="takes the name of a service"):
        link(name)


def test_shared_errors_are_known_by_name() -> None:
    class Odd(Exception): ...  # noqa: N818

    assert shared_error(Odd) is Odd
    assert shared_errors()[f"{__name__}.{Odd.__qualname__}"] is Odd


@pytest.mark.parametrize(
    ("interval", "seconds"),
    [("500ms", 0.5), ("30s", 30.0), ("1.5s", 1.5), ("5m", 300.0), ("1h", 3600.0)],
)
def test_every_notes_the_function_with_its_seconds(
    declare: Any, interval: str, seconds: float
) -> None:
    text = f"from meshkernel import every\n@every({interval!r})\ndef tick(): ...\n"
    module = declare(text, f"every_{interval}")
    assert declarations(f"every_{interval}").every == [(module.tick, seconds)]


@pytest.mark.parametrize(
    "interval", ["", "s", "5", "0s", "-1s", "1d", "nans", "infs", " 5s", 5, None]
)
def test_an_interval_that_is_none(interval: Any) -> None:
    with pytest.raises(ValueError, match=r"@every\(.*\): write it like "):
        every(interval)


def test_every_without_an_interval_says_so() -> None:
    with pytest.raises(ValueError, match=r'write it like "500ms", "30s", "5m" or "1h"'):

        @every
        def tick() -> None: ...


def test_a_function_that_may_run_twice_says_so(declare: Any) -> None:
    module = declare(
        "from meshkernel import rpc\n"
        "@rpc(idempotent=True)\ndef get(): ...\n"
        "@rpc(idempotent=False)\ndef put(): ...\n"
        "@rpc\ndef post(): ...\n"
    )
    declared = declarations(module.__name__)
    assert set(declared.methods) == {"get", "put", "post"}
    assert declared.idempotent == {"get"}
