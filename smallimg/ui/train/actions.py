"""What the buttons and lists of the "Train" tab do: thin functions from what the page sends to what it shows."""

import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.utils import get_upload_folder

from smallimg import DEFAULT_BUNDLE
from smallimg.bundles.bundle import find_bundle
from smallimg.bundles.zipped import export_bundle
from smallimg.errors import RunError, SmallimgError, in_words
from smallimg.runs.adopt import import_bundle
from smallimg.runs.again import again
from smallimg.runs.outcome import read_outcome
from smallimg.runs.plots import stage_figures
from smallimg.runs.process import begin_run
from smallimg.runs.run import (
    Run,
    create_run,
    delete_run,
    list_runs,
    note_run,
    read_log,
    read_metrics,
    read_run,
    rename_run,
)
from smallimg.runs.summary import read_measured, summarise
from smallimg.training.plan import EVERY_STAGE, make_plan
from smallimg.training.start import IMAGENET, SCRATCH, SUITED, Start
from smallimg.ui.cards import notice
from smallimg.ui.lists import still
from smallimg.ui.pipelines import bundle_choices
from smallimg.ui.put_right.seen import RUN
from smallimg.ui.train.by_class.server import newest_run
from smallimg.ui.train.cards import NO_RUN, run_card, runs_table
from smallimg.ui.train.curves import curves_json, why_no_curves
from smallimg.ui.train.data_kept import kept_list
from smallimg.ui.train.data_shown import data_path
from smallimg.ui.train.estimate import estimated
from smallimg.ui.train.mistakes import pictures_of, worst_mistakes
from smallimg.ui.train.outcome import outcome_card
from smallimg.ui.train.settings import FIELDS, run_config, stages_left
from smallimg.ui.uploads import forget

FOLLOW = "the one under way"


def start_choices() -> list[tuple[str, str]]:
    """(what to show, value) of everything that training can start from."""
    imagenet = ("ImageNet (torchvision's MobileNet; downloads on first use)", IMAGENET)
    return [("what suits the pictures", SUITED), ("scratch", SCRATCH), *bundle_choices(), imagenet]


def run_choices() -> list[tuple[str, str]]:
    """(name, id) of every run, the newest first; two of one name are told apart by their ids."""
    runs = list_runs()
    return [(_apart(run, runs), run.id) for run in runs]


def fresh_lists(wanted: str | None, *now: Any) -> tuple[Any, ...]:
    """The choices of the five lists that name runs, bundles or data.

    Args:
        wanted: the run to be chosen; the newest where it is gone.
        now: what the other four have chosen now: runs compared, the model of "Try it", the start, the data. What is
            still there stays chosen, see `smallimg.ui.lists`.
    """
    choices = run_choices()
    chosen = wanted if wanted in [run_id for _, run_id in choices] else _newest(choices)
    return gr.Dropdown(choices, value=chosen), *_other_lists(choices, *now)


def same_lists(chosen: str | None, *now: Any) -> tuple[Any, ...]:
    """The same five lists with what is there now; the run that is looked at stays chosen too."""
    choices = run_choices()
    return still(choices, chosen, _newest(choices)), *_other_lists(choices, *now)


def _other_lists(runs: list[tuple[str, str]], *now: Any) -> tuple[Any, ...]:
    others, model, start, kept = now or ([], None, None, None)
    return (
        still(runs, others or []),
        still(bundle_choices(), model, DEFAULT_BUNDLE),
        still(start_choices(), start, SUITED),
        kept_list(kept),
    )


def _newest(runs: list[tuple[str, str]]) -> str | None:
    return next((run_id for _, run_id in runs), None)


def open_run(run_id: str | None) -> tuple[str, str, str, str]:
    """The name and note of the run that is looked at now; nothing is left open, or said, of another."""
    run = _read(run_id)
    return (run.config.name, run.config.note, "", "") if run else ("", "", "", "")


