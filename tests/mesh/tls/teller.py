"""The end that calls, by the plain `ssl` module over a socket that blocks."""

import socket
import ssl

from papers import context

from meshkernel import rpc

SECONDS = 60


def read(connection: ssl.SSLSocket, size: int) -> bytes:
    """Exactly so many bytes."""
    data = b""
    while len(data) < size:
        piece = connection.recv(size - len(data))
        if not piece:
            raise EOFError("the connection ended in the middle")
        data += piece
    return data


def exchange(papers: dict, name: str, pieces: int) -> dict:
    plain = socket.create_connection(("vault", 4433), timeout=SECONDS)
    wrapping = context(ssl.Purpose.SERVER_AUTH, papers)
    with wrapping.wrap_socket(plain, server_hostname=name) as connection:
        taken_for = read(connection, len("teller\n"))
        same = True
        for number in range(pieces):
            piece = number.to_bytes(4, "big") * 4096
            connection.sendall(piece)
            same = same and read(connection, len(piece)) == piece
        return {
            "version": connection.version(),
            "peer": dict(pair[0] for pair in connection.getpeercert()["subject"])["commonName"],
            "taken for": taken_for.decode().strip(),
            "same": same,
        }


@rpc
def call(papers: dict, name: str = "vault", pieces: int = 64) -> dict:
    """What a connection came to; `refused` has the reason of whoever refused the handshake."""
    try:
        return exchange(papers, name, pieces)
    except ssl.SSLError as error:
        return {"refused": error.reason}
