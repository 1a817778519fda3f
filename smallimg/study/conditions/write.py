"""A study of conditions as files; and an object of each size under all conditions as one picture."""

from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw

from smallimg.errors import DataError, called
from smallimg.files import write_json, write_text
from smallimg.pictures.preprocess import letterbox
from smallimg.pipeline import Pipeline
from smallimg.study.conditions.chart import heat_map
from smallimg.study.conditions.factors import Strengths, apply
from smallimg.study.conditions.objects import SIZES
from smallimg.study.conditions.placing import place
from smallimg.study.conditions.study import Study
from smallimg.study.conditions.tried import Tried, cells_csv, changes_csv

#: Side in pixels of a picture of the sheet, and of the line above it.
SIDE, LINE = 150, 16
RIGHT, WRONG = (22, 128, 60), (190, 40, 40)


def write_study(out: Path, study: Study, pipeline: Pipeline) -> list[str]:
    """Write the two tables, the study with its findings, the sheet and the heat map; gives the files' names.

    Raises:
        DataError: when they cannot be written.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        write_text(out / "results_conditions.csv", cells_csv(study.cells))
        write_text(out / "changes.csv", changes_csv(study.changes))
        write_json(out / "conditions.json", study.as_dict())
        sheet(pipeline, study.tried, strengths=study.strengths, seed=study.seed).save(out / "sheet.png")
        heat_map(study.cells).save(out / "heatmap.png")
    except OSError as error:
        raise DataError(f"{called(out)} could not be written ({error.strerror}): choose another folder.") from error
    return ["results_conditions.csv", "changes.csv", "conditions.json", "sheet.png", "heatmap.png"]


def sheet(pipeline: Pipeline, tried: Sequence[Tried], *, strengths: Strengths, seed: int) -> Image.Image:
    """The first object of each size, a row each, under every condition; its frame says whether it was named rightly."""
    firsts = [next((one for one in tried if one.thing.size == size), None) for size in SIZES]
    rows = [first for first in firsts if first is not None]
    conditions = list(tried[0].right)
    page = Image.new("RGB", (len(conditions) * SIDE, len(rows) * (SIDE + LINE)), "white")
    draw = ImageDraw.Draw(page)
    for row, one in enumerate(rows):
        placed = place(pipeline, one.thing, seed=seed)
        if placed is None:  # as it was not when it was tried
            continue
        picture, box, mask = placed
        for column, condition in enumerate(conditions):
            drawn = seed + one.thing.identity
            shown, _ = apply(condition, picture, box, strengths=strengths, seed=drawn, mask=mask)
            left, top = column * SIDE, row * (SIDE + LINE)
            draw.text((left + 3, top + 2), f"{one.thing.size}: {condition}" if column == 0 else condition, "black")
            page.paste(letterbox(shown, SIDE - 6)[0], (left + 3, top + LINE + 3))
            colour = RIGHT if one.right[condition] else WRONG
            draw.rectangle((left + 1, top + LINE + 1, left + SIDE - 2, top + LINE + SIDE - 2), outline=colour, width=2)
    return page
