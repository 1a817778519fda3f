"""The "Try it" tab: pictures in, one row of cards a picture out."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.processing_utils import save_bytes_to_cache
from gradio.utils import get_upload_folder
from PIL import Image

from smallimg.bundles.background import BACKGROUND_NAMES, is_downloaded
from smallimg.cli.wording import milliseconds
from smallimg.errors import SmallimgError
from smallimg.pipeline import Pipeline
from smallimg.results import Prediction
from smallimg.ui.cards import FINER_LABEL, notice, picture_row, problem_row, results, results_table
from smallimg.ui.clicks import tell_clicks
from smallimg.ui.pipelines import Pipelines
from smallimg.ui.queues import PREDICT
from smallimg.ui.try_it.cutouts import (
    CUTOUT_CLICK,
    DOWNLOAD,
    FINER,
    SHOW_FINER,
    finer_cutout,
    save_cutout,
    save_cutouts,
)
from smallimg.ui.try_it.downloads import (
    TABLE_HEADERS,
    Record,
    prediction_record,
    problem_record,
    problem_table_row,
    table_row,
    to_csv,
    to_json,
)
from smallimg.ui.try_it.examples import example_buttons, examples_of
from smallimg.ui.try_it.foil import ABOUT, CHOICE, open_foil
from smallimg.ui.try_it.intake import build_address, open_upload
from smallimg.ui.try_it.large import large_address
from smallimg.ui.try_it.looked_at import EXPLAIN_CLICK, connect_explanations
from smallimg.ui.try_it.models import model_line, model_name, reads_cutouts, why_unusable
from smallimg.ui.try_it.welcome import steps

MAX_PICTURES = 8
#: Boxes of a picture that are looked at where every object is named.
MOST_OBJECTS = 10
#: What an engine's name does not say, in plain words.
RUN_BY = {"onnxruntime-int8": "onnxruntime in rounded numbers (8 bits): faster, and probabilities may shift a little"}
STAGE_CHOICES = (("Remove the background", "background"), ("Find the object", "detector"), ("Name it", "classifier"))
# On a phone the results are a screen further down than the field that was just filled.
SHOW_RESULTS = """() => {
  if (innerWidth < 640) document.querySelector("#results:has(.si-row)")?.scrollIntoView({ behavior: "smooth" });
}"""


def build_try_it(
    pipelines: Pipelines, tab: gr.Tab, *, bundles: Sequence[str | tuple[str, str]], bundle: str
) -> gr.Dropdown:
    """Lay the tab out inside the `gr.Blocks` being built, and connect it.

    Args:
        pipelines: where the tab gets its pipelines.
        tab: this tab, for what happens when it is chosen.
        bundles: names to choose from, or (what to show, name or path).
        bundle: the one chosen at first.

    Returns:
        The choice of a bundle: another tab may set it, and the pictures are looked at again.
    """
    with gr.Row(elem_id="models"):
        model = gr.Dropdown(list(bundles), value=bundle, label="Models", container=False, scale=0, min_width=240)
        line = gr.HTML(model_line(bundle), elem_id="model-line", apply_default_css=False)
    with gr.Row(elem_id="intake"):
        with gr.Column(scale=3, min_width=300):
            pictures = gr.File(
                file_count="multiple",
                label=f"Drop, paste or choose up to {MAX_PICTURES} pictures",
                height=200,
                elem_id="pictures",
            )
            build_address(pictures)
            with gr.Accordion("Use the camera", open=False, elem_id="camera"):
                camera = gr.Image(
                    sources=["webcam"],
                    type="filepath",
                    height=280,
                    show_label=False,
                    webcam_options=gr.WebcamOptions(mirror=False, constraints={"video": {"facingMode": "environment"}}),
                )
            clear = gr.Button("Clear", size="sm", elem_id="clear")
        with gr.Column(scale=2, min_width=300):
            gallery = gr.HTML(example_buttons(bundle), js_on_load=tell_clicks("index"), apply_default_css=False)
    background, stages, max_boxes, threshold, pretrained, every = _build_options()
    working_background = gr.State("own")
    message = gr.HTML(elem_id="message", apply_default_css=False)
    cards = gr.HTML(
        steps(cut_out=reads_cutouts(bundle)),
        elem_id="results",
        js_on_load=CUTOUT_CLICK + EXPLAIN_CLICK,
        apply_default_css=False,
    )
    with gr.Column(visible=False, elem_id="report") as report:
        table = gr.HTML(apply_default_css=False)
        with gr.Row():
            cutouts = gr.Button("Download cut-outs (zip)", size="sm", elem_id="cutouts")
            csv = gr.DownloadButton("Download CSV", size="sm", elem_id="csv")
            json = gr.DownloadButton("Download JSON", size="sm", elem_id="json")
    saved = gr.File(visible=False)
    finer = gr.JSON(visible=False)

    def save_chosen(paths: list[str] | None, bundle: str, background: str, chosen: gr.SelectData) -> str | None:
        asked, _, of_model = str(chosen.value).partition(" ")
        return save_one(pipelines, paths, bundle, of_model or background, chosen.index) if asked == "save" else None

    def make_finer(paths: list[str] | None, bundle: str, chosen: gr.SelectData) -> dict[str, Any] | None:
        return finer_one(pipelines, paths, bundle, chosen.index) if chosen.value == "finer" else None

    options = [model, background, stages, max_boxes, threshold]
    given_all = [pictures, *options, pretrained, every]
    look = partial(look_at_pictures, pipelines)
    shown = [cards, report, table, cutouts, csv, json]
    run: dict[str, Any] = {"trigger_mode": "always_last", **PREDICT, "show_progress_on": cards}
    private: dict[str, Any] = {"api_visibility": "private"}
    quiet: dict[str, Any] = {"show_progress": "hidden", **private}
    other_choices = [model.change, stages.input, max_boxes.change, threshold.change, pretrained.input, every.input]
    pictures.change(look, given_all, shown, **run, **private).then(js=SHOW_RESULTS, **private)
    gr.on(other_choices, look, given_all, shown, **run, **private)
    gr.on([pictures.change, *other_choices], lambda: "", None, message, **quiet)  # what was said of an earlier choice
    background.input(
        partial(choose_background, pipelines),
        [model, background, working_background],
        [background, working_background, message],
        **PREDICT,
        show_progress_on=cards,
        **private,
    ).then(look, given_all, shown, **run, **private)
    gallery.select(add_example, [pictures, model], [pictures, message], **private)
    gr.on([model.change, tab.select], describe_models, model, [line, gallery], **quiet)  # a run may have a new name
    camera.input(add_photo, [camera, pictures], [pictures, camera], **private)
    clear.click(lambda: (None, ""), None, [pictures, message], **private)
    save: dict[str, Any] = {**PREDICT, "show_progress_on": cutouts, **private}
    given = [pictures, model, background]
    cards.select(save_chosen, given, saved, **save).success(None, saved, js=DOWNLOAD, **private)
    cards.select(make_finer, [pictures, model], finer, **PREDICT, **quiet).then(None, finer, js=SHOW_FINER, **private)
    cutouts.click(partial(save_all, pipelines), given, saved, **save).success(None, saved, js=DOWNLOAD, **private)
    connect_explanations(cards, pipelines, pictures, options)
    return model


def _build_options() -> tuple[gr.Dropdown, gr.CheckboxGroup, gr.Slider, gr.Slider, gr.Checkbox, gr.Checkbox]:
    """What few people change: background model, stages, how many boxes, from which score, the foil, every object."""
    with gr.Accordion("Options", open=False, elem_id="options"):
        with gr.Row():
            background = gr.Dropdown(
                background_choices(), value="own", label="Background model", info="what cuts the object out"
            )
            stages = gr.CheckboxGroup(list(STAGE_CHOICES), value=[name for _, name in STAGE_CHOICES], label="Stages")
        with gr.Row():
            pretrained = gr.Checkbox(value=False, label=CHOICE, info=ABOUT, elem_id="pretrained")
            every = gr.Checkbox(
                value=False, label="Name every object", info="where there are several: each box gets a name of its own",
                elem_id="every-object",
            )  # fmt: skip
        with gr.Row():
            max_boxes = gr.Slider(1, 10, value=1, step=1, label="Boxes shown", info="at most this many, best first")
            threshold = gr.Slider(
                0, 1, value=0.05, step=0.01, label="Score threshold", info="boxes that score less are left out"
            )
    return background, stages, max_boxes, threshold, pretrained, every


def background_choices() -> list[tuple[str, str]]:
    """(what to show, name) of every background model; one that rembg has to download first says so."""
    notes = {"own": "trained with these models", "none": "keep the background"}
    choices = []
    for name in BACKGROUND_NAMES:
        note = notes.get(name) or ("ready" if is_downloaded(name) else "downloads on first use")
        choices.append((f"{name} – {note}", name))
    return choices


def describe_models(bundle: str) -> tuple[str, str]:
    """The line about the chosen models, and the pictures to try them with."""
    return model_line(bundle), example_buttons(bundle)


def add_example(paths: Sequence[str] | None, bundle: str, chosen: gr.SelectData) -> tuple[Any, str]:
    """The chosen pictures and the example, once; and a sentence where it was among them already."""
    examples = examples_of(bundle)
    if not isinstance(chosen.index, int) or not 0 <= chosen.index < len(examples):
        return gr.skip(), ""
    path = examples[chosen.index].path
    content = path.read_bytes()
    size = len(content)
    if any(one.stat().st_size == size and one.read_bytes() == content for one in map(Path, paths or ())):
        return gr.skip(), notice(f"“{examples[chosen.index].title}” is among the pictures already.")
    # A copy: Gradio hands out nothing that lies where a run's pictures may lie.
    return [*(paths or ()), save_bytes_to_cache(content, path.name, cache_dir=get_upload_folder())], ""


def save_one(pipelines: Pipelines, paths: Sequence[str] | None, bundle: str, background: str, index: Any) -> str:
    """The file with the cut-out of one picture, by its place among those chosen."""
    taken = list(paths or ())[:MAX_PICTURES]
    if not isinstance(index, int) or not 0 <= index < len(taken):
        raise gr.Error("That picture is no longer among those chosen.", print_exception=False)
    try:
        with pipelines.turns.turn(pipelines.get(bundle, background)) as free:
            return save_cutout(free, Path(taken[index]))
    except SmallimgError as error:
        raise gr.Error(str(error), print_exception=False) from error


def finer_one(pipelines: Pipelines, paths: Sequence[str] | None, bundle: str, index: Any) -> dict[str, Any]:
    """What the page is told of one picture's finer cut-out; where there is none, the button comes back."""
    taken = list(paths or ())[:MAX_PICTURES]
    if not isinstance(index, int) or not 0 <= index < len(taken):
        raise gr.Error("That picture is no longer among those chosen.", print_exception=False)
    try:
        with pipelines.turns.turn(pipelines.get(bundle, FINER)) as free:
            return finer_cutout(free, Path(taken[index]), index)
    except SmallimgError as error:
        gr.Warning(str(error))
        return {"index": index, "label": FINER_LABEL}


