"""Pages, heap, boot configuration, printing, randomness, timers and the clock on the host."""

from __future__ import annotations

import re
import runpy
import subprocess
from pathlib import Path

import pytest

from tests.unit.libos.conftest import CTest

REPOSITORY = Path(__file__).resolve().parents[3]
SEED = "0" * 64


def test_pages(c_test: CTest) -> None:
    c_test("pages", ["core/pages.c"])


def test_memory(c_test: CTest) -> None:
    c_test("memory", ["arch/x86_64/memory.c"])


def test_alloc(c_test: CTest) -> None:
    c_test("alloc", ["core/alloc.c"])


def test_print(c_test: CTest) -> None:
    c_test("print", ["core/print.c", "core/string.c"], flags=["-fno-builtin"])


def test_random(c_test: CTest) -> None:
    c_test("random", ["core/random.c", "core/chacha.c"])


def test_random_refuses_without_a_seed(c_test: CTest) -> None:
    with pytest.raises(pytest.fail.Exception, match="panic: there is no randomness"):
        c_test("random", ["core/random.c", "core/chacha.c"], "unseeded")


def test_what_is_forgotten_was_no_seed(c_test: CTest) -> None:
    with pytest.raises(pytest.fail.Exception, match="panic: there is no randomness"):
        c_test("random", ["core/random.c", "core/chacha.c"], "forgotten")


def test_timers(c_test: CTest) -> None:
    c_test("timer", ["core/timer.c"])


def test_clock_follows_the_host(c_test: CTest) -> None:
    c_test("discipline", ["drivers/virtio/console/discipline.c"])


FAULTS = {
    "argument /x\n": "line 1 .*the first line must be abi",
    "abi 2\n": "line 1 .*another version",
    "abi 1\n": "there is no program",
    "abi 1\nargument /x\n\n# text\nnovelty 1\n": "line 5 .*the key is unknown",
    "abi 1\nargument %4\n": "line 2 .*two hexadecimal digits",
    "abi 1\nargument %zz\n": "line 2 .*two hexadecimal digits",
    "abi 1\nargument /x\naddress 10.77.0.5\n": "line 3 .*needs its prefix",
    "abi 1\nargument /x\naddress 10.77.0/16\n": "line 3 .*four numbers",
    "abi 1\nargument /x\naddress 10.77.0.5.1/16\n": "line 3 .*four numbers",
    "abi 1\nargument /x\naddress 10.77.0.256/16\n": "line 3 .*too large",
    "abi 1\nargument /x\naddress 10.77.0.5/33\n": "line 3 .*too large",
    "abi 1\nargument /x\nmtu big\n": "line 3 .*not a number",
    "abi 1\nargument /x\nmtu 99999\n": "line 3 .*too large",
    "abi 1\nargument /x\nhost 10.77.0.5\n": "line 3 .*an address and a name",
    "abi 1\nargument /x\nseed 00\n": "line 3 .*64 hexadecimal digits",
    f"abi 1\nargument /x\nseed {SEED[:-1]}g\n": "line 3 .*64 hexadecimal digits",
    "abi 1\nargument /x\nwall 99999999999999999999\n": "line 3 .*not a number",
    "abi 1\nargument /x\nfile etc/x y\n": "line 3 .*a path from /",
    "abi 1\nargument /x\nfile /etc/x\n": "line 3 .*its contents",
    "abi 1\nargument /x\nvolume volume0\n": "line 3 .*its tag, rw or ro, and a path",
    "abi 1\nargument /x\nvolume volume0 rw\n": "line 3 .*its tag, rw or ro, and a path",
    "abi 1\nargument /x\nvolume volume0 rx /data\n": "line 3 .*its tag, rw or ro, and a path",
    "abi 1\nargument /x\nvolume volume0 ro data\n": "line 3 .*its tag, rw or ro, and a path",
}


def test_boot_refuses(c_test: CTest, tmp_path: Path) -> None:
    c_test("boot", ["core/boot.c"])
    file = tmp_path / "boot.conf"
    for text, sentence in FAULTS.items():
        file.write_text(text)
        done = subprocess.run(
            [tmp_path / "boot", file], stderr=subprocess.PIPE, text=True, timeout=60, check=False
        )
        assert done.returncode == 3, text
        assert re.search("panic: .*" + sentence, done.stderr), text


def test_the_readme_is_up_to_date() -> None:
    path = REPOSITORY / "scripts" / "libos_readme.py"
    script = runpy.run_path(str(path))
    text = script["README"].read_text()
    assert script["rendered"](text) == text, f"run {path}"
