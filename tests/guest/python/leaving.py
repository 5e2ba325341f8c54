"""Ends as its argument says."""

import atexit
import os
import signal
import sys
import threading
import time

how = sys.argv[1]
atexit.register(print, "atexit", flush=True)
if how == "exit":
    sys.exit(3)
elif how == "exit-255":
    sys.exit(255)
elif how == "message":
    sys.exit("a message")
elif how == "os-exit":
    os._exit(7)
elif how == "abort":
    os.abort()
elif how == "term":
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(10)
elif how == "interrupt":
    signal.raise_signal(signal.SIGINT)
elif how == "thread":
    thread = threading.Thread(target=lambda: (time.sleep(0.05), print("thread ends")))
    thread.start()
    print("main ends")
elif how == "thread-raises":
    thread = threading.Thread(target=lambda: {}["absent"], name="worker")
    threading.excepthook = lambda what: print("caught", what.exc_type.__name__)
    thread.start()
    thread.join()
elif how == "recursion":

    def deeper(n: int) -> int:
        return deeper(n + 1) + 1

    try:
        deeper(0)
    except RecursionError as error:
        print(error)