def save_all(pipelines: Pipelines, paths: Sequence[str] | None, bundle: str, background: str) -> str:
    """The zip with every picture's cut-out."""
    try:
        with pipelines.turns.turn(pipelines.get(bundle, background)) as free:
            return save_cutouts(free, [Path(path) for path in list(paths or ())[:MAX_PICTURES]])
    except SmallimgError as error:
        raise gr.Error(str(error), print_exception=False) from error


def look_at_pictures(  # noqa: PLR0917  # gradio passes values by place
    pipelines: Pipelines,
    paths: Sequence[str] | None,
    bundle: str,
    background: str,
    stages: Sequence[str],
    max_boxes: float,
    threshold: float,
    pretrained: bool = False,
    every: bool = False,
    progress: Any = gr.Progress(),  # noqa: B008  # gradio finds it by this default
) -> tuple[Any, ...]:
    """Put every picture through the pipeline; a file that cannot be read is named and the others go on.

    Returns:
        What to show: the cards, whether there is a report, its table, whether there are cut-outs to save, and the paths
        of the CSV and the JSON file.
    """
    nothing = (gr.Column(visible=False), "", gr.Button(interactive=False), None, None)
    if not paths:
        return steps(cut_out=reads_cutouts(bundle)), *nothing
    try:
        pipeline = pipelines.get(bundle, background)
    except SmallimgError as error:
        return notice(why_unusable(bundle, error)), *nothing

    foil, foil_trouble = open_foil(wanted=pretrained)
    taken, refused = list(paths)[:MAX_PICTURES], list(paths)[MAX_PICTURES:]
    rows: list[str] = []
    records: list[Record] = []
    lines: list[list[str]] = []
    has_cutouts = False
    for index, path in enumerate(map(Path, taken)):
        progress((index, len(taken)), desc=f"Looking at {path.name}", unit="pictures")
        try:
            with pipelines.turns.turn(pipeline) as free:
                image = open_upload(path)
                prediction = _look(free, image, stages, max_boxes, threshold, every=every)
        except SmallimgError as error:
            rows.append(problem_row(path.name, str(error)))
            records.append(problem_record(path.name, str(error)))
            lines.append(problem_table_row(path.name))
            continue
        # The row and the record are all that is kept: eight large pictures would fill the memory.
        rows.append(
            picture_row(
                path.name,
                image,
                prediction,
                size=path.stat().st_size,
                index=index,
                large=large_address(path, image),
                classifier=pipeline.bundle.stages.get("classifier"),
                pretrained=foil(prediction.crop),
            )
        )
        records.append(prediction_record(path.name, prediction))
        lines.append(table_row(path.name, prediction))
        has_cutouts = has_cutouts or prediction.cutout is not None

    html = (
        notice(foil_trouble)
        + notice(refusal([Path(path).name for path in refused]))
        + results(rows, summary(records, bundle, background))
    )
    return (
        html,
        gr.Column(visible=True),
        results_table(TABLE_HEADERS, lines),
        gr.Button(interactive=has_cutouts),
        _to_file(to_csv(records), "smallimg-results.csv"),
        _to_file(to_json(records), "smallimg-results.json"),
    )


