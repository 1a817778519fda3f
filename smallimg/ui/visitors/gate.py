"""Who a request is from, before anything answers it, and whether they may have what it names.

What a handler does is asked of the asker below (`smallimg.visitors`); here is what Gradio answers by itself: files,
what goes by an id (`smallimg.ui.visitors.ids`), and what is of no use on this page.
"""

import json
import os
import re
import time
from collections.abc import Mapping
from typing import Any

import anyio.to_thread
import gradio as gr
from gradio_client.utils import is_http_url_like
from starlette._utils import get_route_path
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from smallimg.ui.visitors.cookie import new_visitor, set_cookie, signed, visitor_in
from smallimg.ui.visitors.desk import CALLER, Caller, Desk, accounts_are_on
from smallimg.ui.visitors.handed_out import files_in
from smallimg.ui.visitors.ids import upload_id, without_anothers
from smallimg.ui.visitors.waiting import too_many
from smallimg.visitors.asking import NOBODY, Asker, asking
from smallimg.visitors.owner import keep_longer
from smallimg.visitors.room import MB

#: What a page asks for when it is opened; the first is answered by Node's server where pages are rendered by that. Only
#: here is a cookie set: two at the same time would be two visitors.
_OPENING = re.compile(r"/|/gradio_api/heartbeat/[^/]+")
_FILE = re.compile(r"/gradio_api/file[=/](?P<file>.*)", re.DOTALL)
#: What is answered past the queue.
_AT_ONCE = re.compile(r"/gradio_api/(component_server/?|(run|api)/.+)")
_UPLOAD = re.compile(r"/gradio_api/upload/?")
#: What assistants ask. Gradio sends it on to itself, headers and all, as one client for everybody: with a visitor's
#: cookie among them, that client's page would be this visitor's, and nobody else would be answered any more.
_ASSISTANTS = re.compile(r"/gradio_api/mcp(/.*)?", re.DOTALL)
#: What this page has no use for, and a stranger might: links to a page's values, news of changed code, a video encoder
#: that takes files past all limits, streams of sound (by which any waiting request can be given other values), lines in
#: the server's log, and assistants' older protocol, in which a session belongs to whoever knows its id.
_CLOSED = re.compile(
    r"/gradio_api/(deep_link|dev/reload|process_recording|(stream|custom_component|mcp/sse|mcp/messages)(/.*)?)/?",
    re.DOTALL,
)


