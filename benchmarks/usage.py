"""What a process uses, by /proc (proc(5))."""

from __future__ import annotations

from pathlib import Path

from attrs import frozen

KIB = 1024


@frozen
class Memory:
    """Bytes in RAM.

    Attributes:
        resident: all that the process has mapped.
        proportional: with what it shares counted to equal parts for those who share it.
        private: what nobody else has.
    """

    resident: int
    proportional: int
    private: int


def memory(pid: int) -> Memory:
    """Of a process, by ``smaps_rollup``."""
    fields = _fields(Path(f"/proc/{pid}/smaps_rollup").read_text())
    private = fields["Private_Clean"] + fields["Private_Dirty"]
    return Memory(fields["Rss"], fields["Pss"], private)


def mapped(pid: int, path: str) -> Memory:
    """Of the mappings of one file alone: a machine's memory where that is a file."""
    total = dict.fromkeys(("Rss", "Pss", "Private_Clean", "Private_Dirty"), 0)
    counts = False
    for line in Path(f"/proc/{pid}/smaps").read_text().splitlines():
        key, _, rest = line.partition(":")
        if " " in key:  # the first line of a mapping
            counts = line.endswith(path)
        elif counts and key in total:
            total[key] += int(rest.split()[0]) * KIB
    private = total["Private_Clean"] + total["Private_Dirty"]
    return Memory(total["Rss"], total["Pss"], private)


def cpu_seconds(pid: int) -> float:
    """Seconds on a processor, of all threads that live, in user and kernel mode."""
    total = 0
    for thread in Path(f"/proc/{pid}/task").iterdir():
        total += int((thread / "schedstat").read_text().split()[0])  # nanoseconds
    return total / 1e9


def _fields(text: str) -> dict[str, int]:
    """``Name:  12 kB`` as bytes."""
    lines = (line.split() for line in text.splitlines()[1:])
    return {words[0].rstrip(":"): int(words[1]) * KIB for words in lines}
