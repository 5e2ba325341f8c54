"""Writes the generated parts of meshkernel/libos/README.md: its libraries and system calls.

``python scripts/libos_readme.py`` rewrites the file; a test fails while it is not up to date.
"""

from __future__ import annotations

import textwrap

from meshkernel.config.libos import LIBOS, LibrarySources

README = LIBOS / "README.md"
WIDTH = 120


def libraries(sources: LibrarySources) -> str:
    """A table of the libraries, from their manifests."""
    rows = ["| library | what it is for | requires | system calls |", "|---|---|---|---|"]
    for library in sources.libraries:
        requires = ", ".join(library.requires)
        calls = len(library.syscalls) or ""
        rows.append(f"| `{library.name}/` | {library.purpose} | {requires} | {calls} |")
    return "\n".join(rows)


def system_calls(sources: LibrarySources) -> str:
    """The names of the system calls of each library, by number."""
    lines = []
    for library in sources.libraries:
        if library.syscalls:
            calls = sources.syscalls([library])
            lines.append(f"- `{library.name}/`: {', '.join(name for _, name, _ in calls)}")
    count = len(sources.syscalls(sources.libraries))
    return f"{count} calls:\n\n" + "\n".join(fill(line) for line in lines)


def fill(text: str) -> str:
    """An entry of a list, in lines that are not too long."""
    return textwrap.fill(text, WIDTH, subsequent_indent="  ", break_on_hyphens=False)


def rendered(text: str) -> str:
    """The README with its generated parts as they should be."""
    sources = LibrarySources.load()
    parts = {"libraries": libraries(sources), "system calls": system_calls(sources)}
    for name, content in parts.items():
        head, begin, rest = text.partition(f"<!-- generated: {name} -->\n")
        _, end, tail = rest.partition("<!-- end -->\n")
        text = f"{head}{begin}{content}\n{end}{tail}"
    return text


if __name__ == "__main__":
    README.write_text(rendered(README.read_text()))
