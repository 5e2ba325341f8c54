"""Writes and syncs when it is told to; with an argument it waits to be killed with a file open."""

import os
import sys

file = os.open("/data/file", os.O_RDWR | os.O_CREAT)
print("ready", flush=True)
if len(sys.argv) > 1:
    os.unlink("/data/file")
    print("unlinked", os.listdir("/data"), flush=True)
    sys.stdin.readline()
sys.stdin.readline()
for _ in range(3):
    os.write(file, b"x")
    os.fsync(file)
os.fdatasync(file)
os.fdatasync(file)
folder = os.open("/data", os.O_RDONLY | os.O_DIRECTORY)
os.fsync(folder)
