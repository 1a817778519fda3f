"""The frame of the page: `gr.Blocks`, which by itself fetches from the web whatever a request calls a file, and shows
nothing but “Error” where a handler failed.
"""

from typing import Any

import gradio as gr
from gradio.components.api_component import Api
from gradio.exceptions import InvalidPathError
from gradio.routes import App
from gradio_client.utils import is_file_obj, is_http_url_like, traverse

from smallimg.errors import SmallimgError, in_words
from smallimg.ui.patience import patience
from smallimg.ui.queues import BoundedQueue
from smallimg.ui.sendable import sendable
from smallimg.ui.sessions import LeanSessions
from smallimg.visitors.wanted import wanted_while

#: What handlers, and Gradio before them, raise of values that the page never sends.
UNFORESEEN = (ArithmeticError, AssertionError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)
NOT_TAKEN = "A value that came with this is of a kind that is not taken here: reload the page, and try again."
NOT_OFFERED = "What was chosen is not among the choices that are here now: reload the page, and choose again."
NO_MEMORY = "There was not enough memory for this: try it with smaller pictures, or fewer of them."
#: What somebody does on the page who chooses. A click, and what is told as “select”, may be a press: it is to be done
#: once, or says of itself that it is a choice.
CHOICES = frozenset({"input", "change"})
#: The class of tabs that take nothing until what a browser remembers of them is back in place (remember.js).
WAITS = "si-waits"
NOBODY_KNOWS = "This did not work, and the page does not know why: reload it, and try again. Its log tells more."


class Page(gr.Blocks):
    """Takes files that were uploaded here, and none by address.

    Gradio would download a file whose path is a URL, for every function that has an input: without a limit on bytes,
    from 100.64.0.0/10 too, and asking a name server elsewhere. Pictures by address go through
    `smallimg.pictures.by_address`.
    """

    _queue: BoundedQueue

    async def process_api(self, block_fn: Any, *given: Any, **named: Any) -> dict[str, Any]:
        """Gradio's one way to a handler, which ends when its answer is not wanted any more, and whose every error
        leaves as a sentence.

        Each handler tells its own; what none of them can tell is a full disk, say, or values of a kind that the page
        never sends. Gradio writes what is not foreseen into the server's log.
        """
        try:
            with wanted_while(patience(self._queue, named.get("event_id"))):
                answer: dict[str, Any] = await super().process_api(block_fn, *given, **named)
        except gr.Error:
            raise
        except (SmallimgError, OSError) as error:
            raise gr.Error(sendable(in_words(error)), print_exception=False) from error
        except MemoryError as error:
            raise gr.Error(NO_MEMORY, print_exception=False) from error
        except UNFORESEEN as error:
            raise gr.Error(NOBODY_KNOWS) from error
        return answer | {"data": sendable(answer["data"])}

    async def preprocess_data(
        self, block_fn: Any, inputs: list[Any], state: Any, explicit_call: bool = False
    ) -> list[Any]:
        # What a program leaves out at the end has its default, or each new parameter would turn old programs away.
        left_out = [getattr(part, "value", None) for part in block_fn.inputs[len(inputs) :]]
        if all(isinstance(part, Api) for part in block_fn.inputs) and None not in left_out:
            inputs = [*inputs, *left_out]
        if len(inputs) < len(block_fn.inputs):  # more are passed over, as a script of the page may send them
            came = f"{len(inputs)} came" if inputs else "none came"
            raise gr.Error(
                f"This takes {len(block_fn.inputs)} values, and {came}: give all of them, in their order; on the page, "
                "reload it.",
                print_exception=False,
            )
        traverse(inputs, _refuse_address, is_file_obj)
        try:
            values: list[Any] = await super().preprocess_data(block_fn, inputs, state, explicit_call)
        except gr.Error as error:  # a component's own
            raise gr.Error(_of_a_component(str(error.message)), print_exception=False) from error
        except InvalidPathError as error:
            raise gr.Error("That file was not uploaded here: upload it first.", print_exception=False) from error
        except UNFORESEEN as error:
            raise gr.Error(NOT_TAKEN, print_exception=False) from error
        return values

    def queue(self, *given: Any, **named: Any) -> "Page":
        super().queue(*given, **named)
        self._queue = BoundedQueue.like(self._queue)
        return self

    @property
    def app(self) -> App:
        """What serves the page; Gradio makes it anew when the page is launched."""
        return self._app

    @app.setter
    def app(self, app: App) -> None:
        app.state_holder = LeanSessions()  # type: ignore[no-untyped-call, unused-ignore]
        app.state_holder.set_blocks(self)
        self._app = app


def hide_progress(blocks: gr.Blocks, place: gr.components.Component) -> None:
    """Have the page follow at one place what shows no progress.

    Gradio's page remembers every component at which the progress of a request may ever be seen, by default all of its
    outputs, hidden or not, and with each step of any request looks each of them up among all components. Without this
    a second and a half of an opened page's processor time goes there, and as much with every look at a run.

    Args:
        blocks: the page, all of whose events are there.
        place: any component that is always shown.
    """
    for function in blocks.fns.values():
        if function.show_progress == "hidden":
            function.show_progress_on = [place]


def follow_last_choice(blocks: gr.Blocks) -> None:
    """Have what shows a choice show the last one.

    While one is answered Gradio's page drops what else asks for the same answer, which of two choices in a row leaves
    the first on show, with the second one chosen.

    Args:
        blocks: the page, all of whose events are there.
    """
    for function in blocks.fns.values():
        events = {event for _, event in function.targets}
        if events and events <= CHOICES and function.trigger_mode == "once":
            function.trigger_mode = "always_last"


def _of_a_component(message: str) -> str:
    """What a component of Gradio's says of a value, as a sentence; of a choice it would list all that there are."""
    if "is not in the list of choices" in message:
        return NOT_OFFERED
    return message if message.endswith(".") else f"{message}."


def _refuse_address(file: dict[str, Any]) -> dict[str, Any]:
    if is_http_url_like(file["path"]):
        raise gr.Error("A file has to be uploaded; of a picture, give the address as “url”.", print_exception=False)
    return file
