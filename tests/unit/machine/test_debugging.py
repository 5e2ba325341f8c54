"""Which symbols a debugger is given, and where it is told that they belong."""

from __future__ import annotations

import json
import subprocess

from meshkernel.machine.debugging import Symbols, symbols


def compiled(folder, name, *options):
    source = folder / "code.c"
    source.write_text("int main(void) { return 0; }\n")
    subprocess.run(["cc", *options, "-o", folder / name, source], check=True)
    return folder / name


def test_symbols_are_moved_to_where_the_files_are_mapped(tmp_path):
    shared = compiled(tmp_path, "libcode.so", "-shared", "-fPIC")
    moved = compiled(tmp_path, "moved", "-pie", "-fPIE")
    fixed = compiled(tmp_path, "fixed", "-no-pie")
    image = tmp_path / "image.elf"
    text = tmp_path / "text"
    text.write_text("not an object")
    places = {"/lib/libcode.so": shared, "/usr/bin/moved": moved, "/fixed": fixed, "/text": text}
    bill = [{"path": path, "file": str(file)} for path, file in places.items()]
    bill.append({"path": "/made", "file": ""})
    image.with_suffix(".json").write_text(json.dumps({"files": bill}))
    maps = "400000 /fixed\n555500000000 /usr/bin/moved\n7f0000000000 /lib/libcode.so\n"
    maps += "7f0000100000 /text\n7f0000200000 /made\n7f0000300000 /nobody\n7f0 /lib/libcode.so\n"
    assert list(symbols(maps, image)) == [
        Symbols(image.with_suffix(".debug")),
        Symbols(fixed, None),
        Symbols(moved, 0x555500000000),
        Symbols(shared, 0x7F0000000000),
    ]
