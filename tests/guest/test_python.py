"""Python programs: they print the same in a machine as under Linux."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from meshkernel.image.images import Image
from meshkernel.machine.outcome import Reason

from .running import HERE, MIB, InMachine, in_machine, python_on_linux, python_run

PROGRAMS = [
    "basics",
    "threading_",
    "asyncio_",
    "files_",
    "native",
    "serving",
    "stopping",
    "uncaught",
]
WAYS = [
    "exit",
    "exit-255",
    "message",
    "os-exit",
    "abort",
    "term",
    "interrupt",
    "thread",
    "thread-raises",
    "recursion",
]
CRASH = HERE / "python" / "crash.py"

pytestmark = pytest.mark.machine


@pytest.mark.parametrize("name", PROGRAMS)
async def test_as_under_linux(python_image: Image, name: str) -> None:
    done = await in_machine(python_run(name), python_image)
    assert done.ended == python_on_linux(name)
    assert not done.said


@pytest.mark.parametrize("how", WAYS)
async def test_ways_to_end(python_image: Image, how: str) -> None:
    done = await in_machine(python_run("leaving", how), python_image)
    assert done.ended == python_on_linux("leaving", how)


async def test_signals(python_image: Image) -> None:
    done = await in_machine(python_run("signals_"), python_image)
    expected = python_on_linux("signals_")
    assert done.ended == expected
    assert "Fatal Python error: Segmentation fault" in expected.output


async def test_standard_input(python_image: Image) -> None:
    text = "ann\none\n\ntwo words\n"
    done = await in_machine(python_run("lines"), python_image, text)
    assert done.ended == python_on_linux("lines", stdin=text)


@pytest.mark.parametrize("text", ["", "ann\nno newline at the end", "x" * 70 + "\n", "a\x04b\n"])
async def test_the_end_of_standard_input(python_image: Image, text: str) -> None:
    text = "name\n" + text
    done = await in_machine(python_run("lines"), python_image, text)
    assert done.ended == python_on_linux("lines", stdin=text)


async def test_much_standard_input(python_image: Image) -> None:
    text = "".join(f"line {number}\n" for number in range(2000))
    done = await in_machine(python_run("lines"), python_image, text)
    assert done.ended == python_on_linux("lines", stdin=text)


async def crash(image: Image, how: str, memory: int = 128 * MIB) -> InMachine:
    return await in_machine(python_run("crash", how, memory=memory), image)


def line_of(text: str, file: Path = CRASH) -> int:
    """The number of the only line that has this text."""
    (number,) = [at for at, line in enumerate(file.read_text().splitlines(), 1) if text in line]
    return number


@pytest.mark.parametrize(
    ("how", "line"),
    [
        ("read_null", "ctypes.string_at(0)"),
        ("write_text", "ctypes.memset(function"),
        ("execute_data", "ctypes.addressof(code)"),
    ],
)
async def test_a_crash_tells_the_python_lines(python_image: Image, how: str, line: str) -> None:
    done = await crash(python_image, how)
    assert (done.end.reason, done.end.code) == (Reason.SIGNAL, 11)
    assert "(SIGSEGV)" in done.said[0]
    at = done.said.index("meshkernel: Python stack, newest call last:")
    stack = done.said[at + 1 :]
    assert f'  File "/app/crash.py", line {line_of(line)} in {how}' in stack
    assert any(re.fullmatch(r'  File "/app/run.py", line \d+ in <module>', each) for each in stack)


async def test_a_crash_in_a_thread_tells_its_own_lines(python_image: Image) -> None:
    done = await crash(python_image, "in_thread")
    stack = "\n".join(done.said)
    assert f'  File "/app/crash.py", line {line_of("ctypes.string_at(0)")} in read_null' in stack
    own, _, others = stack.partition("Python stack of thread ")
    assert "in_thread" not in own
    assert re.search(r"^1, newest call last:\n(  .*\n)*.* in in_thread", others)


async def test_memory_that_is_used_up(python_image: Image) -> None:
    done = await crash(python_image, "use_memory", 64 * MIB)
    assert (done.end.reason, done.end.code) == (Reason.OUT_OF_MEMORY, 64)
    assert done.said[0].startswith("meshkernel: out of memory: ")
    line = line_of("kept.append(")
    assert f'  File "/app/crash.py", line {line} in use_memory' in done.said


async def test_processes_are_refused_with_the_line(python_image: Image) -> None:
    done = await crash(python_image, "make_processes")
    line = line_of("(os.fork, lambda")
    assert done.ended.output.splitlines() == [
        "make_processes",
        *["ENOSYS"] * 4,
        "subprocess ENOSYS",
    ]
    call = line_of("                call()")
    assert done.said[:2] == [
        "meshkernel: fork is not available in a unikernel (one process); "
        f"called from /app/crash.py:{call}",
        "meshkernel: execve is not available in a unikernel (one process); "
        f"called from /app/crash.py:{line}",
    ]
    assert len(done.said) <= 3  # vfork, if subprocess uses it


async def test_an_unknown_call_is_reported_once_with_the_line(python_image: Image) -> None:
    done = await crash(python_image, "unknown_call")
    assert done.ended.output.splitlines() == ["unknown_call", "-1 ENOSYS", "-1 ENOSYS"]
    line = line_of("library.syscall(499)")
    assert done.said == [
        f"meshkernel: the system call number 499 is not available; called from /app/crash.py:{line}"
    ]


async def test_the_smallest_machine(python_image: Image) -> None:
    done = await in_machine(python_run("lines", memory=32 * MIB), python_image, "x\n")
    assert done.end.reason is Reason.STATUS
