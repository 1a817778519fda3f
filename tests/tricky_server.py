"""A web server that tries every trick on who fetches a picture from it, and the network that leads there.

Nothing here is on the open internet, so names and connections are made up: `TrickyNetwork` looks names up in a table,
and each connection, wherever it is meant to go, arrives at the server of this machine.
"""

import socket
import ssl
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from smallimg.pictures.by_address import Network


@dataclass
class TrickyNetwork:
    """What names mean here, and who was asked for what.

    Attributes:
        names: name → its IP addresses; a list of such lists is gone through, one a look-up.
        looked_up, connected: in their order.
    """

    port: int
    names: Mapping[str, Sequence[str] | list[list[str]]]
    certificate: Path | None = None
    looked_up: list[str] = field(default_factory=list)
    connected: list[tuple[str, int]] = field(default_factory=list)

    def resolve(self, host: str) -> Sequence[str]:
        self.looked_up.append(host)
        if host not in self.names:
            raise socket.gaierror(-2, "Name or service not known")
        found = self.names[host]
        if found and isinstance(found[0], list):
            return found[self.looked_up.count(host) - 1]
        return [str(one) for one in found]

    def connect(self, place: tuple[str, int], timeout: float) -> socket.socket:
        self.connected.append(place)
        if place[0] == "8.8.4.4":  # a server that is switched off
            raise ConnectionRefusedError
        return socket.create_connection(("127.0.0.1", self.port), timeout)

    @property
    def network(self) -> Network:
        return Network(self.resolve, self.connect, lambda: ssl.create_default_context(cafile=self.certificate))


class TrickyServer(ThreadingHTTPServer):
    """Serves `picture` at any path that is no trick.

    Attributes:
        asked: (`Host`, path) of each request.
        names: what TLS was asked for (SNI).
        sent: bytes of endless answers.
    """

    daemon_threads = True

    def __init__(self, picture: bytes) -> None:
        super().__init__(("127.0.0.1", 0), TrickyHandler)
        self.picture = picture
        self.asked: list[tuple[str, str]] = []
        self.names: list[str | None] = []
        self.sent = 0
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def secure(self, certificate: Path, key: Path) -> None:
        """Speak TLS from now on."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        context.sni_callback = lambda _socket, name, _context: self.names.append(name)
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def handle_error(self, *_: object) -> None:
        """Who is sent away hangs up in the middle: nothing to write home about."""


class TrickyHandler(BaseHTTPRequestHandler):
    server: TrickyServer

    def do_GET(self) -> None:
        self.server.asked.append((self.headers["Host"], self.path))
        trick, _, rest = self.path[1:].partition("/")
        answer = getattr(self, f"do_{trick.partition('?')[0]}", None)
        if answer is None:
            self.answer(self.server.picture)
        else:
            answer(rest)

    def answer(self, body: bytes = b"", status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for name, value in ({"Content_Length": str(len(body))} | headers).items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def do_to(self, target: str) -> None:
        """To any address."""
        self.answer(status=302, Location=target)

    def do_hops(self, left: str) -> None:
        """So many times round."""
        self.answer(status=307, Location=f"/hops/{int(left) - 1}" if int(left) else "/cat.jpg")

    def do_page(self, _: str) -> None:
        self.answer(b"<html>", Content_Type="text/html; charset=utf-8")

    def do_status(self, code: str) -> None:
        self.answer(status=int(code))

    def do_packed(self, _: str) -> None:
        self.answer(self.server.picture, Content_Encoding="gzip")

    def do_text(self, _: str) -> None:
        self.answer(b"no picture", Content_Type="image/jpeg")

    def do_empty(self, _: str) -> None:
        self.answer()

    def do_declared(self, length: str) -> None:
        """Says it has so much, and sends the picture only."""
        self.answer(self.server.picture, Content_Length=length)

    def do_endless(self, kind: str) -> None:
        """Never ends, and says nothing of its length; in chunks, too."""
        self.send_response(200)
        if kind == "chunked":
            self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        block = b"x" * 65536
        while True:
            self.wfile.write(b"10000\r\n" + block + b"\r\n" if kind == "chunked" else block)
            self.server.sent += len(block)

    def do_drip(self, where: str) -> None:
        """A byte at a time, each in time: in the head, in the body, or as interim answers."""
        if where == "body":
            self.send_response(200)
            self.end_headers()
        piece = b"HTTP/1.1 100 Continue\r\n\r\n" if where == "interim" else b"x"
        while True:
            self.wfile.write(piece)
            self.wfile.flush()
            time.sleep(0.02)

    def do_silent(self, _: str) -> None:
        time.sleep(5)

    def do_nonsense(self, _: str) -> None:
        self.wfile.write(b"220 mail.example ESMTP\r\n")

    def do_headers(self, _: str) -> None:
        self.send_response(200)
        for index in range(10_000):
            self.send_header(f"X-{index}", "x")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass
