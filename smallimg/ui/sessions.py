"""What the page remembers of each visitor's open page: the values of its `gr.State`, and no more."""

from types import SimpleNamespace
from typing import Any

from gradio.state_holder import SessionState, StateHolder

#: Opened pages whose values are remembered, 0.23 MB each; of one that was left for longest they are forgotten.
MOST_PAGES = 500
#: Of those that were closed, so many: a network that was away for a moment closes a page as well.
MOST_CLOSED = 50


class LeanSession(SessionState):
    """Gradio's, without a description of each component that ever had another value: of this page 0.17 MB that stay,
    and with them what its visitor has sent and was shown.
    """

    def __setitem__(self, key: int, value: Any) -> None:
        super().__setitem__(key, value)
        self.config_values.clear()

    def _update_config(self, key: int) -> None:
        pass

    def _update_value_in_config(self, key: int, value: Any) -> None:
        pass


class LeanSessions(StateHolder):
    """Gradio's, without a description of the whole page for each.

    Gradio describes every component of the page anew for whoever comes first with a request, so that the page can be
    saved as a link; a program comes first with every request. Of this page that takes as long as a prediction, and
    0.7 MB that are kept; and the link is not offered. Nor does it need what `LeanSession` leaves out.
    """

    def set_blocks(self, blocks: Any) -> None:
        super().set_blocks(blocks)
        self.capacity = MOST_PAGES

    def update(self, session_id: str) -> None:
        super().update(session_id)
        closed = [page for page, session in [*self.session_data.items()] if session.is_closed]
        for page in closed[:-MOST_CLOSED]:
            self.session_data.pop(page, None)
            self.time_last_used.pop(page, None)

    def __getitem__(self, session_id: str) -> SessionState:
        if session_id in self.session_data:
            return super().__getitem__(session_id)
        bare: Any = SimpleNamespace(default_config=self.blocks.default_config, blocks=())
        session = LeanSession(bare)
        if session_id in self.blocks._queue.event_ids_to_events:  # a program's, which comes with this request only
            return session
        self.session_data[session_id] = session
        return super().__getitem__(session_id)
