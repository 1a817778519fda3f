"""What is shown of a finished evaluation, read from its files."""

from pathlib import Path
from typing import Any

import gradio as gr

from smallimg.bundles.bundle import load_bundle
from smallimg.bundles.threshold import is_shipped, save_threshold
from smallimg.cli.wording import percent
from smallimg.errors import BundleError, SmallimgError
from smallimg.results import NAMED_FROM
from smallimg.runs.evaluation import EVALUATIONS, Evaluated
from smallimg.study.comparison import read_comparison
from smallimg.study.rows import read_rows
from smallimg.ui.cards import notice
from smallimg.ui.data_choice import sentence
from smallimg.ui.evaluate import about
from smallimg.ui.evaluate.figures import calibration_figure, matrix_figure, threshold_figure
from smallimg.ui.evaluate.results import class_table, figures_card, size_table, threshold_words
from smallimg.ui.evaluate.sheets import comparison_card, contact_sheets
from smallimg.ui.evaluate.words import FILE_WORDS
from smallimg.ui.jobs.actions import read, read_finished
from smallimg.ui.jobs.files import file_buttons
from smallimg.ui.pipelines import run_of
from smallimg.ui.plot import plot_json
from smallimg.ui.put_right.seen import EVALUATION
from smallimg.ui.train.mistakes import confusion_matrix, pictures_of

DAMAGED = "The figures of this evaluation are damaged: evaluate once more."
#: What comes of files with values of other types in them.
UNREADABLE = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
#: A matrix of more classes is no table to be read by anybody.
MOST_IN_TABLE = 24


def show_figures(evaluation_id: str) -> tuple[Any, ...]:
    """The figures of a finished evaluation.

    Returns:
        The tiles, the column of what is about names, the matrix, the same as a table, the table of classes, the
        calibration, the slider of the threshold, its plot, its words, the button that saves it, the note beside it,
        the files, and what was opened of the one before.
    """
    one = read_finished(EVALUATIONS, evaluation_id)
    if one is None:
        return _no_figures()
    try:
        return _figures(one)
    except UNREADABLE:
        return _no_figures(notice(DAMAGED))


def _no_figures(message: str = "") -> tuple[Any, ...]:
    return message, gr.Column(visible=False), None, "", "", None, gr.skip(), None, "", gr.skip(), "", "", ""


def _figures(one: Evaluated) -> tuple[Any, ...]:
    metrics = one.figures
    at = _threshold_of(one.config.model)
    own, note = _may_save(one.config.model)
    return (
        figures_card(metrics, where=_where(one), notes=_notes(one)) + size_table(metrics),
        gr.Column(visible=bool(metrics.get("named"))),
        plot_json(matrix_figure(metrics)),
        _matrix_table(one),
        class_table(metrics),
        plot_json(calibration_figure(metrics)),
        gr.Slider(value=at),
        plot_json(threshold_figure(metrics, at)),
        threshold_words(metrics, at),
        gr.Button(interactive=own),
        sentence(note),
        file_buttons(one, FILE_WORDS),
        "",
    )


def show_pictures(evaluation_id: str) -> tuple[str, str, str, str]:
    """The contact sheets, the comparison and the lesson of a finished evaluation, and whose pictures can be put right;
    "" for what there is none of."""
    one = read_finished(EVALUATIONS, evaluation_id)
    if one is None:
        return "", "", "", ""
    try:
        return _pictures(one)
    except UNREADABLE:  # the figures say so
        return "", "", "", ""


def _pictures(one: Evaluated) -> tuple[str, str, str, str]:
    of = f"{EVALUATION}:{one.id}"
    root, rows = str(one.about.get("root", "")), read_rows(one.path / "predictions.csv")
    cards = []
    for name, title, explained in (
        ("comparison", "Side by side", about.COMPARISON),
        ("lesson", "The lesson: what removing and cropping do", about.LESSON + about.COMPARISON),
    ):
        comparison = read_comparison(one.path, name=name)
        cards.append(comparison_card(comparison, root, title=title, explained=explained, of=of) if comparison else "")
    return contact_sheets(one.figures, rows, root, of=of), cards[0], cards[1], of


