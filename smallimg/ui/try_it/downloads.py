"""Results as records, and records as a table, CSV and JSON.

A record is `Prediction.as_dict` with a `problem` beside it: None, or the sentence why a picture could not be read.
"""

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

from smallimg.cli.wording import milliseconds, named, percent, share_said
from smallimg.files import plain_cell
from smallimg.results import Prediction

Record = dict[str, Any]
TABLE_HEADERS = ("Picture", "What it is", "Probability", "Box (x1, y1, x2, y2)", "Box score", "Time")
CSV_HEADERS = (
    "image",
    "answer",
    "level",
    "label",
    "known",
    "probability",
    "xmin",
    "ymin",
    "xmax",
    "ymax",
    "box_score",
    "milliseconds",
    "problem",
)


def prediction_record(name: str, prediction: Prediction) -> Record:
    """The record of a picture that went through the pipeline."""
    return {**prediction.as_dict(name), "problem": None}


def problem_record(name: str, sentence: str) -> Record:
    """The record of a file that could not be read."""
    return {
        "image": name,
        "box": None,
        "box_score": None,
        "answer": None,
        "level": None,
        "label": None,
        "probabilities": {},
        "milliseconds": {},
        "engine": None,
        "known": None,
        "problem": sentence,
    }


def table_row(name: str, prediction: Prediction) -> list[str]:
    """What the cards say of a picture, in a row under `TABLE_HEADERS`; a stage that was off, or found nothing, says so.

    It is made from the prediction, as the cards are: a record's numbers are rounded already.
    """
    said, box = share_said(prediction), prediction.box
    no_box = "no object found" if "detector" in prediction.milliseconds else "stage off"
    return [
        name,
        named(prediction) or "stage off",
        percent(said) if said is not None else "",
        ", ".join(f"{value:.0f}" for value in box.xyxy) if box else no_box,
        percent(box.score) if box else "",
        milliseconds(prediction.milliseconds["total"]),
    ]


def problem_table_row(name: str) -> list[str]:
    """The row of a file that could not be read."""
    return [name, "not read", *[""] * (len(TABLE_HEADERS) - 2)]


def to_csv(records: Sequence[Record]) -> str:
    """The records as CSV under `CSV_HEADERS`; text that a spreadsheet would run as a formula is made plain."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(CSV_HEADERS)
    for record in records:
        label = record["label"]
        writer.writerow(
            [
                plain_cell(record["image"]),
                plain_cell(record["answer"] or ""),
                record["level"] or "",
                plain_cell(label or ""),
                {None: "", True: "yes", False: "no"}[record["known"]],
                record["probabilities"].get(label, ""),
                *(record["box"] or ("", "", "", "")),
                "" if record["box_score"] is None else record["box_score"],
                record["milliseconds"].get("total", ""),
                plain_cell(record["problem"] or ""),
            ]
        )
    return text.getvalue()


def to_json(records: Sequence[Record]) -> str:
    """The records as a JSON array."""
    return json.dumps(records, indent=2, ensure_ascii=False) + "\n"
