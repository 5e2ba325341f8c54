"""The choice of an accelerator."""

from __future__ import annotations

from pathlib import Path

import pytest

from meshkernel.machine import probe
from meshkernel.machine.probe import Choice
from meshkernel.toolchain.cache import Cache
from meshkernel.topology.model import Accel


def test_probe_guest_boots_and_counts() -> None:
    speed, trouble = probe.measure(Accel.TCG, limit=20)
    assert trouble == ""
    assert speed is not None
    assert speed > 1e6


@pytest.mark.parametrize(
    ("speed", "accel", "reason"),
    [
        (0.4e6, "tcg", "since /dev/kvm runs 0.4 million instructions a second"),
        (3e9, "kvm", "which runs 3000.0 million instructions a second"),
        (None, "tcg", "since a probe guest under KVM did not come to report"),
    ],
)
def test_judgement(speed: float | None, accel: str, reason: str) -> None:
    assert str(probe.judge(speed, "did not come to report")) == f"accel: {accel}, {reason}"


def test_measured_once_per_boot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    device = tmp_path / "kvm"
    device.touch()
    calls = []
    monkeypatch.setattr(probe, "KVM", device)
    monkeypatch.setattr(probe, "measure", lambda accel: (calls.append(accel), (3e9, ""))[1])
    cache = Cache(tmp_path / "cache")
    first, second = probe.choose(Accel.AUTO, cache), probe.choose(Accel.AUTO, cache)
    assert first == second == Choice(Accel.KVM, "which runs 3000.0 million instructions a second")
    assert calls == [Accel.KVM]


def test_no_kvm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "KVM", tmp_path / "kvm")
    assert probe.choose(Accel.AUTO, Cache(tmp_path)).accel is Accel.TCG
    assert probe.choose(Accel.KVM, Cache(tmp_path)).accel is Accel.KVM


def test_a_probe_that_failed_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    device = tmp_path / "kvm"
    device.touch()
    results = iter([(None, "did not come to report"), (3e9, "")])
    monkeypatch.setattr(probe, "KVM", device)
    monkeypatch.setattr(probe, "measure", lambda accel: next(results))
    cache = Cache(tmp_path / "cache")
    chosen = [probe.choose(Accel.AUTO, cache).accel for _ in range(3)]
    assert chosen == [Accel.TCG, Accel.KVM, Accel.KVM]
