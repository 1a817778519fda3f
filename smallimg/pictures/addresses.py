"""Addresses of pictures that nobody vouched for: what one has to look like, and which machines it may lead to.

A server that fetches what strangers name can be sent to what only it can reach: itself, its neighbours, the machine
that hosts it (OWASP, "Server Side Request Forgery Prevention"). So only machines on the open internet count.
"""

import re
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import quote, urlsplit

from smallimg.errors import ImageError

MAX_LENGTH = 2000
PORTS = {"http": 80, "https": 443}
#: Where pages are served; other ports belong to mail, files and databases.
ALLOWED_PORTS = (80, 443, 8080, 8443)

# IANA's registries of special-purpose addresses, where Python's `is_global` knows too little of them (its list is older
# in older versions), or calls global what leads to an address hidden inside: 6to4, Teredo, NAT64.
_UNICAST_V6 = ip_network(
    "2000::/3"
)  # all that is given out to hosts; NAT64 (64:ff9b::) and mapped addresses lie outside
_NOT_FOR_HOSTS = tuple(
    map(ip_network, ("192.0.0.0/24", "192.88.99.0/24", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"))
)
_NUMBER = re.compile(r"\d+|0x[0-9a-f]*")
_NAME = re.compile(r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*")


@dataclass(frozen=True)
class Address:
    """An http or https URL, taken apart; every part is ASCII and safe to write into a request.

    Attributes:
        host: a name in lower case, international ones as IDNA, or an IP address without brackets.
        target: path and query.
    """

    scheme: str
    host: str
    port: int
    target: str

    @property
    def authority(self) -> str:
        """What the `Host` header says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}{self.target}"


def read_address(text: str) -> Address:
    """Take the address of a picture apart.

    Raises:
        ImageError: when it is none, or of a kind that leads elsewhere than to a web server.
    """
    text = text.strip()
    said = shown(text)
    if not text:
        raise ImageError("There is no address: paste one that begins with https://.")
    if len(text) > MAX_LENGTH:
        raise ImageError(f"{said} has {len(text):,} characters, the limit is {MAX_LENGTH:,}: use a shorter address.")
    if re.search(r"[\s\x00-\x1f\x7f\\]", text):
        raise ImageError(f"{said} holds a space, a backslash or a control character: copy the address once more.")
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise ImageError(f"{said} is not the address of a picture: copy it once more.") from error
    if parts.scheme not in PORTS:
        raise ImageError(f"{said} does not begin with https:// or http://: only those are fetched.")
    if "@" in parts.netloc:
        raise ImageError(f"{said} holds a user or a password, which is not passed on: leave out what is before the @.")
    port = PORTS[parts.scheme] if port is None else port
    if port not in ALLOWED_PORTS:
        allowed = ", ".join(map(str, ALLOWED_PORTS))
        raise ImageError(f"{said} names port {port}, and pictures come from {allowed} only: leave the port out.")
    path, query = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~"), quote(parts.query, safe="/%:@!$&'()*+,;=~?")
    return Address(parts.scheme, _plain_host(host, parts.netloc, said), port, f"{path}?{query}" if query else path)


def resolve(host: str) -> list[str]:
    """Every IP address of a name, the system's favourite first.

    Raises:
        OSError: where nobody knows the name.
    """
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(place[0]) for *_, place in found))


def are_public(addresses: Sequence[str]) -> bool:
    """Whether there are any, and each belongs to a machine on the open internet: a name of two minds is not asked."""
    return bool(addresses) and all(map(is_public, addresses))


def is_public(address: str) -> bool:
    """Whether an IP address belongs to a machine on the open internet."""
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, IPv6Address) and (ip not in _UNICAST_V6 or ip.scope_id):
        return False
    return ip.is_global and not ip.is_multicast and not any(ip in network for network in _NOT_FOR_HOSTS)


def literal(host: str) -> str | None:
    """The IP address that a host is; None where it is a name."""
    try:
        return str(ip_address(host))
    except ValueError:
        return None


def shown(text: str) -> str:
    """An address as messages name it: in quotation marks, not too long, and in one line."""
    plain = "".join(letter if letter.isprintable() else "?" for letter in text)
    return f"“{plain if len(plain) <= 80 else plain[:79] + '…'}”"


def _plain_host(host: str, authority: str, said: str) -> str:
    """The host as it is looked up: names as IDNA, numbers as plain IP addresses only.

    The system's resolver takes 2130706433, 0x7f.1 and 0177.0.0.1 for 127.0.0.1 as well; nobody else writes so.
    """
    wrong = ImageError(f"{said} names no server: copy the address once more.")
    if ":" in host or "[" in authority:
        try:
            if "%" in host:
                raise ValueError("a zone is a network card of this machine")
            return str(IPv6Address(host))
        except ValueError as error:
            raise wrong from error
    try:
        name = host.encode("idna").decode("ascii").lower().removesuffix(".")
    except UnicodeError as error:
        raise wrong from error
    if _NUMBER.fullmatch(name.rpartition(".")[2]):  # as browsers do it (WHATWG, "URL", 3.5: ends in a number)
        try:
            return str(IPv4Address(name))
        except ValueError as error:
            raise ImageError(f"{said} writes a server as a number: use its name.") from error
    if not _NAME.fullmatch(name):
        raise wrong
    return name
