"""What is known of a program before it runs; `image/` finds it out."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen


@frozen
class Code:
    """What a program consists of, as far as it says something about the system calls it will make.

    Attributes:
        modules: names of all Python modules in its image.
        names: attributes, variables, modules, and attributes of modules (``os.replace``) that code
            outside of the standard library refers to, each with the modules that do.
        symbols: functions of C that binary modules import, likewise.
        own: names of the modules of the project itself.
        paths: files below /proc, /dev, /sys and /tmp that it names, each with the modules that do.
        opaque: nothing is known of it, as of a program in C: it may make any call.
    """

    modules: frozenset[str] = frozenset()
    names: Mapping[str, tuple[str, ...]] = field(factory=dict)
    symbols: Mapping[str, tuple[str, ...]] = field(factory=dict)
    own: frozenset[str] = frozenset()
    paths: Mapping[str, tuple[str, ...]] = field(factory=dict)
    opaque: bool = False


OPAQUE = Code(opaque=True)
