"""How programs end, and what they must not be able to do."""

from __future__ import annotations

import re

import pytest

from meshkernel.machine.outcome import Reason

from .running import MIB, InMachine, compile_c, on_linux, run_c

KILLED = [
    "write_null",
    "read_null",
    "call_null",
    "write_text",
    "write_rodata",
    "execute_data",
    "execute_heap",
    "execute_map",
    "execute_stack",
    "overflow_main",
    "overflow_in_thread",
    "write_high",
    "read_unmapped",
]
SEGMENTATION = 11
MISSING = "Function not implemented"

pytestmark = pytest.mark.machine


async def end(how: str, *options: str, variant: str = "") -> InMachine:
    return await run_c(compile_c("ends", *options, variant=variant), how)


@pytest.mark.parametrize("how", KILLED)
async def test_killed_as_by_linux(how: str) -> None:
    done = await end(how)
    assert done.ended == on_linux([compile_c("ends"), how])
    assert (done.end.reason, done.end.code) == (Reason.SIGNAL, SEGMENTATION)
    sentence = done.said[0]
    assert re.match(
        r"meshkernel: the program was ended by signal 11 \(SIGSEGV\) at instruction 0x", sentence
    )
    assert done.end.said in sentence


@pytest.mark.parametrize(("how", "signal"), [("divide", 8), ("trap", 4), ("abort", 6)])
async def test_other_signals(how: str, signal: int) -> None:
    done = await end(how)
    assert done.ended == on_linux([compile_c("ends"), how])
    assert (done.end.reason, done.end.code) == (Reason.SIGNAL, signal)


async def test_a_smashed_stack_is_noticed() -> None:
    done = await end("smash_stack", "-fstack-protector-all", variant="-protected")
    assert "*** stack smashing detected ***" in done.ended.output
    assert (done.end.reason, done.end.code) == (Reason.SIGNAL, 6)


@pytest.mark.parametrize("status", ["0", "1", "127", "128", "139", "200", "255", "256"])
async def test_statuses(status: str) -> None:
    done = await end(status)
    assert done.end.reason is Reason.STATUS
    assert done.ended == on_linux([compile_c("ends"), status])
    assert not done.said


async def test_memory_that_is_used_up() -> None:
    done = await run_c(compile_c("ends"), "use_memory", memory=64 * MIB)
    assert (done.end.reason, done.end.code) == (Reason.OUT_OF_MEMORY, 64)
    assert done.said[0].startswith("meshkernel: out of memory: the service needs more than")
    assert done.end.said in done.said[0]


async def test_the_memory_of_the_library_os_is_out_of_reach() -> None:
    done = await end("pass_high_addresses")
    assert done.end.reason is Reason.STATUS
    assert re.findall(r": (-?\d+)$", done.ended.output, re.MULTILINE) == [
        *["-1"] * 4,
        "1",
        "-1",
        "1",
    ]
    assert done.ended.output.count("Bad address") == 4
    assert not done.said


async def test_one_process() -> None:
    done = await end("make_processes")
    assert done.ended.output.count(MISSING) == 3
    assert "No child processes" in done.ended.output
    assert done.said == [
        f"meshkernel: {call} is not available in a unikernel (one process)"
        for call in ("fork", "execve")
    ]


async def test_unknown_calls() -> None:
    done = await end("call_unknown")
    assert done.ended.output.count(MISSING) == 5
    assert done.said == [
        f"meshkernel: the system call number {number} is not available"
        for number in (499, 99999)  # one line stands for all numbers that no call has
    ]


async def test_pages_are_never_both_written_and_executed() -> None:
    done = await end("write_and_execute")
    values = re.findall(r": (-?\d+)$", done.ended.output, re.MULTILINE)
    assert values == ["-1", "1", "0"]
    assert done.end.reason is Reason.STATUS


async def test_the_image_cannot_be_written() -> None:
    done = await end("write_image")
    assert done.ended.output.count("Read-only file system") == 5
    assert done.ended.output.count("Invalid cross-device link") == 1