def look_at_run(run_id: str | None, others: Sequence[str] | None, stage: str, drawn: str) -> tuple[Any, ...]:
    """All that is shown of a run, read from its files; what has not changed since `drawn` is not sent again."""
    run = _read(run_id)
    compared = [found for other in others or () if other != run_id and (found := _read(other))]
    state = "|".join(map(_signature, [*filter(None, [run]), *compared, *list_runs()])) + stage
    if run is None:
        buttons = [gr.Button(interactive=False)] * 6
        return (NO_RUN, *buttons, gr.Timer(active=_any_alive()), "", None, "", "", "", _table(), state)
    if state == drawn:
        return (*_live(run), *[gr.skip()] * 6)
    lines = {_apart(one, [run, *compared]): read_metrics(one.id) for one in (run, *compared)}
    followed = _followed(run, stage)
    curves = curves_json(stage_figures(followed, lines), nothing=why_no_curves(run, followed))
    results = _results(run)
    shown = (outcome_card(results), worst_mistakes(results), results["of"]) if results else ("", "", "")
    # Its name and state are read last: while the curves were drawn somebody may have changed them and been answered.
    return (*_live(_read(run_id) or run), curves, *shown, _table(), state)


def _any_alive() -> bool:
    return any(one.is_alive for one in list_runs())


def _live(run: Run) -> tuple[Any, ...]:
    """The card, the buttons, the timer and the log of a run."""
    return (
        run_card(run),
        gr.Button(interactive=run.is_alive),
        gr.Button(interactive=run.status in ("stopped", "interrupted", "failed") and bool(run.config.data)),
        gr.Button(interactive=run.status == "finished" and data_there(run)),
        gr.Button(interactive=run.bundle_ready),
        gr.Button(interactive=run.bundle_ready),
        gr.Button(interactive=not run.is_alive),
        gr.Timer(active=_any_alive()),
        read_log(run.id),
    )


def start_new(
    data_id: str, values: Sequence[Any], now: Sequence[Any], *, follow: Callable[[Path], Run | None] | None = None
) -> tuple[Any, ...]:
    """Start a run; what keeps it from starting is told in a sentence.

    Args:
        data_id: the data set it learns from.
        values: what the fields say, in the order of `smallimg.ui.train.settings.FIELDS`.
        now: what the lists have chosen now, see `fresh_lists`.
        follow: the run on a set, if any, that this one goes on from where nobody chose what to start from.
    """
    try:
        data = data_path(data_id)
        if not data:
            raise RunError("Choose the pictures first, in step 1; their preview shows that they are there.")
        config = run_config(data, *values)
        if not config.stages:
            raise RunError("Choose something to learn first: step 2.")
        before = (
            follow(Path(data)) if follow and dict(zip(FIELDS, values, strict=True))["start_from"] == SUITED else None
        )
        if before is not None and before.config.stages == config.stages:
            config = again(before, config)
        start = Start(config.start_from, config.start_mode) if config.start_from else None
        make_plan(config.recipe, config.stages, config.epochs, config.overrides, start=start)  # wrong settings show now
        run = begin_run(create_run(config, forecast=estimated(config)))
    except SmallimgError as error:
        return (notice(str(error)), *[gr.skip()] * 5)
    return ("", *fresh_lists(run.id, *now))


def train_again(run_id: str | None, *now: Any) -> tuple[Any, ...]:
    """Repeat the run that is looked at on its pictures as they are now; see `smallimg.runs.again`."""
    run = _read(run_id)
    if run is None:
        return (notice("Choose a run first."), *[gr.skip()] * 5)
    try:
        started = begin_run(create_run(again(run)))
    except SmallimgError as error:
        return (notice(str(error)), *[gr.skip()] * 5)
    return ("", *fresh_lists(started.id, *now))


def start_built(data_id: str, can_train: Sequence[str], *values: Any) -> tuple[Any, ...]:
    """`start_new` for pictures that were taken class by class: it learns what these allow, whatever was chosen before.

    Where something was learned from them already, it goes on from there.

    Args:
        data_id: the set; empty where it could not be used, which has been said then.
        can_train: the stages that it allows.
        values: what the fields say, and behind them what the lists have chosen now.
    """
    if not data_id:
        return (gr.skip(),) * 6
    fields = dict(zip(FIELDS, values, strict=False))
    stages, background = stages_left(can_train, fields["stages"], fields["start_from"])
    fields |= {"stages": stages, "background": background or fields["background"]}
    follow = partial(newest_run, ready=True)
    return start_new(data_id, list(fields.values()), values[len(FIELDS) :], follow=follow)


def act(action: Callable[[str], Any], run_id: str | None) -> str:
    """Do something to the run that is looked at; what keeps it from being done is told in a sentence."""
    try:
        action(run_id or "")
    except SmallimgError as error:
        return notice(str(error))
    return ""


