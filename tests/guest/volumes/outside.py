"""What a machine cannot do to its host, and what it finds of the host's links."""

import errno
import os

os.chdir("/data")
os.symlink("/etc/shadow", "absolute")
os.symlink("../../../../etc/shadow", "relative")
print(os.readlink("absolute"), os.readlink("relative"), os.path.exists("absolute"))
with open("program", "w") as file:
    file.write("#!/bin/sh\n")
os.chmod("program", 0o4755)
print(oct(os.stat("program").st_mode))
for name in ("host-link", "host-folder/secret", "../outside", "host-fifo"):
    try:
        print(name, os.open(name, os.O_RDONLY | os.O_NONBLOCK) >= 0)
    except OSError as error:
        print(name, errno.errorcode[error.errno])