def open_cell(evaluation_id: str | None, cell: gr.SelectData) -> str:
    """The pictures behind a cell of the confusion matrix."""
    one = read_finished(EVALUATIONS, evaluation_id)
    try:
        return pictures_of(_outcome(one), str(cell.value)) if one else ""
    except UNREADABLE:
        return notice(DAMAGED)


def move_threshold(evaluation_id: str | None, at: float) -> tuple[str | None, str]:
    """The plot and the words for another threshold."""
    one = read(EVALUATIONS, evaluation_id)
    metrics = one.figures if one else {}
    try:
        return plot_json(threshold_figure(metrics, at)), threshold_words(metrics, at)
    except UNREADABLE:
        return None, notice(DAMAGED)


def keep_threshold(evaluation_id: str | None, at: float) -> str:
    """Save a threshold into the bundle that was measured; what keeps it from being saved is told in a sentence."""
    one = read(EVALUATIONS, evaluation_id)
    if one is None:
        return notice("Choose an evaluation first.")
    own, note = _may_save(one.config.model)
    if not own:
        return notice(note)
    try:
        save_threshold(one.config.model, at)
    except SmallimgError as error:
        return notice(str(error))
    return sentence(
        f"“{one.config.model_name}” says a name from {percent(at)} on now, everywhere. The figures above are of the "
        "threshold before: evaluate once more, best on other pictures."
    )


def _where(one: Evaluated) -> str:
    n = int(one.figures.get("n", 0))
    pictures = "1 picture" if n == 1 else f"{n:,} pictures"
    given = " The true boxes were given, since it has no detector." if one.about.get("given_boxes") else ""
    split = one.about.get("split", one.config.split)
    part = "" if split == "all" else f", part “{split}”"
    return f"“{one.config.model_name}” on {pictures} of “{one.config.data_name}”{part}.{given}"


def _notes(one: Evaluated) -> list[str]:
    told = [*one.about.get("left_out", ()), *one.about.get("problems", ())[:5]]
    return [*([_learned_from(one)] if _learned_from(one) else []), *map(str, told)]


def _learned_from(one: Evaluated) -> str:
    """A warning where the model has learned from these very pictures."""
    run = run_of(one.config.model)
    if run is None or not run.config.data or Path(run.config.data).resolve() != Path(one.config.data).resolve():
        return ""
    if one.about.get("split") not in (run.config.split, "all"):
        return ""
    return "It learned from these pictures, or from some of them: on others expect less. Better measure on a test part."


def _matrix_table(one: Evaluated) -> str:
    outcome = _outcome(one)
    if len(outcome["metrics"].get("classes", ())) > MOST_IN_TABLE or "confusion_matrix" not in outcome["metrics"]:
        return ""
    return about.fold(confusion_matrix(outcome), title="As a table, whose cells the keyboard opens too")


def _outcome(one: Evaluated) -> dict[str, Any]:
    """It as `smallimg.ui.train.mistakes` takes what a run can do."""
    rows = read_rows(one.path / "predictions.csv")
    pictures = [row.as_picture() for row in rows if not row.error]
    of = f"{EVALUATION}:{one.id}"
    return {"of": of, "root": str(one.about.get("root", "")), "metrics": one.figures, "pictures": pictures}


def _threshold_of(model: str) -> float:
    try:
        stage = load_bundle(model).stages.get("classifier")
    except BundleError:
        stage = None
    return round(stage.named_from, 2) if stage else NAMED_FROM


def _may_save(model: str) -> tuple[bool, str]:
    """Whether a threshold can be saved into a model, and what to say of it."""
    try:
        shipped = is_shipped(model)
    except BundleError:
        return False, "The model is gone, so there is nothing to save a threshold in."
    run = None if shipped else run_of(model)
    if shipped:
        return False, "This model came with smallimg and stays as it is; in one that was trained here it can be saved."
    if run is not None and run.is_alive:
        return False, "This model is still learning: save a threshold once it has finished."
    return True, "Saved in the model, it holds in “Try it” and on the command line too."
