"""socketserver and http.client in one process; the host's names."""

from __future__ import annotations

import http.client
import http.server
import socketserver
import threading
import urllib.request


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer(self.path.encode())

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers["Content-Length"]))[::-1])

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        pass


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True


with Server(("127.0.0.1", 0), Handler) as server:
    threading.Thread(target=server.serve_forever, daemon=True).start()
    port = server.server_address[1]
    connection = http.client.HTTPConnection("localhost", port, timeout=20)
    for number in range(5):
        connection.request("GET", f"/{number}")
        print(connection.getresponse().read())
    body = bytes(range(256)) * 4000
    connection.request("POST", "/", body)
    print(connection.getresponse().read() == body[::-1])
    connection.close()

    def fetch(number: int) -> None:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/{number}", timeout=20) as answer:
            found[number] = answer.read()

    found: dict[int, bytes] = {}
    threads = [threading.Thread(target=fetch, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(sorted(found.items()))
    server.shutdown()