def delete_chosen(run_id: str | None, *now: Any) -> tuple[Any, ...]:
    """Delete a run, once the browser has asked whether that is meant (None: it is not)."""
    if run_id is None:
        return ("", *[gr.skip()] * 5)
    message = act(delete_run, run_id)
    return (message, *fresh_lists(run_id, *now))


def rename_chosen(run_id: str | None, name: str, note: str, *now: Any) -> tuple[Any, ...]:
    """Give the run another name and note."""

    def write(chosen: str) -> None:
        rename_run(chosen, name)
        note_run(chosen, note)

    message = act(write, run_id)
    return (message, *fresh_lists(run_id, *now))


def export_chosen(run_id: str | None) -> tuple[str, Any]:
    """The run's bundle as a zip, in the folder that Gradio empties by itself; or a sentence why there is none."""
    run = _read(run_id)
    if run is None:
        return notice("Choose a run first."), None
    try:
        find_bundle(run.path)
        folder = Path(get_upload_folder())
        folder.mkdir(parents=True, exist_ok=True)
        # Whoever knows the address can fetch it: nobody should guess it from the run's id.
        target = Path(tempfile.mkdtemp(dir=folder)) / f"{run.id}.zip"
        exported = export_bundle(run.path, target, name=run.config.name)
    except (SmallimgError, OSError) as error:
        return notice(in_words(error)), None
    return "", str(exported)


def bring_in(archive: str | None, *now: Any) -> tuple[Any, ...]:
    """A bundle that somebody downloaded elsewhere becomes a run here."""
    if not archive:
        return ("", *[gr.skip()] * 5)
    try:
        run = import_bundle(Path(archive))
    except SmallimgError as error:
        if isinstance(error, RunError):
            forget([archive])
        return (notice(str(error)), *[gr.skip()] * 5)
    said = f"“{run.config.name}” is here: it is the run shown above, and “Try it” lists it among its models."
    return (notice(said), *fresh_lists(run.id, *now))


def use_chosen(run_id: str | None) -> tuple[Any, Any]:
    """Change to "Try it" with the run's bundle chosen there, and say so."""
    run = _read(run_id)
    if run is None or not run.bundle_ready:
        return gr.skip(), gr.skip()
    gr.Info(f"“{escape(run.config.name)}” is the model that looks at your pictures now.", title="Try it")
    return gr.Tabs(selected="try"), gr.Dropdown(bundle_choices(), value=run.id)


def open_cell(run_id: str | None, cell: gr.SelectData) -> str:
    """The pictures behind a cell of the confusion matrix."""
    run = _read(run_id)
    results = _results(run) if run else None
    return pictures_of(results, str(cell.value)) if results else ""


def _results(run: Run) -> dict[str, Any] | None:
    """What a run can do, and whose that is where its pictures are here to be put right."""
    results = read_outcome(run.path)
    return results | {"of": f"{RUN}:{run.id}" if run.config.data else ""} if results else None


def data_there(run: Run) -> bool:
    """Whether the pictures that a run learned from are here."""
    return bool(run.config.data) and Path(run.config.data).exists()


def _read(run_id: str | None) -> Run | None:
    try:
        return read_run(run_id) if run_id else None
    except RunError:  # deleted in another tab
        return None


def _followed(run: Run, stage: str) -> str:
    """The stage whose curves are shown: the one asked for, or the last that has any."""
    if stage != FOLLOW:
        return stage
    lines = read_metrics(run.id)
    stages = [lines[-1]["stage"] if lines else run.stage, *run.config.stages, EVERY_STAGE[0]]
    return next(str(stage) for stage in stages if stage in EVERY_STAGE)  # the making of cut-outs has no curves


def _apart(run: Run, runs: Sequence[Run]) -> str:
    """What to call a run among others; those of one name are told apart by their ids."""
    name = run.config.name
    return name if [one.config.name for one in runs].count(name) == 1 else f"{name} ({run.id})"


def _signature(run: Run) -> str:
    """Changes when there is something new to draw or to list."""
    size = sum(
        (run.path / name).stat().st_size for name in ("metrics.jsonl", "results.json") if (run.path / name).is_file()
    )
    return f"{run.id} {run.status} {run.config.name} {size}"


def _table() -> str:
    return runs_table([(run, summarise(run, read_metrics(run.id), read_measured(run))) for run in list_runs()])