def choose_background(
    pipelines: Pipelines,
    bundle: str,
    wanted: str,
    working: str,
    progress: Any = gr.Progress(track_tqdm=True),  # noqa: B008, ARG001  # shows a download's progress
) -> tuple[str, str, str]:
    """Open the background model that was chosen; where that fails say why, and go back to the one that worked."""
    try:
        pipelines.get(bundle, wanted)
    except SmallimgError as error:
        return working, working, notice(f"{error} Going on with “{working}”.")
    return wanted, wanted, ""


def add_photo(photo: str | None, paths: Sequence[str] | None) -> tuple[list[str] | None, None]:
    """The chosen pictures and the photo, and an empty camera for the next one."""
    if photo is None:
        return list(paths or ()) or None, None
    taken = sum(Path(path).stem.startswith("photo-") for path in paths or ())
    path = Path(photo)
    # A copy: what is uploaded lies there once for all who sent the same picture.
    named = save_bytes_to_cache(path.read_bytes(), f"photo-{taken + 1}{path.suffix}", cache_dir=get_upload_folder())
    return [*(paths or ()), named], None


def refusal(names: Sequence[str]) -> str:
    """The sentence about the pictures past the limit, or nothing."""
    if not names:
        return ""
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    were = "were" if len(names) > 1 else "was"
    return (
        f"{MAX_PICTURES} pictures at once are the limit: {', '.join(names[:3])}{more} {were} left out. "
        "Remove one from the list to make room."
    )


