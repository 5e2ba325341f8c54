"""The aims for a small service, on real builds."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "footprint.py"


@pytest.fixture(scope="module")
def script() -> dict[str, Any]:
    return runpy.run_path(str(SCRIPT))


@pytest.fixture(scope="module")
def found(script: dict[str, Any]) -> dict[str, Any]:
    return dict(script["measured"]())


def test_a_computation_has_under_half_of_the_calls(
    script: dict[str, Any], found: dict[str, Any]
) -> None:
    assert not [fault for fault in script["missed"](found) if "system calls" in fault]


def test_a_computation_takes_at_most_three_fifths_of_the_bytes(
    script: dict[str, Any], found: dict[str, Any]
) -> None:
    assert not [fault for fault in script["missed"](found) if " bytes of " in fault]


def test_nothing_has_more_than_everything(found: dict[str, Any]) -> None:
    for one in found.values():
        assert one.bytes <= found["everything"].bytes
        assert one.calls <= found["everything"].calls


def test_the_page_has_all_kinds(script: dict[str, Any], found: dict[str, Any]) -> None:
    page = script["page"](found)
    assert all(f"| {what} |" in page for what in script["KINDS"].values())
    assert all(f"| {what} |" in script["PAGE"].read_text() for what in script["KINDS"].values())


def test_an_aim_that_is_missed_is_told(script: dict[str, Any], found: dict[str, Any]) -> None:
    assert len(script["missed"](found | {"computation": found["everything"]})) == 2
