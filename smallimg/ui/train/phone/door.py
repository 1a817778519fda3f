"""The way from a phone to this machine, where the page itself is open to this machine only.

Then a second, small server answers on the network, and nothing but a phone's page: all else stays as closed as it was.
It begins when the first code is shown, and ends with the last.
"""

import socket
import threading
import time
from urllib.parse import urlsplit

import uvicorn
from starlette.applications import Starlette

from smallimg.data.invited import VALID_S
from smallimg.errors import DataError
from smallimg.ui.train.phone.routes import phone_routes

#: An address for documents (RFC 5737): nothing is sent there, the system only says from where it would be.
ELSEWHERE = ("192.0.2.1", 9)
LOOK_EVERY_S = 5.0
STARTED_WITHIN_S = 10.0


class Door:
    """A server for phones; it is there while codes are."""

    def __init__(self) -> None:
        self._server: uvicorn.Server | None = None
        self._address = ""
        self._until = 0.0
        self._lock = threading.Lock()

    def address(self, page: str) -> str:
        """Where a phone reaches this machine, without a path.

        Args:
            page: where the browser has the page from, `http://127.0.0.1:7860`. What is no name of this machine alone a
                phone reaches as well.

        Raises:
            DataError: when the page has no such address, this machine is in no network, or nothing can be served there.
        """
        there = urlsplit(page)
        if there.scheme not in ("http", "https") or not there.hostname:
            raise DataError("The page did not say where it is: reload it.")
        if not _is_this_machine_only(there.hostname):
            return f"{there.scheme}://{there.netloc}"
        with self._lock:
            self._until = time.monotonic() + VALID_S
            here = _in_network()
            if self._server is None or not self._address.startswith(f"http://{here}:"):
                self._open(here)
            return self._address

    def close(self) -> None:
        """Answer no phone any more."""
        with self._lock:
            if self._server is not None:
                self._server.should_exit = True
                self._server = None

    def _open(self, host: str) -> None:
        listening = socket.create_server((host, 0))
        server = uvicorn.Server(
            uvicorn.Config(
                Starlette(routes=phone_routes()), log_level="warning", access_log=False, lifespan="off", ws="none"
            )
        )
        serving = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        serving.start()
        late = time.monotonic() + STARTED_WITHIN_S
        while not server.started and serving.is_alive() and time.monotonic() < late:
            time.sleep(0.02)
        if not serving.is_alive():
            raise DataError("No way in for a phone could be opened on this machine: add the pictures here.")
        if self._server is not None:  # on a network that is left
            self._server.should_exit = True
        self._server, self._address = server, f"http://{host}:{listening.getsockname()[1]}"
        threading.Thread(target=self._close_in_time, args=(server,), daemon=True).start()

    def _close_in_time(self, server: uvicorn.Server) -> None:
        while self._server is server and time.monotonic() < self._until:
            time.sleep(LOOK_EVERY_S)
        if self._server is server:
            self.close()


def _is_this_machine_only(host: str) -> bool:
    return host == "localhost" or host.endswith(".localhost") or host.startswith("127.") or host in ("::1", "0.0.0.0")


def _in_network() -> str:
    """This machine's address in its network.

    Raises:
        DataError: when it is in none.
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(ELSEWHERE)
        except OSError as error:
            raise DataError("This computer is in no network, so a phone cannot reach it: join one first.") from error
        return str(probe.getsockname()[0])
