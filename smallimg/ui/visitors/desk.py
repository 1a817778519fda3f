"""What a page that is open to the public knows of its visitors while it runs."""

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import anyio
import anyio.to_thread

from smallimg.runs.retention import delete_unseen
from smallimg.ui.visitors.cookie import read_secret
from smallimg.ui.visitors.handed_out import HandedOut
from smallimg.visitors.asking import NOBODY, Asker
from smallimg.visitors.limits import Limits, public_limits

SWEEP_EVERY_S = 3600.0
#: Opened pages whose visitors are remembered: more than the values of are (`smallimg.ui.sessions`).
MOST_PAGES = 10_000
#: Where in a request's scope its `Caller` is.
CALLER = "smallimg.caller"
NOT_OPEN = "This page is no longer open here: reload it."


@dataclass(frozen=True)
class Caller:
    """Who sent a request, and from which address."""

    asker: Asker
    address: str

    def is_same(self, other: "Caller") -> bool:
        """Whether two requests are of one visitor; of visitors without a cookie, the address has to tell."""
        if self.asker.ids or other.asker.ids:
            return not set(self.asker.ids).isdisjoint(other.asker.ids)
        return self.address == other.address


@dataclass(frozen=True)
class Desk:
    """Of an open page.

    Attributes:
        limits: what a visitor may do.
        secret: what their cookies are signed with.
        embedded: whether the page is shown within another site's, as a Space is.
        files: who may have which file.
        pages: by Gradio's id of an opened page, of a single request or of an upload, whose it is.
    """

    limits: Limits
    secret: bytes
    embedded: bool = False
    files: HandedOut = field(default_factory=HandedOut)
    pages: dict[str, Asker] = field(default_factory=dict)

    def is_theirs(self, page: str, asker: Asker) -> bool:
        """Whether an opened page is the asker's, or of nobody yet."""
        first = self.pages.get(page, NOBODY)
        return not first.ids or not set(first.ids).isdisjoint(asker.ids)

    def open_page(self, page: str, asker: Asker) -> None:
        """Take down whose a page is that `is_theirs`."""
        self.pages.pop(page, None)
        self.pages[page] = asker  # behind those that were not heard of for longer
        if len(self.pages) > MOST_PAGES:
            del self.pages[next(iter(self.pages))]

    @asynccontextmanager
    async def lifespan(self, app: Any) -> AsyncIterator[None]:  # noqa: ARG002  # the server's
        """Delete what nobody has come back for, now and every hour."""
        async with anyio.create_task_group() as group:
            group.start_soon(self._sweep)
            yield
            group.cancel_scope.cancel()

    async def _sweep(self) -> None:
        while True:
            await anyio.to_thread.run_sync(delete_unseen, self.limits.days)
            await anyio.sleep(SWEEP_EVERY_S)


def open_desk(environment: Mapping[str, str] = os.environ) -> Desk | None:
    """The desk of a page that is open to the public; None of one that is not.

    Raises:
        OwnerError: when its settings make no sense, or nothing can be kept.
    """
    limits = public_limits(environment)
    if limits is None:
        return None
    return Desk(limits, read_secret(), embedded=bool(environment.get("SPACE_ID")))


def accounts_are_on(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether visitors can log in by their Hugging Face account: on a Space whose owner wants it."""
    return bool(environment.get("SPACE_ID") and environment.get("OAUTH_CLIENT_SECRET"))
