"""Whom the gate takes a request for."""

import asyncio
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from smallimg.ui.visitors.cookie import COOKIE, new_visitor, signed
from smallimg.ui.visitors.desk import CALLER, Caller, Desk
from smallimg.ui.visitors.gate import Gate
from smallimg.visitors.asking import NOBODY, Asker, who_asks
from smallimg.visitors.limits import Limits

SECRET = b"secret"


def told(path: str = "/somewhere", *, headers: dict[str, str] | None = None, **more: Any) -> tuple[Caller, str]:
    """Whom the server sees behind the gate, and the cookie that is set."""
    seen, sent = [], []

    async def server(scope: Any, receive: Any, send: Any) -> None:
        assert who_asks() == scope[CALLER].asker
        seen.append(scope[CALLER])
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def send(message: Any) -> None:
        sent.append(message)

    pairs = [(name.encode(), value.encode()) for name, value in (headers or {}).items()]
    scope = {
        "type": "http",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "query_string": b"",
        "headers": pairs,
        "client": ("10.0.0.7", 9),
    }
    queue = SimpleNamespace(pending_event_ids_session={}, event_ids_to_events={})
    scope["app"] = SimpleNamespace(get_blocks=lambda: SimpleNamespace(_queue=queue))
    asyncio.run(Gate(server, Desk(Limits(), SECRET))(scope | more, None, send))  # type: ignore[arg-type]
    return seen[0], dict(sent[0]["headers"]).get(b"set-cookie", b"").decode()


def status(path: str, *, root: str = "", method: str = "GET") -> int:
    """What a stranger is answered; 200 where the server is asked."""
    sent: list[Any] = []

    async def server(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http", "method": method, "scheme": "http", "path": root + path, "root_path": root, "headers": [],
        "query_string": b"", "client": ("10.0.0.7", 9),
    }  # fmt: skip
    asyncio.run(Gate(server, Desk(Limits(), SECRET))(scope, None, send))  # type: ignore[arg-type]
    return int(sent[0]["status"])


def test_who_has_no_cookie_gets_one_where_a_page_is_opened() -> None:
    caller, cookie = told("/")
    value = cookie.partition("=")[2].partition(";")[0]
    assert told(headers={"cookie": f"{COOKIE}={value}"}) == (caller, "")
    assert "; Secure" not in cookie
    assert "; Secure" in told("/", headers={"x-forwarded-proto": "https"})[1]
    assert told("/gradio_api/heartbeat/abc")[0].asker.ids
    assert told("/gradio_api/upload") == (Caller(NOBODY, "10.0.0.7"), "")


def test_an_assistants_question_is_nobodys_and_its_cookie_is_not_sent_on() -> None:
    cookie = {"cookie": f"{COOKIE}={signed(new_visitor(), SECRET)}"}
    assert told("/gradio_api/info", headers=cookie)[0].asker.ids
    assert told("/gradio_api/mcp/", headers=cookie) == (Caller(NOBODY, "10.0.0.7"), "")
    seen: list[Any] = []

    async def server(scope: Any, receive: Any, send: Any) -> None:
        seen.extend(scope["headers"])

    scope = {
        "type": "http", "method": "POST", "scheme": "http", "path": "/gradio_api/mcp/", "client": None,
        "headers": [(b"cookie", cookie["cookie"].encode()), (b"accept", b"*/*")],
    }  # fmt: skip
    asyncio.run(Gate(server, Desk(Limits(), SECRET))(scope, None, None))  # type: ignore[arg-type]
    assert seen == [(b"accept", b"*/*")]


@pytest.mark.parametrize(
    "path",
    [
        "deep_link", "dev/reload", "process_recording", "stream/event", "stream/event/close", "mcp/sse",
        "stream/page/run/7/playlist.m3u8", "mcp/messages/", "custom_component/html/client/component/style.css",
    ],
)  # fmt: skip
def test_what_the_page_has_no_use_for_is_closed(path: str) -> None:
    for method in ("GET", "POST", "HEAD"):
        assert status(f"/gradio_api/{path}", method=method) == 404
        assert status(f"/gradio_api/{path}", method=method, root="/demo") == 404


