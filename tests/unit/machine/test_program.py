"""What an image of a single program is made for."""

from __future__ import annotations

from pathlib import Path

import pytest

from meshkernel.errors import UserError
from meshkernel.machine.program import Run, Share


def test_data_lies_to_the_program_as_on_the_host(tmp_path: Path) -> None:
    (tmp_path / "app/data/deep").mkdir(parents=True)
    (tmp_path / "other").mkdir()
    script = tmp_path / "app/main.py"
    for file in (script, *(tmp_path / name for name in ("app/data/deep/a", "app/b", "other/c"))):
        file.write_text("")
    run = Run(script, files=(tmp_path / "app/data", tmp_path / "app/b", tmp_path / "other"))
    assert run.program().data == (
        ("/app/b", tmp_path / "app/b"),
        ("/app/data/deep/a", tmp_path / "app/data/deep/a"),
        ("/app/other/c", tmp_path / "other/c"),
    )


def test_a_shared_folder_is_a_volume_of_its_plan_and_of_its_boot(tmp_path: Path) -> None:
    script = tmp_path / "main.py"
    script.write_text("")
    run = Run(script, volumes=(Share(tmp_path, "/data"), Share(tmp_path, "/b", read_only=True)))
    plan = run.plan()
    (service,) = plan.services.values()
    assert [mount.path for mount in service.service.volumes] == ["/data", "/b"]
    lines = run.boot(plan).splitlines()
    assert [line for line in lines if line.startswith("volume")] == [
        "volume volume0 rw /data",
        "volume volume1 ro /b",
    ]


def test_what_is_not_there_is_named(tmp_path: Path) -> None:
    script = tmp_path / "main.py"
    with pytest.raises(UserError, match=r"main\.py is not there"):
        Run(script).program()
    script.write_text("")
    with pytest.raises(UserError, match="data is not there"):
        Run(script, files=(tmp_path / "data",)).program()
