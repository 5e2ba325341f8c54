"""What benchmarks print of their figures."""

from __future__ import annotations

from io import StringIO

from rich.console import Console

from benchmarks import replicas, whole
from benchmarks.aims import AIMS, against, report_aims
from benchmarks.boot import report, report_parts
from benchmarks.output import MIB

WARM = {
    "ready": 0.070,
    "reply": 0.140,
    "resident": 50.0 * MIB,
    "after_calls": 59.0 * MIB,
    "parts.QEMU": 0.025,
    "parts.Python": 0.045,
}
FOUND = {
    "floor": {"ready": 0.030},
    "warm": WARM,
    "process": {"ready": 0.100, "reply": 0.101},
    "linux": {"ready": 1.000, "reply": 1.100},
}


def shown(table) -> list[list[str]]:
    """The cells of each line."""
    out = StringIO()
    Console(file=out, width=200).print(table)
    lines = out.getvalue().replace("┃", "│").splitlines()
    rows = [line.strip("│").split("│") for line in lines if "│" in line]
    return [[cell.strip() for cell in row] for row in rows]


def test_aims_beside_what_is_reached():
    assert shown(report_aims({"echo": FOUND}))[1:] == [
        ["echo", "ready above the floor, ms", "40", "30", "missed"],
        ["echo", "first reply above the floor, ms", "110", "70", "missed"],
        ["echo", "ready, warm / process", "0.70", "0.80", "reached"],
        ["echo", "ready, warm / Linux microVM", "0.070", "0.050", "missed"],
        ["echo", "resident at ready, MiB", "50", "48", "missed"],
        ["echo", "resident after calls, MiB", "59", "60", "reached"],
    ]


def test_less_is_asked_of_fastapi():
    rows = shown(report_aims({"web": FOUND}))
    assert ["web", "ready above the floor, ms", "40", "60", "reached"] in rows
    assert ["web", "first reply above the floor, ms", "110", "150", "reached"] in rows


def test_a_first_reply_that_waits_for_others_has_no_aim():
    rows = shown(report_aims({"search": FOUND}))
    assert ["search", "ready above the floor, ms", "40", "30", "missed"] in rows
    assert not any("first reply" in cell for row in rows for cell in row)


def test_an_aim_of_what_was_not_measured_is_left_out():
    without = {name: figures for name, figures in FOUND.items() if name != "linux"}
    rows = shown(report_aims({"echo": without}))
    assert len(rows) == len(AIMS)  # the heading is one
    assert not any("Linux" in cell for row in rows for cell in row)
    assert len(shown(report_aims({"echo": {"floor": FOUND["floor"]}}))) == 1


def test_figures_of_a_subject():
    rows = shown(report("echo", FOUND))
    assert rows[0] == ["echo", "floor", "warm", "process", "linux"]
    assert ["ready, ms", "30", "70", "100", "1,000"] in rows
    assert ["first reply, ms", "", "140", "101", "1,100"] in rows
    assert rows[-1] == ["ready above the floor, ms", "0", "40", "70", "970"]


def test_parts_of_a_start():
    rows = shown(report_parts({"echo": FOUND}, "warm"))
    assert rows == [
        ["warm start, ms", "echo"],
        ["QEMU", "25.0"],
        ["Python", "45.0"],
        ["ready", "70.0"],
        ["from ready to the first reply", "70.0"],
    ]


def test_a_part_that_one_machine_does_not_tell_is_left_out():
    unknown = {"warm": {"ready": 0.06, "reply": 0.07, "parts.QEMU, firmware": 0.06}}
    rows = shown(report_parts({"echo": FOUND, "web": unknown}, "warm"))
    assert ["QEMU", "25.0", ""] in rows
    assert ["QEMU, firmware", "", "60.0"] in rows


def test_replicas():
    found = [replicas.Replica(each * MIB, each * MIB // 8) for each in (30, 39, 41)]
    assert shown(replicas.report(found))[1:] == [
        ["proportional", "30.0", "39.0", "41.0", "at most 40: kept by 2 of 3"],
        ["private memory", "3.8", "4.9", "5.1", "at most 6: kept by 3 of 3"],
    ]


def test_whole_commands():
    rows = shown(whole.report({"up -d": [0.9, 1.1, 1.0], "build": [0.4, 0.6, 0.7]}))
    assert rows[1:] == [
        ["meshkernel up -d", "1.00", "0.90", "1.10", "at most 1: kept by 2 of 3"],
        ["meshkernel build", "0.60", "0.40", "0.70", "at most 0.5: kept by 1 of 3"],
    ]


def test_an_aim_is_kept_by_what_is_equal_to_it():
    assert against([1.0, 1.0], 1.0) == "at most 1: kept by 2 of 2"