def summary(records: Sequence[Record], bundle: str, background: str) -> str:
    """The line above the rows: how many pictures, how long, with what."""
    read = [record for record in records if not record["problem"]]
    whole_ms = sum(record["milliseconds"].get("total", 0) for record in read)
    pictures = "1 picture" if len(read) == 1 else f"{len(read)} pictures"
    steps_ms = sum(time for record in read for stage, time in record["milliseconds"].items() if stage != "total")
    # A detector that reads pictures does not wait for the cut-out, and the steps' times make more than the whole.
    at_once = " (background and object at the same time)" if steps_ms > whole_ms else ""
    engine = next(
        (f" · run by {RUN_BY.get(record['engine'], record['engine'])}" for record in read if record["engine"]), ""
    )
    engine = engine if steps_ms else ""  # every stage was off, or nothing could be read
    with_what = f"models “{model_name(bundle)}” · background model “{background}”{engine}"
    took = f"{pictures} in {milliseconds(whole_ms)}{at_once}" if read else "No picture could be read"
    return f"{took} · {with_what}"


def _look(
    pipeline: Pipeline, image: Image.Image, stages: Sequence[str], max_boxes: float, threshold: float, *, every: bool
) -> Prediction:
    """What the chosen stages say of a picture, and of every object in it where that is asked for."""
    prediction = pipeline.predict(
        image,
        remove_background="background" in stages,
        detect="detector" in stages,
        classify="classifier" in stages,
        score_threshold=threshold,
        max_boxes=MOST_OBJECTS if every else round(max_boxes),
    )
    if every and prediction.probabilities:
        prediction = pipeline.name_objects(image, prediction)
    return replace(prediction, boxes=prediction.boxes[: round(max_boxes)])


def _to_file(text: str, name: str) -> str:
    """A file for a download button, in the folder that Gradio empties by itself."""
    path: str = save_bytes_to_cache(text.encode(), name, cache_dir=get_upload_folder())
    return path
