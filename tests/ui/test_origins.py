"""Pages of other sites, and what they have a browser send here."""

import asyncio
from typing import Any

import pytest
from starlette.types import Receive, Scope, Send

from smallimg.ui.origins import OwnPageOnly, own_names


async def answers(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"here"})


def status(host: str, method: str = "GET", names: tuple[str, ...] = (), **headers: str) -> int:
    sent: list[Any] = []

    async def ask() -> None:
        async def receive() -> Any:
            return {"type": "http.request"}

        async def send(message: Any) -> None:
            sent.append(message)

        pairs = {"host": host} | {name.replace("_", "-"): value for name, value in headers.items()}
        raw = [(name.encode(), value.encode("latin-1")) for name, value in pairs.items() if value]
        scope = {"type": "http", "method": method, "path": "/", "headers": raw}
        await OwnPageOnly(answers, names)(scope, receive, send)

    asyncio.run(ask())
    return int(sent[0]["status"])


@pytest.mark.parametrize(
    "host",
    ["localhost", "localhost:7860", "LOCALHOST:7860", "127.0.0.1:7860", "[::1]:7860", "0.0.0.0:1", "192.168.1.7:7860",
     "app.localhost:7860", "localhost."],
)  # fmt: skip
def test_its_own_names_are_answered(host: str) -> None:
    assert status(host) == 200
    assert status(host, "POST", origin=f"http://{host}") == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:7860", "127.0.0.1.evil.example", "localhost.evil.example", "evil-localhost", "",
     "user@evil.example", "[::1", "127.0.0.1 evil.example", "2130706433", "0x7f000001", "127.1",
     "user@localhost", "localhost:7860:7860", "127.0.0.1:7860.evil.example", "[::1].evil.example", "[evil.example]",
     "127.0.0.1/evil", "127.0.0.1#.evil.example", "localhost?evil", "localhost\\.evil.example", "::1"],
)  # fmt: skip
def test_a_name_that_another_site_has_pointed_here_is_not(host: str) -> None:
    assert status(host) == 421
    assert status(host, "POST", origin=f"http://{host}") == 421


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", "http://127.0.0.1.evil.example", "http://[::1", "x",
     "http://127.0.0.1:7860.evil.example", "http://127.0.0.1@evil.example", "http://127.0.0.1/"],
)  # fmt: skip
def test_another_sites_page_changes_nothing(method: str, origin: str) -> None:
    assert status("127.0.0.1:7860", method, origin=origin) == 403


def test_what_a_browser_says_of_a_form_without_an_origin_counts_too() -> None:
    assert status("localhost:7860", "POST", sec_fetch_site="cross-site") == 403
    assert status("localhost:7860", "POST", sec_fetch_site="same-origin", origin="http://localhost:7860") == 200
    assert status("localhost:7860", "POST") == 200, "a program of one's own sends neither"
    assert status("localhost:7860", "GET", origin="https://evil.example") == 200, "which the browser does not show it"


def test_more_names_can_be_set() -> None:
    assert "pictures.example" in own_names({"SMALLIMG_HOSTS": " Pictures.example , other.example."})
    assert own_names({"SPACE_HOST": "me-smallimg.hf.space"}) >= {"me-smallimg.hf.space", "localhost"}
    assert status("pictures.example", names=("pictures.example",)) == 200
    assert status("inner:7860", "POST", names=("pictures.example", "inner"), origin="https://pictures.example") == 200
    assert status("anything.example", names=("*",)) == 200
    assert status("anything.example", "POST", names=("*",), origin="https://evil.example") == 403
    assert status("no[name", "POST", names=("*",), origin="null") == 403
