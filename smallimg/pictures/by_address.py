"""A picture that lies elsewhere, by its address: fetched within limits, and from the open internet only.

The name is looked up once, and the connection goes to what was found and checked: a name that means something else a
moment later leads nowhere else. Certificate and `Host` still go by the name. The environment's proxies are not asked,
because then they would look the name up. Each redirect is a new address.
"""

import socket
import ssl
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse
from io import BytesIO
from pathlib import PurePosixPath
from threading import Timer
from time import monotonic
from urllib.parse import unquote, urljoin

from PIL import Image

from smallimg import __version__
from smallimg.errors import ImageError
from smallimg.pictures.addresses import Address, are_public, literal, read_address, resolve, shown
from smallimg.pictures.fetching import answered, why_not_fetched
from smallimg.pictures.images import FORMATS, FORMATS_TEXT, IMAGE_SUFFIXES, MAX_BYTES, open_image

MAX_REDIRECTS = 5
#: For all of it: names, connections, redirects, the last byte.
TIME_LIMIT_S = 15.0
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_CHUNK = 65_536
_SUFFIXES = {"jpeg": "jpg", "heif": "heic"}
_INSTEAD = "or save the picture and drop it here"


@dataclass(frozen=True)
class Network:
    """The ways out, which a test replaces.

    Attributes:
        resolve: a name's IP addresses.
        connect: a connection to (IP address, port), within seconds.
        tls: what certificates have to meet.
    """

    resolve: Callable[[str], Sequence[str]] = resolve
    connect: Callable[[tuple[str, int], float], socket.socket] = socket.create_connection
    tls: Callable[[], ssl.SSLContext] = ssl.create_default_context


@dataclass(frozen=True)
class Fetched:
    """A picture that came.

    Attributes:
        name: a plain file name for it.
        content: the bytes of its file.
        image: the same, opened.
    """

    name: str
    content: bytes
    image: Image.Image


