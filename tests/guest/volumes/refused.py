"""What a volume that is mounted to read refuses, and what it allows."""

import errno
import mmap
import os


def tried(what, function, *arguments):
    try:
        function(*arguments)
        print(what, "done")
    except OSError as error:
        print(what, errno.errorcode[error.errno])


os.chdir("/data")
print(open("kept").read(), sorted(os.listdir(".")), sorted(os.listdir("folder")))
tried("write", open, "kept", "w")
tried("update", open, "kept", "r+")
tried("create", open, "new", "x")
tried("append", open, "kept", "a")
tried("mkdir", os.mkdir, "more")
tried("rmdir", os.rmdir, "folder")
tried("unlink", os.unlink, "kept")
tried("rename", os.rename, "kept", "moved")
tried("link", os.link, "kept", "linked")
tried("symlink", os.symlink, "kept", "linked")
tried("truncate", os.truncate, "kept", 0)
tried("chmod", os.chmod, "kept", 0o600)
tried("utime", os.utime, "kept")
tried("read", open, "kept")
print(os.access("kept", os.R_OK), os.access("kept", os.W_OK))
with open("kept", "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
    print(bytes(mapped))
print(os.statvfs(".").f_flag & os.ST_RDONLY)
print([line.split()[1:4] for line in open("/proc/mounts") if "9p" in line])
