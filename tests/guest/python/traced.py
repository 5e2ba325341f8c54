"""Does what it reads, one word a line: for a trace from outside."""

import os
import socket
import sys
import threading
import time


def stat():
    os.stat("/etc/hosts")  # noqa: PTH116 - one call


def connect():
    with socket.socket() as one:
        one.connect_ex(("127.0.0.1", 9))


def sleep():
    """Two threads, so that calls begin and end while another one sleeps."""
    thread = threading.Thread(target=time.sleep, args=(0.2,))
    thread.start()
    while thread.is_alive():
        os.stat("/etc/hosts")  # noqa: PTH116 - one call
        thread.join(0.05)


def flood():
    for _ in range(20_000):
        os.getppid()


for line in sys.stdin:
    word = line.strip()
    globals()[word]()
    print("did", word, flush=True)
