from __future__ import annotations

from pathlib import Path

from meshkernel.image.filesystem import File
from meshkernel.image.standard import system_files


def test_files_of_the_system_are_those_that_are_there(tmp_path: Path) -> None:
    zones = tmp_path / "usr/share/zoneinfo"
    for name in ("Europe/Berlin", "right/Europe/Berlin", "posix/Europe/Berlin", "zone.tab"):
        (zones / name).parent.mkdir(parents=True, exist_ok=True)
        (zones / name).write_text(name)
    (zones / "Poland").symlink_to("Europe/Berlin")
    (zones / "Atlantis").symlink_to("nowhere")
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/services").write_text("http 80/tcp\n")
    found = {path: item.entry for path, item in system_files(tmp_path).items()}
    assert found == {
        "/etc/services": File(tmp_path / "etc/services"),
        "/usr/share/zoneinfo/Europe/Berlin": File(zones / "Europe/Berlin"),
        "/usr/share/zoneinfo/Poland": File(zones / "Poland"),
        "/usr/share/zoneinfo/zone.tab": File(zones / "zone.tab"),
    }


def test_there_may_be_none(tmp_path: Path) -> None:
    assert system_files(tmp_path) == {}
