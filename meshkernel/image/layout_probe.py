"""Prints the layout of the interpreter that runs this file, as JSON, after proving it.

Runs in any CPython from 3.11 on, outside of the package: it imports the standard library alone.
See python_layout.py.
"""

from __future__ import annotations

import ctypes
import json
import sys
import threading

WORD = 8
OWNED_BY_C = 3

# What all have in common: objects of which neither size nor order changed.
OBJECTS = {"bytes_size": 16, "bytes_data": 32, "text_length": 16, "text_state": 32}

TABLES = {
    (3, 11): {
        "runtime_interpreters": 40,
        "interpreter_threads": 16,
        "thread_next": 8,
        "thread_native_id": 160,
        "thread_frame": 56,
        "thread_frame_indirect": 1,
        "cframe_frame": 8,
        "frame_previous": 48,
        "frame_code": 32,
        "frame_instruction": 56,
        "frame_owner": 69,
        "code_filename": 112,
        "code_qualname": 128,
        "code_linetable": 136,
        "code_first_line": 72,
        "code_instructions": 184,
        "text_ascii_data": 48,
        "text_compact_data": 72,
    },
    (3, 12): {
        "runtime_interpreters": 40,
        "interpreter_threads": 72,
        "thread_next": 8,
        "thread_native_id": 144,
        "thread_frame": 56,
        "thread_frame_indirect": 1,
        "cframe_frame": 0,
        "frame_previous": 8,
        "frame_code": 0,
        "frame_instruction": 56,
        "frame_owner": 70,
        "code_filename": 112,
        "code_qualname": 128,
        "code_linetable": 136,
        "code_first_line": 68,
        "code_instructions": 192,
        "text_ascii_data": 40,
        "text_compact_data": 56,
    },
}

# 3.13: the word of _Py_DebugOffsets that holds each offset; before them are a cookie, the version
# and a flag.
PUBLISHED = {
    "runtime_interpreters": 5,
    "interpreter_threads": 9,
    "thread_next": 21,
    "thread_frame": 23,
    "thread_native_id": 25,
    "frame_previous": 29,
    "frame_code": 30,
    "frame_instruction": 31,
    "frame_owner": 33,
    "code_filename": 35,
    "code_qualname": 37,
    "code_linetable": 38,
    "code_first_line": 39,
    "code_instructions": 43,
    "text_ascii_data": 70,
}
COOKIE = b"xdebugpy"


def fail(what: str) -> None:
    """Ends with a sentence for the build's error."""
    sys.exit(f"CPython {sys.version.split()[0]}: {what}")


def word(address: int) -> int:
    return ctypes.c_uint64.from_address(address).value


def published(runtime: int) -> dict[str, int]:
    if ctypes.string_at(runtime, WORD) != COOKIE:
        fail("its state does not start with its offsets")
    if word(runtime + 2 * WORD):
        fail("the free-threaded build is not supported")
    found = {name: word(runtime + index * WORD) for name, index in PUBLISHED.items()}
    # A text that is not ASCII has its UTF-8 form's length and address before its characters.
    compact = found["text_ascii_data"] + 2 * WORD
    return found | {"thread_frame_indirect": 0, "cframe_frame": 0, "text_compact_data": compact}


def layout(runtime: int) -> dict[str, int]:
    version = sys.version_info[:2]
    if version == (3, 13):
        found = published(runtime)
    elif version in TABLES:
        found = TABLES[version]
    else:
        fail("only 3.11, 3.12 and 3.13 are known")
    return {"version": version[0] << 8 | version[1]} | OBJECTS | found


def text(at: dict[str, int], address: int) -> str:
    """An ASCII text; what is compared here is one."""
    length = word(address + at["text_length"])
    if not 0 < length < 4096 or word(address + at["text_state"]) & 0x60 != 0x60:
        fail("a name is not where it should be")
    return ctypes.string_at(address + at["text_ascii_data"], length).decode("ascii")


def frames(at: dict[str, int], runtime: int) -> list[tuple[str, str, int, bool]]:
    """Qualified name, file, first line of each function, newest first; and if it is in its code."""
    thread = word(word(runtime + at["runtime_interpreters"]) + at["interpreter_threads"])
    while word(thread + at["thread_native_id"]) != threading.get_native_id():
        thread = word(thread + at["thread_next"])
        if not thread:
            fail("the running thread is not where it should be")
    # No call of ours from here to `frame`: it would be the newest frame itself.
    frame = ctypes.c_uint64.from_address(thread + at["thread_frame"]).value
    if at["thread_frame_indirect"]:
        frame = ctypes.c_uint64.from_address(frame + at["cframe_frame"]).value
    found: list[tuple[str, str, int, bool]] = []
    while frame and len(found) < 16:
        code = word(frame + at["frame_code"])
        owner = ctypes.c_uint8.from_address(frame + at["frame_owner"]).value
        if owner != OWNED_BY_C:
            offset = word(frame + at["frame_instruction"]) - code - at["code_instructions"]
            size = word(word(code + at["code_linetable"]) + at["bytes_size"])
            found.append(
                (
                    text(at, word(code + at["code_qualname"])),
                    text(at, word(code + at["code_filename"])),
                    ctypes.c_int32.from_address(code + at["code_first_line"]).value,
                    0 <= offset < 1 << 16 and 0 < size < 1 << 16,
                )
            )
        frame = word(frame + at["frame_previous"])
    return found


def inner(at: dict[str, int], runtime: int) -> list[tuple[str, str, int, bool]]:
    return frames(at, runtime)


def prove(at: dict[str, int], runtime: int) -> None:
    found = inner(at, runtime)[:4]
    expected = [
        (f.__qualname__, f.__code__.co_filename, f.__code__.co_firstlineno, True)
        for f in (frames, inner, prove)
    ]
    if found[:3] != expected or found[3][0] != "main":
        fail(f"its stack reads as {found}")


def main() -> None:
    runtime = ctypes.addressof(ctypes.c_char.in_dll(ctypes.pythonapi, "_PyRuntime"))
    at = layout(runtime)
    prove(at, runtime)
    print(json.dumps(at))


if __name__ == "__main__":
    main()
