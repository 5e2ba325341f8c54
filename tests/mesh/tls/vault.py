"""The end that answers: it tells each client whom it takes it for, and sends back what it gets.

Threads and `ssl`'s blocking sockets: asyncio ends a connection without the alert that says why.
"""

import socket
import ssl
import threading

from papers import context

from meshkernel import rpc

current: list[ssl.SSLContext] = []
"""The context of the latest papers, once there are any."""


def answer(plain: socket.socket) -> None:
    try:
        connection = current[0].wrap_socket(plain, server_side=True)
    except ssl.SSLError:
        return  # the client is told by the alert
    with connection:
        subject = dict(pair[0] for pair in connection.getpeercert()["subject"])
        connection.sendall(subject["commonName"].encode() + b"\n")
        while data := connection.recv(16384):
            connection.sendall(data)


def listen(server: socket.socket) -> None:
    while True:
        plain, _ = server.accept()
        threading.Thread(target=answer, args=(plain,), daemon=True).start()


@rpc
def serve(papers: dict) -> None:
    """Answer with these papers from now on."""
    first = not current
    current[:] = [context(ssl.Purpose.CLIENT_AUTH, papers)]
    if first:
        server = socket.create_server(("0.0.0.0", 4433))
        threading.Thread(target=listen, args=(server,), daemon=True).start()
