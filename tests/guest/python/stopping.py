"""Signals reach a main thread that sleeps, whatever other threads do; 127/8 is this machine."""

import os
import signal
import socket
import threading
import time


class SignalError(Exception):
    """A handler ran in the main thread."""


def handler(number: int, frame: object) -> None:
    raise SignalError(signal.Signals(number).name)


def sleep(what: str) -> None:
    start = time.monotonic()
    try:
        time.sleep(8)
    except SignalError as caught:
        print(what, caught, "early" if time.monotonic() - start < 5 else "late")
    else:
        print(what, "nothing came")


signal.signal(signal.SIGALRM, handler)
signal.signal(signal.SIGUSR1, handler)

# The machine idles where the last thread has ended.
signal.setitimer(signal.ITIMER_REAL, 0.5)
threading.Thread(target=time.sleep, args=(0.1,)).start()
sleep("idle behind a thread's end:")

# Another thread is the running one.
stop = threading.Event()
threading.Thread(target=stop.wait).start()
threading.Thread(target=lambda: (time.sleep(0.2), os.kill(os.getpid(), signal.SIGUSR1))).start()
sleep("sent by a thread:")
stop.set()

for address in "127.0.0.1", "127.0.0.2", "127.255.1.3":
    with socket.socket() as listener, socket.socket() as client:
        listener.bind((address, 0))
        listener.listen()
        client.settimeout(5)
        client.connect(listener.getsockname())
        server, peer = listener.accept()
        server.sendall(b"reply")
        print(address, client.recv(10), peer[0], client.getpeername()[0], server.getsockname()[0])
        server.close()
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as two,
    ):
        one.bind((address, 0))
        one.settimeout(5)
        two.sendto(b"datagram", one.getsockname())
        data, peer = one.recvfrom(100)
        one.sendto(data, peer)
        two.settimeout(5)
        print(address, two.recv(100), peer[0])
