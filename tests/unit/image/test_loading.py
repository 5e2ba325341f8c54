"""What extension modules import: a small one is compiled and loaded."""

from __future__ import annotations

import subprocess
import sysconfig
from pathlib import Path

import pytest

from meshkernel.image import loading
from meshkernel.toolchain.cache import Cache

SUFFIX = sysconfig.get_config_var("EXT_SUFFIX")
SOURCE = """
#include <Python.h>
static int load(PyObject *module) {
    (void)module;
    puts("said while it is loaded");
    const char *names[] = {"colorsys", "shop.inner", "shop.seen", "ssl", "nowhere"};
    for (int at = 0; at < 5; at++) {
        PyObject *found = PyImport_ImportModule(names[at]);
        if (found == NULL && at < 4)
            return -1;
        PyErr_Clear();
        Py_XDECREF(found);
    }
    %s
    return 0;
}
static PyModuleDef_Slot slots[] = {{Py_mod_exec, load}, {0, NULL}};
static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "shop.fast", NULL, 0, NULL, slots, NULL, NULL, NULL
};
PyMODINIT_FUNC PyInit_fast(void) { return PyModuleDef_Init(&definition); }
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("loading")
    for name, way in (("shop", ""), ("crash", "abort();")):
        package = folder / name
        package.mkdir()
        (package / "__init__.py").write_text(f"from {name} import seen\nimport asyncio.sslproto\n")
        (package / "seen.py").touch()
        (package / "inner.py").write_text("import sched\n")
        source = package / "fast.c"
        source.write_text((SOURCE % way).replace("shop", name))
        include = f"-I{sysconfig.get_path('include')}"
        command = ["cc", "-shared", "-fPIC", include, "-o", package / f"fast{SUFFIX}", source]
        subprocess.run(command, check=True)
    return folder


def of(name: str, folder: Path, cache: Path) -> set[str]:
    path = [
        str(folder),
        sysconfig.get_path("stdlib"),
        sysconfig.get_path("stdlib") + "/lib-dynload",
    ]
    file = folder / name / f"fast{SUFFIX}"
    return loading.imports(f"{name}.fast", file, "1", path, Cache(cache))


def test_its_own_imports_are_seen(folder: Path, tmp_path: Path) -> None:
    found = of("shop", folder, tmp_path)
    # shop.seen is there already, and sched is shop.inner's; asyncio does not count for ssl.
    assert found == {"colorsys", "shop.inner", "ssl", "nowhere"}


def test_what_was_seen_is_kept(folder: Path, tmp_path: Path) -> None:
    found = of("shop", folder, tmp_path)
    (kept,) = (path for path in tmp_path.rglob("*.json"))
    kept.write_text('["kept"]')
    assert of("shop", folder, tmp_path) == {"kept"} != found


def test_one_that_crashes_harms_nobody(folder: Path, tmp_path: Path) -> None:
    assert of("crash", folder, tmp_path) == set()
