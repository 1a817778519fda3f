"""The lists of the "Evaluate" tab, and what its button does."""

from typing import Any

import gradio as gr

from smallimg import DEFAULT_BUNDLE
from smallimg.data.kept import name_of_data
from smallimg.errors import SmallimgError, in_words
from smallimg.runs.evaluation import EVALUATIONS, EvaluationConfig
from smallimg.ui.cards import notice
from smallimg.ui.data_choice import chosen_folder
from smallimg.ui.jobs.actions import fresh_list
from smallimg.ui.lists import still
from smallimg.ui.patience import counting
from smallimg.ui.pipelines import bundle_choices
from smallimg.ui.train.data_kept import kept_choices
from smallimg.ui.try_it.models import model_name

NOTHING = "nothing"
#: Against which background model a bundle can be held beside itself; a prefix of no bundle's name.
WITHOUT = "background:none"


def against_choices() -> list[tuple[str, str]]:
    """(what to show, value) of everything that a bundle can be held against."""
    return [(NOTHING, ""), ("itself, with backgrounds left as they are", WITHOUT), *bundle_choices()]


def fresh_lists(*now: Any) -> tuple[Any, ...]:
    """The lists that name models and data, as they are now; what was chosen stays chosen while it is there.

    Args:
        now: what is chosen now: the model, what it is held against, the kept data.
    """
    model, against, kept = now
    return (
        still(bundle_choices(), model, DEFAULT_BUNDLE),
        still(against_choices(), against, ""),
        still(kept_choices(), kept),
    )


def start_new(  # noqa: PLR0917  # gradio passes values by place
    model: str,
    against: str,
    lesson: bool,
    known_only: bool,
    pictures: bool,
    background: str,
    source: str,
    dropped: str | None,
    kept: str | None,
    part: str | None,
    progress: Any = gr.Progress(),  # noqa: B008  # gradio finds it by this default
) -> tuple[str, Any]:
    """Start an evaluation; what keeps it from starting is told in a sentence.

    Returns:
        The message, and the list of evaluations.
    """
    try:
        data = chosen_folder(source, dropped, kept, progress=counting(progress, "Drawing"))
        beside = model if against == WITHOUT else against or None
        config = EvaluationConfig(
            model,
            str(data),
            split=part or "test",
            background=background,
            against=beside,
            against_background="none" if against == WITHOUT else "own",
            lesson=bool(lesson),
            known_only=bool(known_only),
            pictures=bool(pictures),
            model_name=model_name(model),
            data_name=name_of_data(data),
            against_name=model_name(beside) if beside else "",
        )
        one = EVALUATIONS.start(EVALUATIONS.create(config).id)
    except (SmallimgError, OSError) as error:
        return notice(in_words(error)), gr.skip()
    return "", fresh_list(EVALUATIONS, one.id)


def measure_again(evaluation_id: str | None) -> tuple[str, Any]:
    """Start another one that asks the same; the one before stays, to be held against.

    Returns:
        The message, and the list of evaluations.
    """
    try:
        before = EVALUATIONS.read(evaluation_id or "")
        one = EVALUATIONS.start(EVALUATIONS.create(before.config).id)
    except SmallimgError as error:
        return notice(str(error)), gr.skip()
    return "", fresh_list(EVALUATIONS, one.id)
