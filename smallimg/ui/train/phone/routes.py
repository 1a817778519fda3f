"""What a phone that has scanned a set's code is answered: a page that takes pictures, and room for them in the set."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from smallimg.data.by_class import add_picture
from smallimg.data.invited import Invitation, find_invitation
from smallimg.errors import DataError, ImageError, SmallimgError
from smallimg.pictures.images import MAX_BYTES
from smallimg.ui.train.by_class.told import MOST_LETTERS, sentence
from smallimg.visitors.asking import asking

_HERE = Path(__file__).parent
#: With server-side rendering a server of Node's stands before this one, and passes only what begins so on.
PREFIXES = ("", "/gradio_api")
#: Where codes lead, whatever stands before this server.
PHONES = f"{PREFIXES[-1]}/phone"
#: The code is in the address, which nobody else should be told; and the page needs nothing from elsewhere.
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    "img-src 'self' blob: data:; media-src blob:; connect-src 'self'; base-uri 'none'; form-action 'none'",
}


def phone_routes() -> list[Route]:
    """`/phone/SET/SECRET`: the page, what it asks for (`/now`), and where its pictures go."""
    return [
        route
        for prefix in PREFIXES
        for route in (
            Route(f"{prefix}/phone/{{set}}/{{secret}}", _page),
            Route(f"{prefix}/phone/{{set}}/{{secret}}/now", _now),
            Route(f"{prefix}/phone/{{set}}/{{secret}}/pictures", _take, methods=["POST"]),
        )
    ]


async def _page(_: Request) -> Response:
    """The same for everybody: what its code opens, if anything, its script asks for."""
    return HTMLResponse((_HERE / "page.html").read_text("utf-8"), headers=HEADERS)


async def _now(request: Request) -> Response:
    return await _answered(request, _told)


async def _take(request: Request) -> Response:
    try:
        content = await _body(request)
    except ImageError as error:
        return _refused(error, status=413)
    return await _answered(request, partial(_put, label=request.query_params.get("class", ""), content=content))


async def _answered(request: Request, answer: Callable[[Invitation], dict[str, object]]) -> Response:
    """What an answer says to whoever the code invites; a sentence where it invites nobody, or that cannot be done."""
    try:
        invitation = await anyio.to_thread.run_sync(
            find_invitation, request.path_params["set"], request.path_params["secret"]
        )
    except DataError as error:
        return _refused(error, status=410)
    try:
        return JSONResponse(await anyio.to_thread.run_sync(answer, invitation), headers=HEADERS)
    except (SmallimgError, OSError) as error:
        return _refused(error, status=400)


def _told(invitation: Invitation) -> dict[str, object]:
    return {
        "name": invitation.data.name,
        "class": invitation.label,
        "classes": invitation.class_names,
        "seconds": round(invitation.seconds),
    }


def _put(invitation: Invitation, *, label: str, content: bytes) -> dict[str, object]:
    """Into one of the set's own classes; what waits without one, or was taken out, is no place for a phone."""
    if len(label) > MOST_LETTERS or label not in invitation.class_names:
        raise DataError(f"There is no class “{label[:40]}” in this set any more: choose another one.")
    with asking(invitation.owner):
        add_picture(invitation.data.path, label, content, name="phone.jpg")
    return _told(invitation)


async def _body(request: Request) -> bytes:
    """What was sent, no more than a picture may have.

    Raises:
        ImageError: when it is more.
    """
    content = bytearray()
    async for part in request.stream():
        content += part
        if len(content) > MAX_BYTES:
            raise ImageError(f"The picture has more than {MAX_BYTES / 1e6:g} MB: take a smaller one.")
    return bytes(content)


def _refused(error: Exception, *, status: int) -> Response:
    return JSONResponse({"error": sentence(error)}, status_code=status, headers=HEADERS)
