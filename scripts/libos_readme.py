"""Writes the generated parts of meshkernel/libos/README.md: its libraries and system calls.

``python scripts/libos_readme.py`` rewrites the file; a test fails while it is not up to date.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

LIBOS = Path(__file__).resolve().parents[1] / "meshkernel" / "libos"
README = LIBOS / "README.md"
PER_LINE = 6


def libraries() -> str:
    """A table of the libraries, from their manifests."""
    rows = ["| library | what it is for | requires |", "|---|---|---|"]
    for path in sorted(LIBOS.rglob("lib.toml")):
        manifest = tomllib.loads(path.read_text())
        name = path.parent.relative_to(LIBOS)
        rows.append(f"| `{name}/` | {manifest['purpose']} | {', '.join(manifest['requires'])} |")
    return "\n".join(rows)


def system_calls() -> str:
    """The names of the system calls, by number."""
    lines = (LIBOS / "linux" / "syscalls.tbl").read_text().splitlines()
    names = [f"{name} ({number})" for number, name in (line.split() for line in lines)]
    groups = [names[i : i + PER_LINE] for i in range(0, len(names), PER_LINE)]
    return f"{len(names)} calls:\n\n" + ",\n".join(", ".join(group) for group in groups) + "."


def rendered(text: str) -> str:
    """The README with its generated parts as they should be."""
    parts = {"libraries": libraries(), "system calls": system_calls()}
    for name, content in parts.items():
        head, begin, rest = text.partition(f"<!-- generated: {name} -->\n")
        _, end, tail = rest.partition("<!-- end -->\n")
        text = f"{head}{begin}{content}\n{end}{tail}"
    return text


if __name__ == "__main__":
    README.write_text(rendered(README.read_text()))
