"""What is another's is asked for under an id that nobody has."""

import asyncio
import json
from types import SimpleNamespace
from typing import Any

import pytest

from smallimg.ui.visitors.cookie import COOKIE, signed
from smallimg.ui.visitors.desk import CALLER, Caller, Desk
from smallimg.ui.visitors.gate import Gate
from smallimg.ui.visitors.ids import MOST_BYTES
from smallimg.visitors.asking import NOBODY, Asker
from smallimg.visitors.limits import Limits

SECRET = b"secret"
ANNA, BEN = (Asker((f"guest-{letter * 22}",)) for letter in "ab")
#: Anna's: a page on which a request was answered, a page on which one waits, and those requests; a program's, too.
PAGE, WAITED_ON, ANSWERED, WAITING, PROGRAMS = "page", "waited-on", "answered", "waiting", "program"


def ask(
    asker: Asker, path: str, *, method: str = "GET", query: str = "", body: bytes = b"", desk: Desk | None = None
) -> tuple[str, str, bytes]:
    """The path, the query and the body that Gradio sees."""
    seen: list[Any] = []
    events = {
        name: SimpleNamespace(
            _id=name, session_hash=page, request=SimpleNamespace(scope={CALLER: Caller(who, "10.0.0.1")})
        )
        for name, page, who in ((WAITING, WAITED_ON, ANNA), (PROGRAMS, PROGRAMS, NOBODY))
    }
    queue = SimpleNamespace(pending_event_ids_session={PAGE: {ANSWERED}}, event_ids_to_events=events)
    # In pieces, as a server hands a body on.
    parts = [body[start : start + 40] for start in range(0, len(body), 40)] or [b""]
    left = [
        {"type": "http.request", "body": one, "more_body": index < len(parts) - 1} for index, one in enumerate(parts)
    ]

    async def server(scope: Any, receive: Any, send: Any) -> None:
        whole, is_more = b"", True
        while is_more:
            message = await receive()
            whole, is_more = whole + message["body"], message["more_body"]
        assert scope["raw_path"].decode() == scope["path"]
        seen.append((scope["path"], scope["query_string"].decode(), whole))
        await send({"type": "http.response.start", "status": 500, "headers": []})
        await send({"type": "http.response.body"})

    async def receive() -> Any:
        return left.pop(0)

    async def send(message: Any) -> None:
        pass

    headers = [(b"cookie", f"{COOKIE}={signed(asker.ids[0], SECRET)}".encode())] if asker.ids else []
    scope = {
        "type": "http", "method": method, "scheme": "http", "path": path, "raw_path": path.encode(), "headers": headers,
        "query_string": query.encode(), "client": ("10.0.0.1", 9),
        "app": SimpleNamespace(get_blocks=lambda: SimpleNamespace(_queue=queue)),
    }  # fmt: skip
    desk = desk or Desk(Limits(), SECRET, pages={PAGE: ANNA})
    asyncio.run(Gate(server, desk)(scope, receive, send))
    return seen[0]  # type: ignore[no-any-return]


@pytest.mark.parametrize("named", [PAGE, WAITED_ON, ANSWERED, WAITING])
@pytest.mark.parametrize(
    "path", ["/gradio_api/heartbeat/{}", "/gradio_api/call/predict/{}", "/gradio_api/call/v2/predict/{}"]
)
def test_an_id_in_the_path(path: str, named: str) -> None:
    assert ask(ANNA, path.format(named))[0] == path.format(named)
    assert ask(BEN, path.format("never"))[0] == path.format("never")
    before, after = path.split("{}")
    for stranger in (BEN, NOBODY):
        asked = ask(stranger, path.format(named))[0]
        assert asked.startswith(before)
        assert asked.endswith(after)
        assert named not in asked


def test_an_id_in_the_query() -> None:
    path = "/gradio_api/queue/data"
    for named in (PAGE, WAITED_ON):
        assert ask(ANNA, path, query=f"session_hash={named}")[1] == f"session_hash={named}"
        for said in (f"session_hash={named}", f"session_hash=x&session_hash={named}&a=1", f"%73ession_hash={named}"):
            assert named not in ask(BEN, path, query=said)[1]
    assert ask(BEN, path, query="session_hash=never&a=1")[1] == "session_hash=never&a=1"
    assert ask(NOBODY, path, query=f"session_hash={PROGRAMS}")[1] == f"session_hash={PROGRAMS}"


def test_who_follows_an_upload_is_who_sends_it() -> None:
    desk = Desk(Limits(), SECRET)
    sent, followed = "/gradio_api/upload", "/gradio_api/upload_progress"
    assert ask(ANNA, sent, method="POST", query="upload_id=up", desk=desk)[1] == "upload_id=up"
    assert ask(ANNA, followed, query="upload_id=up", desk=desk)[1] == "upload_id=up"
    assert "=up" not in ask(BEN, followed, query="upload_id=up", desk=desk)[1]
    assert "=up" not in ask(BEN, sent, method="POST", query="upload_id=up", desk=desk)[1]
    assert desk.is_theirs("up", ANNA)
    assert not desk.is_theirs("up", BEN)


def cancel(asker: Asker, **said: Any) -> dict[str, Any]:
    body = json.dumps({"session_hash": "x", "fn_index": 7, "event_id": "y"} | said).encode()
    sent: dict[str, Any] = json.loads(ask(asker, "/gradio_api/cancel", method="POST", body=body)[2])
    return sent


def test_nobody_cancels_for_another() -> None:
    hers = {"session_hash": PAGE, "fn_index": 7, "event_id": WAITING}
    assert cancel(ANNA, **hers) == hers
    assert cancel(BEN) == {"session_hash": "x", "fn_index": 7, "event_id": "y"}
    for named in ({"session_hash": PAGE}, {"session_hash": WAITED_ON}, {"event_id": WAITING}, {"event_id": ANSWERED}):
        for stranger in (BEN, NOBODY):
            sent = cancel(stranger, **named)
            assert sent["fn_index"] == 7
            assert not set(named.values()) & set(sent.values())


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b'"page"', b"\xff\xfe"])
def test_what_cannot_be_read_is_gradios_to_refuse(body: bytes) -> None:
    assert ask(BEN, "/gradio_api/cancel", method="POST", body=body)[2] == body


def test_a_body_without_end_is_not_read_to_its_end() -> None:
    body = json.dumps({"session_hash": PAGE, "fn_index": 7, "event_id": WAITING, "more": "x" * 2 * MOST_BYTES}).encode()
    assert ask(BEN, "/gradio_api/cancel", method="POST", body=body)[2] == b""
