"""Writes to a map of a file and ends: what it wrote belongs to the file, however it ends."""

import mmap
import os
import signal
import sys
from pathlib import Path

PATH = Path("/data/mapped")
PATH.write_bytes(bytes(3 * mmap.PAGESIZE))
with PATH.open("r+b") as file:
    mapped = mmap.mmap(file.fileno(), 0)
mapped[0:5] = b"first"
mapped[2 * mmap.PAGESIZE : 2 * mmap.PAGESIZE + 4] = b"last"
if sys.argv[1:] == ["killed"]:
    os.kill(os.getpid(), signal.SIGKILL)
os._exit(0)
