"""A study of conditions as files, and an object of each size under all conditions as one picture."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from smallimg.errors import DataError
from smallimg.files import write_json, write_text
from smallimg.pictures.images import open_local
from smallimg.pictures.masks import open_mask
from smallimg.pictures.preprocess import letterbox, on_fill
from smallimg.study.conditions.factors import CONDITIONS, Strengths, apply
from smallimg.study.conditions.findings import Finding
from smallimg.study.conditions.objects import SIZES
from smallimg.study.conditions.tried import Cell, Change, Tried, cells_csv, changes_csv

#: Side in pixels of a picture of the sheet, and of the line above it.
SIDE, LINE = 150, 16
RIGHT, WRONG = (22, 128, 60), (190, 40, 40)


def write_study(  # noqa: PLR0917
    out: Path,
    tried: Sequence[Tried],
    cells: Sequence[Cell],
    changes: Sequence[Change],
    found: Sequence[Finding],
    strengths: Strengths,
    seed: int,
) -> list[str]:
    """Write the two tables, the findings with the settings, and the sheet; gives the files' names.

    Raises:
        DataError: when they cannot be written.
    """
    settings = {"strengths": asdict(strengths), "seed": seed, "objects": len(tried)}
    try:
        out.mkdir(parents=True, exist_ok=True)
        write_text(out / "results_conditions.csv", cells_csv(cells))
        write_text(out / "changes.csv", changes_csv(changes))
        write_json(out / "conditions.json", settings | {"findings": [asdict(one) for one in found]})
        sheet(tried, strengths=strengths, seed=seed).save(out / "sheet.png")
    except OSError as error:
        raise DataError(f"{out} could not be written ({error.strerror}): choose another folder.") from error
    return ["results_conditions.csv", "changes.csv", "conditions.json", "sheet.png"]


def sheet(tried: Sequence[Tried], *, strengths: Strengths, seed: int) -> Image.Image:
    """The first object of each size, a row each, under every condition; its frame says whether it was named rightly."""
    firsts = [next(((n, one) for n, one in enumerate(tried) if one.thing.size == size), None) for size in SIZES]
    rows = [first for first in firsts if first is not None]
    page = Image.new("RGB", (len(CONDITIONS) * SIDE, len(rows) * (SIDE + LINE)), "white")
    draw = ImageDraw.Draw(page)
    for row, (number, one) in enumerate(rows):
        picture = on_fill(open_local(one.thing.path))
        mask = None if one.thing.mask is None else open_mask(one.thing.mask)
        for column, condition in enumerate(CONDITIONS):
            shown, _ = apply(
                condition, picture, np.array(one.thing.box_xyxy, np.float32),
                strengths=strengths, seed=seed + number, mask=mask,
            )  # fmt: skip
            left, top = column * SIDE, row * (SIDE + LINE)
            draw.text((left + 3, top + 2), f"{one.thing.size}: {condition}" if column == 0 else condition, "black")
            page.paste(letterbox(shown, SIDE - 6)[0], (left + 3, top + LINE + 3))
            colour = RIGHT if one.right[condition] else WRONG
            draw.rectangle((left + 1, top + LINE + 1, left + SIDE - 2, top + LINE + SIDE - 2), outline=colour, width=2)
    return page
