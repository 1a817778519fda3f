"""Who may talk to the page: a page of another site may not, whatever name it has the browser call this machine by.

A browser lets every page send requests to any address, this machine's own among them. Two things tell that a request is
not from our page. Its `Host` is a name that only the other site calls us by, who had it point here (DNS rebinding). Or
its `Origin`, which scripts cannot forge, is another.
"""

import ipaddress
import os
import re
import socket
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

#: More names that the page is called by, with commas between them; `*` for any.
HOSTS_SETTING = "SMALLIMG_HOSTS"
#: What a request does that only reads.
READS = frozenset({"GET", "HEAD", "OPTIONS"})
#: What `Origin` says, or `Host` behind two slashes: a name or an address, and a port. urllib would find a host in more.
_ADDRESS = re.compile(
    r"(?:[a-z][a-z0-9+.-]*:)?//(?P<host>\[[0-9a-f:.]+\]|[^][:/?#@\s\\]+)(?::[0-9]{0,5})?", re.IGNORECASE
)
MISDIRECTED, FORBIDDEN = 421, 403


class OwnPageOnly:
    """Answers requests that are sent to a name of ours, and those that change something only from our own page.

    Args:
        app: what answers them.
        names: more names than `own_names` that the page is called by.
    """

    def __init__(self, app: ASGIApp, names: Iterable[str] = ()) -> None:
        self.app = app
        self.names = own_names() | frozenset(names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = self._refusal(scope["method"], Headers(scope=scope)) if scope["type"] == "http" else None
        await (refusal or self.app)(scope, receive, send)

    def _refusal(self, method: str, headers: Headers) -> PlainTextResponse | None:
        host = _name(f"//{headers.get('host', '')}")
        if not self._is_ours(host):
            return PlainTextResponse(
                f"This page is not called “{host[:80]}”. Open it by its address, or add the name to {HOSTS_SETTING}.\n",
                status_code=MISDIRECTED,
            )
        origin = headers.get("origin")
        from_elsewhere = origin is not None and _name(origin) not in {host, *self.names} - {""}
        if method not in READS and (from_elsewhere or headers.get("sec-fetch-site") == "cross-site"):
            return PlainTextResponse(
                "This comes from a page of another site, and is not taken.\n", status_code=FORBIDDEN
            )
        return None

    def _is_ours(self, host: str) -> bool:
        if "*" in self.names or host in self.names or host.endswith(".localhost"):
            return True
        try:
            ipaddress.ip_address(host)  # nobody can have an address point elsewhere
        except ValueError:
            return False
        return True


def own_page_first(arguments: Mapping[str, Any], *, is_public: bool) -> dict[str, Any]:
    """What `launch` takes as `app_kwargs`, with `OwnPageOnly` before all else.

    Args:
        arguments: the others that it takes.
        is_public: whether the page is everybody's, and may be called by any name: nothing of this machine is behind it.
    """
    own = Middleware(OwnPageOnly, names=("*",) if is_public else ())
    return {**arguments, "middleware": [own, *arguments.get("middleware", ())]}


def own_names(environment: Mapping[str, str] = os.environ) -> frozenset[str]:
    """The names that the page is called by: this machine's, those of a Hugging Face Space, those that were set."""
    said = environment.get(HOSTS_SETTING, "").split(",")
    names = {"localhost", *_of_this_machine(), environment.get("SPACE_HOST", ""), *said}
    return frozenset(name.strip().rstrip(".").lower() for name in names if name.strip())


@cache
def _of_this_machine() -> tuple[str, ...]:
    name = socket.gethostname().lower()
    return name, f"{name}.local"


def _name(address: str) -> str:
    """The host that an address names, without its port; empty where it names none, or is none that a browser sends."""
    found = _ADDRESS.fullmatch(address)
    return found["host"].strip("[]").rstrip(".").lower() if found else ""