class Gate:
    """Lets requests through to the server, each marked with who asks.

    Args:
        app: what answers them.
        desk: what is known of the visitors.
    """

    def __init__(self, app: ASGIApp, desk: Desk) -> None:
        self.app = app
        self.desk = desk
        self._busy: list[Caller] = []  # whose requests past the queue are under way

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path = get_route_path(scope)  # as what answers it takes it, where the page is served under a path
        asker, cookie = self._who(scope, path)
        scope[CALLER] = caller = Caller(asker, _address(scope))
        if cookie:
            send = _with_cookie(send, cookie)
        refusal = self._refusal(path, caller)
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        receive = await without_anothers(scope, receive, path, self.desk)
        if asker.ids and _OPENING.fullmatch(path):
            await anyio.to_thread.run_sync(keep_longer, asker)
        if scope["method"] == "POST" and _UPLOAD.fullmatch(path):
            refusal = await anyio.to_thread.run_sync(self._too_much, scope, asker)
            if refusal is not None:
                await refusal(scope, receive, send)
                return
            if progress := upload_id(scope):
                self.desk.open_page(progress, asker)
            send = self._noting_uploads(send, asker)
        is_at_once = _AT_ONCE.fullmatch(path)
        with asking(asker):
            try:
                if is_at_once:
                    self._busy.append(caller)
                await self.app(scope, receive, send)
            finally:
                if is_at_once:
                    self._busy.remove(caller)

    def _who(self, scope: Scope, path: str) -> tuple[Asker, str | None]:
        """Who asks, and the cookie that they are to get."""
        if _ASSISTANTS.fullmatch(path):
            del MutableHeaders(scope=scope)["cookie"]
            return NOBODY, None
        headers = Headers(scope=scope)
        guest, cookie = visitor_in(headers.get("cookie", ""), self.desk.secret), None
        if guest is None and scope["method"] == "GET" and _OPENING.fullmatch(path):
            guest = new_visitor()
            is_secure = "https" in (scope["scheme"], headers.get("x-forwarded-proto", "").partition(",")[0])
            cookie = set_cookie(signed(guest, self.desk.secret), secure=is_secure, embedded=self.desk.embedded)
        return Asker(tuple(one for one in (_account(scope), guest) if one)), cookie

    def _refusal(self, path: str, caller: Caller) -> JSONResponse | None:
        """What to answer instead: of what is another's, what Gradio says of what is not there."""
        if _CLOSED.fullmatch(path):
            return JSONResponse({"detail": "Not Found"}, 404)
        if found := _FILE.fullmatch(path):
            file = found["file"]
            # Gradio would fetch an address from the web, for whoever asks.
            if is_http_url_like(file) or not self.desk.files.may_have(file, caller.asker):
                return JSONResponse({"detail": f"File not allowed: {file}."}, 403)
        if _AT_ONCE.fullmatch(path) and (said := too_many(caller, self._busy, self.desk.limits.requests)):
            return JSONResponse({"detail": said, "error": said}, 429)
        return None

    def _too_much(self, scope: Scope, asker: Asker) -> JSONResponse | None:
        """What to say where files that wait in Gradio's folder would fill the disk; it empties that after a day."""
        said = Headers(scope=scope).get("content-length", "")
        size, limits = int(said) if said.isdecimal() else 0, self.desk.limits
        if asker.ids and self.desk.files.size_of(asker) + size > limits.disk_mb * MB:
            sentence = (
                f"You have sent {limits.disk_mb:,} MB of files within a day, as much as one can: press “Delete my "
                "things”, or come back tomorrow."
            )
        elif self.desk.files.size_of(None) + size > limits.disk_in_all_mb * MB:
            sentence = "There is no room left here for more files: come back tomorrow."
        else:
            return None
        return JSONResponse({"detail": sentence, "error": sentence}, 413)

    def _noting_uploads(self, send: Send, asker: Asker) -> Send:
        """Take down whose the files are that an upload's answer names, before the answer is sent."""
        parts: list[Message] = []

        async def noting(message: Message) -> None:
            parts.append(message)
            if message["type"] != "http.response.body" or message.get("more_body"):
                return
            if parts[0].get("status") == 200:
                self.desk.files.give(json.loads(b"".join(part.get("body", b"") for part in parts)), asker)
            for part in parts:
                await send(part)

        return noting


def behind_gate(blocks: gr.Blocks, desk: Desk) -> dict[str, Any]:
    """What `launch` takes as `app_kwargs` so that a page is open to the public."""
    desk.files.give(files_in(blocks.get_config_file()), NOBODY)  # what the page itself shows
    return {"middleware": [Middleware(Gate, desk=desk)], "lifespan": desk.lifespan}


def _with_cookie(send: Send, cookie: str) -> Send:
    async def giving(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).append("set-cookie", cookie)
        await send(message)

    return giving


def _account(scope: Scope, environment: Mapping[str, str] = os.environ) -> str | None:
    """The Hugging Face account by which somebody is logged in, where a Space lets them.

    Elsewhere Gradio signs its session with a word that everybody knows.
    """
    if not accounts_are_on(environment):
        return None
    said = scope.get("session", {}).get("oauth_info", {})
    account = said.get("userinfo", {}).get("sub")
    return f"hub-{account}" if account and said.get("expires_at", 0) > time.time() else None


def _address(scope: Scope, environment: Mapping[str, str] = os.environ) -> str:
    """Where a request comes from; a Space's own proxy writes that behind whatever the sender wrote."""
    client = scope.get("client") or ("", 0)
    if environment.get("SPACE_ID"):
        return Headers(scope=scope).get("x-forwarded-for", client[0]).rpartition(",")[2].strip()
    return str(client[0])
