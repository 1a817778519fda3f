"""Requests that name something of Gradio's by its id: another's is taken for one that never was.

Gradio asks nobody whose an opened page, a request under way or an upload is: whoever knows its id can cancel it, have
the page's values forgotten, read what it is told or what the upload's files are called. Here another's id is exchanged
for a new one before Gradio sees it, so that the answer is word for word that to an id that was never given out.
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote, urlencode
from uuid import uuid4

from starlette.datastructures import QueryParams
from starlette.types import Message, Receive, Scope

from smallimg.ui.visitors.desk import CALLER, Caller, Desk

#: By the last part of the path: what tells that a page is still open, and the answers to a program's request.
_IN_PATH = re.compile(r"/gradio_api/(heartbeat|call/(v2/)?[^/]+)/(?P<id>[^/]+)")
#: By a parameter of the address.
_IN_QUERY = {
    "/gradio_api/queue/data": "session_hash",
    "/gradio_api/upload_progress": "upload_id",
    "/gradio_api/upload": "upload_id",
}
#: By what is sent.
_IN_BODY = {"/gradio_api/cancel": ("session_hash", "event_id")}
#: Far more than such a body has.
MOST_BYTES = 10_000


async def without_anothers(scope: Scope, receive: Receive, path: str, desk: Desk) -> Receive:
    """Take another's ids out of a request.

    Args:
        scope: of the request, which is changed where it names one.
        receive: where its body comes from.
        path: what it asks for, without the path under which the page is served.
        desk: what is known of the visitors.

    Returns:
        Where its body comes from now.
    """

    def own(named: str) -> str:
        return uuid4().hex if _is_anothers(named, scope, desk) else named

    if (found := _IN_PATH.fullmatch(path)) and scope["method"] != "POST":
        scope["path"] = scope["path"].removesuffix(found["id"]) + own(found["id"])
        scope["raw_path"] = quote(scope["path"]).encode()
    elif name := _IN_QUERY.get(path):
        query = QueryParams(scope["query_string"])
        pairs = [(key, own(value) if key == name else value) for key, value in query.multi_items()]
        scope["query_string"] = urlencode(pairs).encode()
    elif names := _IN_BODY.get(path):
        return await _with_own(receive, names, own)
    return receive


def upload_id(scope: Scope) -> str:
    """The id by which the progress of an upload can be asked for; empty where it has none."""
    return QueryParams(scope["query_string"]).get("upload_id", "")


async def _with_own(receive: Receive, names: tuple[str, ...], own: Callable[[str], str]) -> Receive:
    """A body of JSON whose fields of these names are put through `own`; none where it is too long."""
    body, is_whole = b"", False
    while not is_whole and len(body) <= MOST_BYTES:
        message = await receive()
        body += message.get("body", b"")
        is_whole = not message.get("more_body", False)
    try:
        sent = json.loads(body) if is_whole else None
    except ValueError:  # Gradio says so
        sent = None
    if isinstance(sent, dict):
        body = json.dumps({k: own(v) if k in names and isinstance(v, str) else v for k, v in sent.items()}).encode()
    elif not is_whole:
        body = b""
    again: Iterator[Message] = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def anew() -> Message:
        return next(again, None) or await receive()

    return anew


def _is_anothers(named: str, scope: Scope, desk: Desk) -> bool:
    """Whether a page, a request or an upload belongs to somebody else than who asks."""
    caller: Caller = scope[CALLER]
    queue = scope["app"].get_blocks()._queue
    # Gradio finds the page of an answered request in the same way.
    ids = {named, *(page for page, requests in queue.pending_event_ids_session.items() if named in requests)}
    under_way = [one for one in queue.event_ids_to_events.values() if one._id in ids or one.session_hash in ids]
    senders = map(_caller, under_way)
    return any(one.asker.ids and not one.is_same(caller) for one in senders) or not all(
        desk.is_theirs(one, caller.asker) for one in ids
    )


def _caller(event: Any) -> Caller:
    caller: Caller = event.request.scope[CALLER]
    return caller