def test_the_page_fetches_nothing_from_the_web_for_whoever_asks() -> None:
    for form in ("file=", "file/"):
        for address in ("https://example.org/a.png", "http://example.org"):
            assert status(f"/gradio_api/{form}{address}") == 403
    assert status("/gradio_api/file=assets/examples/http.png") == 200  # which Gradio itself refuses, or has


def test_under_a_path_the_same_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    for root in ("", "/demo"):
        assert status(f"/gradio_api/file={tmp_path}/hers.png", root=root) == 403
        assert status("/theme.css", root=root) == 200


def session(expires_at: float) -> dict[str, Any]:
    return {"session": {"oauth_info": {"userinfo": {"sub": "7"}, "expires_at": expires_at}}}


def test_an_account_counts_on_a_space_alone_and_while_it_is_logged_in(monkeypatch: pytest.MonkeyPatch) -> None:
    guest, later = new_visitor(), time.time() + 60
    cookie = {"cookie": f"{COOKIE}={signed(guest, SECRET)}"}
    for name in ("SPACE_ID", "OAUTH_CLIENT_SECRET"):
        monkeypatch.delenv(name, raising=False)
    assert told(headers=cookie, **session(later))[0].asker == Asker((guest,))  # Gradio signs with a known word here
    monkeypatch.setenv("SPACE_ID", "somebody/smallimg")
    assert told(headers=cookie, **session(later))[0].asker == Asker((guest,))
    monkeypatch.setenv("OAUTH_CLIENT_SECRET", "said to the Space alone")
    assert told(headers=cookie, **session(later))[0].asker == Asker(("hub-7", guest))
    assert told(headers=cookie, **session(time.time() - 1))[0].asker == Asker((guest,))


def test_an_address_cannot_be_made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    forged = {"x-forwarded-for": "1.1.1.1, 203.0.113.9"}
    monkeypatch.delenv("SPACE_ID", raising=False)
    assert told(headers=forged)[0].address == "10.0.0.7"
    monkeypatch.setenv("SPACE_ID", "somebody/smallimg")
    assert told(headers=forged)[0].address == "203.0.113.9"


def test_a_page_is_its_first_visitors() -> None:
    anna, ben, desk = Asker(("guest-anna",)), Asker(("guest-ben",)), Desk(Limits(), SECRET)
    desk.open_page("page", NOBODY)
    assert desk.is_theirs("page", anna)  # her cookie came a moment later
    desk.open_page("page", anna)
    assert not desk.is_theirs("page", ben)
    assert not desk.is_theirs("page", NOBODY)
    assert desk.is_theirs("page", Asker(("hub-7", *anna.ids)))


def test_what_is_sent_and_waits_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    anna, ben = new_visitor(), new_visitor()
    desk = Desk(Limits(disk_mb=2, disk_in_all_mb=3), SECRET)
    for number, asker in enumerate((anna, ben)):
        file = tmp_path / f"{number}.png"
        file.write_bytes(bytes(1_200_000))
        desk.files.give([str(file)], Asker((asker,)))

    def status(visitor: str, size: int) -> int:
        sent: list[Any] = []

        async def server(scope: Any, receive: Any, send: Any) -> None:
            await send({"type": "http.response.start", "status": 201, "headers": []})
            await send({"type": "http.response.body"})

        async def send(message: Any) -> None:
            sent.append(message)

        headers = {"cookie": f"{COOKIE}={signed(visitor, SECRET)}", "content-length": str(size)}
        scope = {
            "type": "http", "method": "POST", "scheme": "http", "path": "/gradio_api/upload", "client": ("10.0.0.7", 9),
            "query_string": b"",
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        }  # fmt: skip
        asyncio.run(Gate(server, desk)(scope, None, send))  # type: ignore[arg-type]
        return int(sent[0]["status"])

    assert status(anna, 500_000) == 201
    assert status(anna, 900_000) == 413  # hers would be more than 2 MB
    assert status(new_visitor(), 700_000) == 413  # all of them more than 3 MB
    (tmp_path / "1.png").unlink()
    assert status(new_visitor(), 700_000) == 201
