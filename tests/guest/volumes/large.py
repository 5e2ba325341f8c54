"""A folder with more names than one reply holds, the longest names, files whose folders move."""

import errno
import os

os.mkdir("/tmp/guest-large")
os.chdir("/tmp/guest-large")
for i in range(400):
    os.close(os.open(f"{i:04}" + "n" * 251, os.O_CREAT | os.O_WRONLY))
names = os.listdir(".")
print(len(names), len(set(names)), max(map(len, names)))
try:
    os.open("x" * 256, os.O_CREAT)
except OSError as error:
    print(errno.errorcode[error.errno])
os.mkdir("a")
os.mkdir("b")
file = open("a/f", "w+")
file.write("kept")
file.flush()
os.rename("a/f", "b/g")
print(os.fstat(file.fileno()).st_size, os.listdir("a"), os.listdir("b"))
os.rename("b", "a/b")
file.write("!")
file.flush()
with open("a/b/g") as other:
    print(other.read(), os.fstat(file.fileno()).st_size)
try:
    os.rename("a", "a/b/c")
except OSError as error:
    print(errno.errorcode[error.errno])
gone = 0
with os.scandir(".") as entries:
    for entry in entries:
        if entry.is_file():
            os.unlink(entry.name)
            gone += 1
print(gone, os.listdir("."))
os.unlink("a/b/g")
print(os.fstat(file.fileno()).st_size)
file.close()
os.removedirs("a/b")
os.chdir("/")
os.rmdir("/tmp/guest-large")
