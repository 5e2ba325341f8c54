"""What the first answer over a link needs is there before the seal."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

from meshkernel.guest.foresight import foresee
from meshkernel.wire import structure

MESSAGES = """
from __future__ import annotations
from typing import TYPE_CHECKING
import attrs
if TYPE_CHECKING:
    from nowhere import Unknown
@attrs.frozen
class Airport:
    code: str
    near: list[Airport]
@attrs.define
class Inner:
    of: Unknown
"""


@pytest.fixture(params=["link('peer')", "None"])
def has_link(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> bool:
    (tmp_path / "foreseen_messages.py").write_text(MESSAGES)
    text = f"from meshkernel import link\nimport foreseen_messages\npeer = {request.param}\n"
    (tmp_path / "foreseen_service.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    return bool(request.param != "None")


def test_classes_of_a_service_with_links_are_ready_and_others_wait(
    has_link: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = set(sys.modules)
    importlib.import_module("foreseen_service")
    messages = sys.modules["foreseen_messages"]
    try:
        foresee(before)
        assert (messages.Airport in structure._sound) is has_link
        assert messages.Inner not in structure._sound
        compiled: list[object] = []
        monkeypatch.setattr("builtins.compile", lambda *_, **__: compiled.append(_))
        if has_link:
            read = structure.reader(messages.Airport)
            assert read({"code": "BER", "near": []}) == messages.Airport("BER", [])
        assert not compiled
    finally:
        for name in ("foreseen_service", "foreseen_messages"):
            del sys.modules[name]