class _Deadline:
    """The end of the time that there is; `close` breaks a connection off then, whatever it waits for."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = monotonic() + seconds

    @property
    def left(self) -> float:
        return max(self._end - monotonic(), 0.001)  # 0 would mean "do not wait at all"

    @property
    def is_over(self) -> bool:
        return monotonic() >= self._end

    @contextmanager
    def closing(self, connection: socket.socket) -> Iterator[None]:
        """A timeout holds for one read, and a server may send a byte at a time for ever."""

        def close() -> None:
            with suppress(OSError):  # it may have ended in this moment
                socket.socket.shutdown(connection, socket.SHUT_RDWR)  # past TLS, which would say goodbye first

        timer = Timer(self.left, close)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()


def fetch_picture(text: str, *, network: Network | None = None, seconds: float = TIME_LIMIT_S) -> Fetched:
    """The picture that lies at an address.

    Args:
        text: its http or https URL.
        network: the ways out.
        seconds: how long all of it may take.

    Raises:
        ImageError: one sentence that names the address, says what is wrong and what to do: it is none, does not lead to
            the open internet, does not answer in time, or what comes is too large or no picture.
    """
    network, deadline = network or Network(), _Deadline(seconds)
    said, address = shown(text.strip()), read_address(text)
    try:
        for _ in range(MAX_REDIRECTS + 1):
            answer = _get(address, network, deadline, said)
            if isinstance(answer, bytes):
                image = open_image(answer, name=said)
                return Fetched(_file_name(address, answer), answer, image)
            address = answer
    except (OSError, HTTPException) as error:
        why = f"it took longer than {seconds:g} s" if deadline.is_over else _why(error)
        raise ImageError(f"{said} could not be fetched, because {why}: check the address, {_INSTEAD}.") from error
    raise ImageError(f"{said} leads on more than {MAX_REDIRECTS} times: use the address where it ends, {_INSTEAD}.")


def _get(address: Address, network: Network, deadline: _Deadline, said: str) -> bytes | Address:
    """What lies there, or the address that it leads on to."""
    places = _places(address, network, deadline)
    if not are_public(places):  # unknown or forbidden: which of them is nobody's business
        raise ImageError(f"{said} leads to no server on the open internet: check the address, {_INSTEAD}.")
    connection = _connect(address, places, network, deadline)
    with connection, deadline.closing(connection):
        if address.scheme == "https":
            connection = network.tls().wrap_socket(connection, server_hostname=address.host)
        with connection, deadline.closing(connection), _ask(connection, address, deadline) as response:
            answer = _read(response, address, said)
    if deadline.is_over:  # what was broken off looks like the end, where no length was told
        raise TimeoutError
    return answer


def _places(address: Address, network: Network, deadline: _Deadline) -> Sequence[str]:
    """The IP addresses of its host; none where nobody knows the name."""
    if number := literal(address.host):
        return [number]
    pool = ThreadPoolExecutor(1)  # a look-up has no timeout of its own; one that hangs is left behind
    try:
        return pool.submit(network.resolve, address.host).result(deadline.left)
    except (socket.gaierror, UnicodeError):
        return []
    finally:
        pool.shutdown(wait=False)


def _connect(address: Address, places: Sequence[str], network: Network, deadline: _Deadline) -> socket.socket:
    """A connection to the first of the places that answers."""
    *others, last = places
    for place in others:
        try:
            return network.connect((place, address.port), deadline.left / len(places))
        except OSError:
            continue
    return network.connect((last, address.port), deadline.left)


def _ask(connection: socket.socket, address: Address, deadline: _Deadline) -> HTTPResponse:
    connection.settimeout(deadline.left)
    http = HTTPConnection(address.host, address.port)
    http.sock = connection
    headers = {
        "Host": address.authority,
        "User-Agent": f"smallimg/{__version__}",
        "Accept": "image/*",
        "Accept-Encoding": "identity",
        "Connection": "close",
    }
    http.request("GET", address.target, headers=headers)
    return http.getresponse()


def _read(response: HTTPResponse, address: Address, said: str) -> bytes | Address:
    if response.status in _REDIRECTS and (further := response.headers["Location"]):
        # As browsers read it: bytes that are not ASCII are UTF-8.
        return read_address(urljoin(str(address), further.encode("latin-1").decode("utf-8", "replace")))
    if response.status != 200:
        raise ImageError(
            f"{said} could not be fetched, because {answered(response.status)}: check the address, {_INSTEAD}."
        )
    kind = response.headers.get_content_type()
    if kind in ("text/html", "application/xhtml+xml"):
        raise ImageError(f"{said} is a web page: open the picture on it by itself, and copy that address.")
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise ImageError(f"{said} comes packed, though it was asked for as it is: save the picture and drop it here.")
    return _body(response, said)


def _body(response: HTTPResponse, said: str) -> bytes:
    """All that comes, counted while it comes: what a server says of its length is only what it says."""
    too_much = ImageError(f"{said} has more than {MAX_BYTES / 1e6:g} MB, the limit: use a smaller picture.")
    if (response.length or 0) > MAX_BYTES:
        raise too_much
    content = bytearray()
    while part := response.read1(_CHUNK):
        content += part
        if len(content) > MAX_BYTES:
            raise too_much
    if response.length:
        raise HTTPException("the connection ended before the picture did")
    if not content:
        raise ImageError(f"{said} is empty: there is no {FORMATS_TEXT} picture there.")
    return bytes(content)


def _why(error: OSError | HTTPException) -> str:
    """The reason as a clause; a name that was found shows that the internet is there."""
    if isinstance(error, ssl.SSLError):
        return "its server cannot prove that it is the one of that name"
    if isinstance(error, ConnectionError):
        return "its server refuses the connection, or breaks it off"
    return why_not_fetched(error)


def _file_name(address: Address, content: bytes) -> str:
    """A plain file name after the last part of an address, with the suffix of what came."""
    last = PurePosixPath(unquote(address.target.partition("?")[0], errors="replace"))
    stem = last.stem if last.suffix.lower() in IMAGE_SUFFIXES else last.name
    plain = "".join(letter if letter.isalnum() or letter in "-_() " else "_" for letter in stem).strip("_ ")[:60]
    form = (Image.open(BytesIO(content), formats=FORMATS).format or "").lower()
    return f"{plain or 'picture'}.{_SUFFIXES.get(form, form)}"
