"""What goes where in an image."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from meshkernel.config import boot
from meshkernel.image import analysis, closure, contents, paths
from meshkernel.image.filesystem import File
from meshkernel.image.paths import APP, LIBRARY, PYTHON, SITE, Environment
from meshkernel.toolchain.cache import Cache


@pytest.fixture(scope="module")
def items(tmp_path_factory: pytest.TempPathFactory) -> contents.Items:
    root = tmp_path_factory.mktemp("project") / "tests"  # what is above a package does not count
    (root / "shop" / "tests").mkdir(parents=True)
    (root / "shop/tests/case.txt").write_text("x")
    (root / "shop/__init__.py").write_text(
        "import importlib.metadata\nimport msgpack\nimport click\n"
    )
    (root / "shop/page.html").write_text("<p>")
    (root / "shop/.secret").write_text("x")
    (root / "shop/notes.md").write_text("x")
    cache = Cache(tmp_path_factory.mktemp("cache"))
    found = closure.closure(analysis.analyse(["shop"], [], [str(root)], cache), ["shop"])
    return contents.skeleton() | contents.python(found.modules, Environment.of(root), cache)


def test_project_has_sources_and_bytecode(items: contents.Items) -> None:
    tag = sys.implementation.cache_tag
    ours = {path for path, item in items.items() if item.origin == "project"}
    assert ours == {
        f"{APP}/shop/__init__.py", f"{APP}/shop/__pycache__/__init__.{tag}.pyc",
        f"{APP}/shop/page.html",
    }  # fmt: skip


def test_libraries_have_bytecode_only(items: contents.Items) -> None:
    assert f"{SITE}/click/core.pyc" in items
    assert f"{SITE}/click/core.py" not in items
    assert f"{LIBRARY}/sqlite3/__init__.pyc" not in items, "nothing imports it"
    assert f"{LIBRARY}/os.pyc" in items, "the interpreter looks for it"


def test_distributions_are_named(items: contents.Items) -> None:
    (extension,) = (path for path in items if path.startswith(f"{SITE}/msgpack/_cmsgpack"))
    assert items[extension].origin.startswith("msgpack ")
    (metadata,) = (
        item.entry
        for path, item in items.items()
        if path.startswith(f"{SITE}/click-") and path.endswith("/METADATA")
    )
    assert isinstance(metadata, File)
    assert metadata.contents().startswith(b"Metadata-Version")
    assert b"\n\n" not in metadata.contents(), "without the long description"


def test_interpreter_and_its_state(items: contents.Items) -> None:
    assert items[PYTHON].origin.startswith("python 3.")
    path, file = contents.runtime_object()
    assert path in items
    assert b"_PyRuntime" in file.read_bytes()


def test_boot_configuration_agrees() -> None:
    assert (boot.INTERPRETER, boot.SITE, boot.DIRECTORY) == (PYTHON, SITE, APP)


def test_file_from_elsewhere_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no folder that modules are imported from"):
        Environment.of(tmp_path).place(Path("/nonexistent/module.py"))


def test_meshkernel_itself_is_no_project(tmp_path: Path) -> None:
    file = Path(paths.__file__)
    place = Environment.of(file.parents[2]).place(file)
    assert place == paths.Place(f"{SITE}/meshkernel/image/paths.py", project=False)
