"""Imports one module and tells what it asks for while it is loaded: a program, not a module.

It runs in an interpreter of its own, `loading` starts it; and it imports nothing, so that all that
an extension module needs is still to be imported. Its arguments are the module's name, the
descriptor for the answer, a number of pairs of modules of which the first does not get the second,
the pairs, and the paths of modules.
"""

import sys

if False:  # for type checkers alone
    from types import FrameType

EXTENSION = "ExtensionFileLoader"


def main() -> None:
    """Answers with a line for each module asked for."""
    name, answer, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    pairs, sys.path[:] = sys.argv[4 : 4 + 2 * count], sys.argv[4 + 2 * count :]
    watcher = Watcher(name, list(zip(pairs[::2], pairs[1::2], strict=True)))
    sys.meta_path.insert(0, watcher)
    try:
        __import__(name)
    finally:
        text = "".join(f"{found}\n" for found in sorted(watcher.found))
        with open(answer, "w") as pipe:
            pipe.write(text)


class Watcher:
    """Goes before all others in `sys.meta_path`, and finds nothing itself."""

    def __init__(self, name: str, refused: list[tuple[str, str]]) -> None:
        self.name, self.refused = name, refused
        self.found: set[str] = set()

    def find_spec(self, name: str, *_: object) -> None:
        """Notes who asks; what has no use in an image fails, as it will there."""
        importer = importing(sys._getframe(1))
        if importer == self.name:
            self.found.add(name)
        elif any(matches(importer, by) and matches(name, of) for by, of in self.refused):
            raise ModuleNotFoundError(name, name=name)


def importing(frame: "FrameType | None") -> str:
    """The module whose code imports: one in Python, or an extension module that is being loaded."""
    while frame is not None:
        loader = frame.f_locals.get("self")
        if type(loader).__name__ == EXTENSION:
            return str(getattr(loader, "name"))  # noqa: B009 - its class cannot be imported
        if "importlib._bootstrap" not in frame.f_code.co_filename:
            return str(frame.f_globals.get("__name__", ""))
        frame = frame.f_back
    return ""


def matches(name: str, pattern: str) -> bool:
    """`fnmatch` for patterns with a star at the end."""
    return name.startswith(pattern[:-1]) if pattern.endswith("*") else name == pattern


if __name__ == "__main__":
    main()
