"""The page's frame: every handler is run for whoever asked, whichever way Gradio was asked to run it."""

from collections.abc import Mapping
from typing import Any

import gradio as gr

from smallimg.ui.page import Page
from smallimg.ui.visitors.desk import CALLER, NOT_OPEN, Desk
from smallimg.ui.visitors.handed_out import files_in
from smallimg.visitors.asking import NOBODY, Asker, asking


class VisitedBlocks(Page):
    """A page that knows its visitors.

    Args:
        desk: what is known of them; None where all that reach the page share everything.
        options: those of `gr.Blocks`.
    """

    def __init__(self, *, desk: Desk | None = None, **options: Any) -> None:
        self.desk = desk
        super().__init__(**options)

    async def process_api(  # noqa: PLR0917  # Gradio's own
        self,
        block_fn: Any,
        inputs: list[Any],
        state: Any = None,
        request: Any = None,
        iterator: Any = None,
        session_hash: str | None = None,
        *rest: Any,
        **options: Any,
    ) -> dict[str, Any]:
        """Gradio's one way to a handler: by the queue, by name, by number, as a tool."""
        given = (block_fn, inputs, state, request, iterator, session_hash, *rest)
        if self.desk is None:
            return await super().process_api(*given, **options)
        asker = _asker(request)
        if session_hash is not None:
            if not self.desk.is_theirs(session_hash, asker):
                raise gr.Error(NOT_OPEN, print_exception=False)
            self.desk.open_page(session_hash, asker)
        if not all(self.desk.files.may_have(path, asker) for path in files_in(inputs)):
            raise gr.Error("That file is no longer here: choose it again.", print_exception=False)
        with asking(asker):
            output = await super().process_api(*given, **options)
        self.desk.files.give(files_in(output.get("data")), asker)
        return output


def _asker(request: Any) -> Asker:
    """Who sent a request, which Gradio wraps or not."""
    scope = getattr(getattr(request, "request", None) or request, "scope", None)
    if not isinstance(scope, Mapping) or CALLER not in scope:
        return NOBODY
    asker: Asker = scope[CALLER].asker
    return asker
