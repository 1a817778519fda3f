"""What the "Why it fails" tab does: one picture under all conditions, and studies of many objects."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np

from smallimg.data.kept import name_of_data
from smallimg.errors import DataError, SmallimgError, in_words
from smallimg.pictures.images import open_image
from smallimg.pictures.preprocess import on_fill
from smallimg.results import Box
from smallimg.runs.study import STUDIES, Studied, StudyConfig
from smallimg.study.conditions.conduct import Protocol
from smallimg.study.conditions.factors import CONDITIONS, CORRUPTIONS, Strengths, apply
from smallimg.study.conditions.study import Study
from smallimg.ui.cards import notice
from smallimg.ui.data_choice import chosen_folder
from smallimg.ui.jobs.actions import fresh_list, read_finished
from smallimg.ui.jobs.files import file_buttons
from smallimg.ui.patience import counting
from smallimg.ui.pipelines import Pipelines
from smallimg.ui.plot import plot_json
from smallimg.ui.try_it.models import model_name, why_unusable
from smallimg.ui.why.figures import change_figure, heat_figure
from smallimg.ui.why.view import conditions_row, objects_of, study_head, study_tables
from smallimg.ui.why.words import FILE_WORDS

MOST = 600
#: What can be said of pasting, and of who names → what it means.
PASTING: dict[str, bool | None] = {"Only where a size is lacking": None, "Always": True, "Never": False}
WHO: dict[str, Protocol] = {"The models chosen above": "bundle", "A ResNet-18 that learns these classes": "document"}
NOTHING = '<p class="si-sentence">Drop a picture above to see it here.</p>'


def look_at_one(  # noqa: PLR0917  # gradio passes values by place
    pipelines: Pipelines,
    bundle: str,
    file: str | None,
    downscale: float,
    motion: float,
    occlusion: float,
    blur: float,
    severity: float,
) -> tuple[str, str]:
    """One picture under all conditions, and under the corruptions, around the object that the pipeline finds in it."""
    if not file:
        return "", NOTHING
    strengths = Strengths(
        downscale=downscale, motion=motion, occlusion=occlusion, blur=blur, severity=round(severity)
    )  # fmt: skip
    try:
        pipeline = pipelines.get(bundle, "own")
    except SmallimgError as error:
        return notice(why_unusable(bundle, error)), NOTHING
    try:
        picture = open_image(file, name=Path(file).name)
    except SmallimgError as error:
        return notice(str(error)), NOTHING
    if "classifier" not in pipeline.bundle.stages:
        return notice(f"“{model_name(bundle)}” names nothing: choose models with a classifier."), NOTHING
    found = pipeline.predict(picture, classify=False, max_boxes=1)
    flat = on_fill(picture)
    box = np.array(found.box.xyxy if found.box else (0, 0, *flat.size), np.float32)
    reads_cutout = pipeline.bundle.stages["classifier"].reads == "cutout"
    mask = found.cutout.getchannel("A") if found.cutout is not None else None
    shown = {}
    for condition in (*CONDITIONS, *CORRUPTIONS):
        seen, inside = apply(condition, flat, box, strengths=strengths, seed=0, mask=mask)
        x1, y1, x2, y2 = map(float, inside)
        said = pipeline.predict(seen, remove_background=reads_cutout, boxes=[Box(x1, y1, x2, y2, 1.0)])
        shown[condition] = seen, said
    rows = [conditions_row({name: shown[name] for name in names}) for names in (CONDITIONS, CORRUPTIONS)]
    return rows[0], rows[1]


def find_out(  # noqa: PLR0917  # gradio passes values by place
    bundle: str,
    most: float,
    source: str,
    dropped: str | None,
    kept: str | None,
    part: str | None,
    pasting: str,
    who: str,
    corrupted: bool,
    downscale: float,
    motion: float,
    occlusion: float,
    blur: float,
    severity: float,
    progress: Any = gr.Progress(),  # noqa: B008  # gradio finds it by this default
) -> tuple[str, Any]:
    """Start the study of a data set; what keeps it from starting is told in a sentence.

    Returns:
        The message, and the list of studies.
    """
    try:
        strengths = Strengths(
            downscale=downscale, motion=motion, occlusion=occlusion, blur=blur, severity=round(severity)
        )  # fmt: skip
        data = chosen_folder(source, dropped, kept, progress=counting(progress, "Drawing"))
        config = StudyConfig(
            bundle,
            str(data),
            split=part or "test",
            most=round(min(most, MOST)),
            paste=PASTING.get(pasting),
            protocol=WHO.get(who, "bundle"),
            corruptions=bool(corrupted),
            strengths=asdict(strengths),
            model_name=model_name(bundle),
            data_name=name_of_data(data),
        )
        one = STUDIES.start(STUDIES.create(config).id)
    except (SmallimgError, OSError, ValueError) as error:
        return notice(in_words(error)), gr.skip()
    return "", fresh_list(STUDIES, one.id)


def show_study(study_id: str) -> tuple[Any, ...]:
    """What came of a finished study: the head, the two plots, the tables, the files, and none of its objects opened."""
    one = read_finished(STUDIES, study_id)
    if one is None:
        return "", None, None, "", "", ""
    try:
        study = read_study(one)
    except DataError as error:
        return notice(str(error)), None, None, "", "", ""
    by = study.named_by if one.config.protocol == "document" else f"“{one.config.model_name}”"
    plots = [plot_json(heat_figure(study.cells)), plot_json(change_figure(study.changes))]
    return (
        "".join(map(notice, study.unread[:1])) + study_head(study, named_by=by),
        *plots,
        study_tables(study),
        file_buttons(one, FILE_WORDS),
        "",
    )


def open_cell(study_id: str | None, cell: gr.SelectData) -> str:
    """The objects behind a cell of the heat map, “condition,size”: the wrong ones first."""
    one = read_finished(STUDIES, study_id)
    condition, _, size = str(cell.value).partition(",")
    try:
        study = read_study(one) if one else None
    except DataError as error:
        return notice(str(error))
    return objects_of(study, condition, size) if study is not None else ""


def read_study(one: Studied) -> Study:
    """A finished study from its files.

    Raises:
        DataError: when they are damaged.
    """
    return Study.from_dict(one.figures, Path(str(one.about.get("root", ""))))
