"""Which imports count.

All do, wherever they stand, but for those that the tables below name, each with its reason - they
concern imports between modules of the standard library, and what can never work in a unikernel -,
and for what a distribution tries to import from another one that its requirements do not name.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable
from fnmatch import fnmatchcase

from meshkernel.image.distributions import Distributions
from meshkernel.image.imports import Import, Imports

OTHER_SYSTEMS = (
    *("_aix_support", "_android_support", "_apple_support", "_bootsubprocess", "_ios_support"),
    *("_osx_support", "_overlapped", "_winapi", "asyncio.proactor_events"),
    *("asyncio.windows_events", "asyncio.windows_utils", "click._winconsole", "ctypes._aix"),
    *("ctypes.macholib*", "ctypes.wintypes", "encodings.mbcs", "encodings.oem"),
    *("multiprocessing.popen_spawn_win32", "nturl2path", "winreg"),
)
"""Modules that are for other operating systems."""

TOOLS = (
    *(
        "_pyrepl",
        "argparse",
        "concurrent.futures.process",
        "concurrent.interpreters",
        "distutils",
        "doctest",
    ),
    *("ensurepip", "getopt", "idlelib", "lib2to3", "multiprocessing", "optparse", "pdb", "pip"),
    *("pkg_resources", "pydoc", "pydoc_data", "readline", "rlcompleter", "setuptools", "test"),
    *("_testcapi", "_testinternalcapi", "tkinter", "turtle", "unittest", "webbrowser"),
)
"""Development tools and other processes: the standard library reaches for them in functions, such
as the one that tests a module when it is run as a program."""

FALLBACKS = {
    "_py_abc": "_abc",
    "_pydatetime": "_datetime",
    "_pydecimal": "_decimal",
    "_pyio": "_io",
    "_pylong": "_decimal",
}
"""Replacements in Python for a module in C: not needed where that is there."""

UNUSED = {
    ("asyncio.*", "ssl"): "asyncio works without; who uses TLS imports ssl, or a library that does",
    ("random", "hashlib"): "only where SHA-512 in C is missing",
    ("random", "statistics"): "tests itself",
    ("zipfile*", "py_compile"): "only to write archives of modules",
    ("posix", "resource"): "what other processes used",
    ("platform", "subprocess"): "there is no other process to ask",
    ("platform", "plistlib"): "macOS",
    ("attr", "importlib.metadata"): "only for attr.__version__",
    ("importlib*", "importlib._bootstrap*"): "frozen into the interpreter",
    ("uuid", "ctypes*"): "there is no libuuid to ask",
    ("multiprocessing.connection", "xmlrpc*"): "only between processes",
    ("uuid", "shutil"): "there is no other program to ask",
    ("zipimport", "zlib"): "an image's path has no archives",
    ("_frozen_importlib_external", "importlib.metadata"): "who asks for it imports it",
    ("_frozen_importlib_external", "importlib.readers"): "see IMPLIED",
    ("zipimport", "importlib*"): "see IMPLIED",
    ("numpy", "numpy.distutils*"): "compiles extension modules",
    ("numpy.testing*", "numpy.distutils*"): "compiles extension modules",
    ("numpy", "numpy.f2py*"): "compiles Fortran",
    ("site", "sysconfig"): "only for user directories",
}
"""Imports, by importer and target, that have no use in an image, and why."""


def counts(imports: Imports, importer: str, found: Import, program: Collection[str] = ()) -> bool:
    """Whether an import brings its target into the image.

    A module of the standard library that is the program itself, as in ``-m http.server``, does
    all that it can do.
    """
    target = found.target
    if _matches(target, OTHER_SYSTEMS):
        return False
    fallback = imports.modules.get(FALLBACKS.get(target, ""))
    if fallback is not None and fallback.kind != "missing":
        return False
    if any(fnmatchcase(importer, by) and fnmatchcase(target, of) for by, of in UNUSED):
        return False
    may_fail = found.deferred or found.optional
    if may_fail and not imports.distributions.expects(importer, target):
        return False
    standard = importer not in program and importer.partition(".")[0] in sys.stdlib_module_names
    return not (standard and may_fail and _matches(target, TOOLS))


def out_at_first(program: Iterable[str], installed: Distributions) -> set[str]:
    """What the analyser need not look at until something asks for it that counts."""
    names = {*OTHER_SYSTEMS, *TOOLS, *FALLBACKS, *installed.owners}
    return {name for name in names if "*" not in name} - {
        name for name in names for wanted in program if _within(wanted, name)
    }


def asked_for(imports: Imports, out: Iterable[str], program: Collection[str] = ()) -> set[str]:
    """What was left out, but is imported by something in a way that counts.

    With a distribution come those that it requires: one more look finds nothing new.
    """
    targets = {
        found.target
        for importer, all_found in imports.imports.items()
        for found in all_found
        if imports.modules[found.target].kind == "excluded"
        and counts(imports, importer, found, program)
    }
    wanted = {name for name in out for target in targets if _within(target, name)}
    return wanted | (imports.distributions.used_by(wanted) & set(out))


def _within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def _matches(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name, p) or _within(name, p) for p in patterns)
