"""Before the seal: what the first answer over a link needs is made ready.

An answer is turned into the classes that the callee's annotations name, by code that cattrs writes
and compiles for each class. The callee names them in its hello; but it can name only classes that
this service has imported, which for most are those of its own project's messages.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Collection
from contextlib import suppress
from types import ModuleType

from meshkernel.service import Link
from meshkernel.wire import types
from meshkernel.wire.codec import fields_of

STANDARD = os.path.dirname(os.__file__)  # noqa: PTH120 - pathlib costs a start
"""Below this are the standard library, and packages."""


def foresee(before: Collection[str]) -> None:
    """For the classes of all modules of the project that were not there ``before``, if one of these
    has a link.
    """
    modules = [sys.modules[name] for name in sys.modules.keys() - before]
    things = [
        (module, thing)
        for module in filter(_is_of_project, modules)
        for thing in list(vars(module).values())
    ]
    if not any(isinstance(thing, Link) for _, thing in things):
        return
    for module, thing in things:
        if isinstance(thing, type) and thing.__module__ == module.__name__ and fields_of(thing):
            with suppress(Exception):  # whatever annotations do: then it is for no message
                types.reader(thing)


def _is_of_project(module: ModuleType) -> bool:
    file = getattr(module, "__file__", None) or STANDARD
    return not file.startswith(STANDARD) and "site-packages" not in file
