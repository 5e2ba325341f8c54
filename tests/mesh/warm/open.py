"""A service that cannot be sealed: it begins at its import what belongs behind it."""

import socket
import threading

listener = socket.create_server(("127.0.0.1", 4000))
threading.Thread(target=threading.Event().wait, name="poller", daemon=True).start()
