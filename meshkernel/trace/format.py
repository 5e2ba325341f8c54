"""A call as strace prints it."""

from __future__ import annotations

from collections.abc import Mapping

from meshkernel.trace import constants, structures
from meshkernel.trace.protocol import Piece, Record
from meshkernel.trace.table import Argument, Call, call_of

AT_FDCWD = -100
ERRORS = range(-4095, 0)
RESTARTED = {512: "ERESTARTSYS (to be restarted)"}
NO_RETURN = ("exit", "exit_group")


def arguments(record: Record) -> list[str]:
    """Every argument in words; of what comes out, only what the record has."""
    call = call_of(record.number)
    texts = [
        _argument(argument, record.arguments[index], record.pieces.get(index))
        for index, argument in enumerate(call.arguments)
    ]
    return texts[: _length(call, record)]


def known_at_start(record: Record) -> int:
    """How many arguments can be shown before the call has returned."""
    outs = [i for i, each in enumerate(call_of(record.number).arguments) if each.direction == ">"]
    return outs[0] if outs else _length(call_of(record.number), record)


def result(record: Record) -> str:
    """``3``, ``-1 ENOENT (No such file or directory)``, ``0x7f...``."""
    if record.result in ERRORS:
        number = -record.result
        return f"-1 {RESTARTED.get(number) or constants.error(number)}"
    if call_of(record.number).result == "hex":
        return hex(record.result & (1 << 64) - 1)
    if call_of(record.number).result == "oct":
        return f"0{record.result:o}"
    return str(record.result)


def _length(call: Call, record: Record) -> int:
    """Without the arguments that do not count: the mode of an open that creates nothing."""
    creates = 0o100 | 0o20000000
    match call.name:
        case "open" | "openat":
            flags = record.arguments[len(call.arguments) - 2]
            return len(call.arguments) - (not flags & creates)
        case "futex" if record.arguments[1] & 0x7F in (1, 3, 4, 5):
            return 3  # of those that wake, the others are numbers or nothing
    return len(call.arguments)


def _argument(argument: Argument, value: int, piece: Piece | None) -> str:
    if argument.type == "text" or argument.direction in ("<", ">"):
        return _pointer(argument, value, piece)
    if argument.direction == ".":
        value &= 0xFFFFFFFF
        if argument.type.startswith("!"):
            return constants.one(argument.type[1:], value)
        return constants.flags(argument.type, value)
    return _number(argument.type, value)


def _number(kind: str, value: int) -> str:
    low = value & 0xFFFFFFFF
    signed = low - (1 << 32) if low >> 31 else low
    whole = value - (1 << 64) if value >> 63 else value if value >> 32 else signed
    forms = {
        "fd": str(signed),
        "dirfd": "AT_FDCWD" if signed == AT_FDCWD else str(signed),
        "signal": constants.one("SIGNAL", low),
        "oct": f"0{low:o}",
        "uint": str(value),
        "hex": hex(value) if value else "NULL",
        "offset": hex(value) if value else "0",
        "int": str(whole),
    }
    return forms[kind]


def _pointer(argument: Argument, value: int, piece: Piece | None) -> str:
    if value == 0:
        return "NULL"
    if piece is None or piece.fault:
        return hex(value)
    if argument.type in ("text", "b", "vector", "message"):
        text = structures.quoted(piece.data, cut=piece.cut)
        return {"vector": f"[{text}]", "message": f"{{{text}}}"}.get(argument.type, text)
    if argument.count and argument.type != "sockaddr":
        return structures.array(argument.type, piece.data, cut=piece.cut)
    return structures.shown(argument.type, piece.data)


def merged(entered: Record, returned: Record) -> Record:
    """The end of a call with what its start knew."""
    pieces: Mapping[int, Piece] = {**entered.pieces, **returned.pieces}
    return Record(
        returned.event, returned.tid, returned.time, returned.number,
        returned.arguments, returned.result, pieces,
    )  # fmt: skip
