"""What /proc says of a process: of this one, which makes what is looked for."""

from __future__ import annotations

import mmap
import os

from benchmarks.usage import cpu_seconds, mapped, memory


def test_memory_of_a_process():
    before = memory(os.getpid())
    held = bytearray(os.urandom(1) * (32 << 20))
    after = memory(os.getpid())
    assert 30 << 20 < after.private - before.private < 40 << 20
    assert after.private <= after.proportional <= after.resident
    assert len(held) == 32 << 20


def test_only_what_was_written_of_a_mapped_file_is_private(tmp_path):
    path = tmp_path / "image.ram"
    path.write_bytes(b"a" * (64 * mmap.PAGESIZE))
    with path.open("rb") as file:
        memory_of_file = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
    for page in (3, 4, 40):
        memory_of_file[page * mmap.PAGESIZE] = 1
    found = mapped(os.getpid(), "/image.ram")
    assert found.private == 3 * mmap.PAGESIZE
    assert found.resident >= found.private
    memory_of_file.close()
    assert mapped(os.getpid(), "/image.ram").resident == 0


def test_time_on_a_processor_grows():
    before = cpu_seconds(os.getpid())
    while cpu_seconds(os.getpid()) < before + 0.01:
        sum(range(10_000))
