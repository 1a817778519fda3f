"""Results as records, and records as a table, CSV and JSON.

A record is `Prediction.as_dict` with a `problem` beside it: None, or the sentence why a picture could not be read.
"""

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

from smallimg.results import Prediction
from smallimg.ui.cards import milliseconds, percent

Record = dict[str, Any]
TABLE_HEADERS = ("Picture", "What it is", "Sure", "Box (x1, y1, x2, y2)", "Box score", "Time")
CSV_HEADERS = (
    "image",
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
        "label": None,
        "probabilities": {},
        "milliseconds": {},
        "known": True,
        "problem": sentence,
    }


def to_table(records: Sequence[Record]) -> list[list[str]]:
    """One row of text a record, under `TABLE_HEADERS`; a stage that was off, or found nothing, says so."""
    rows = []
    for record in records:
        if record["problem"]:
            rows.append([record["image"], "not read", "", "", "", ""])
            continue
        label, box, times = record["label"], record["box"], record["milliseconds"]
        no_box = "no object found" if "detector" in times else "stage off"
        rows.append(
            [
                record["image"],
                (label if record["known"] else f"not sure ({label}?)") if label else "stage off",
                percent(record["probabilities"][label]) if label else "",
                ", ".join(f"{value:.0f}" for value in box) if box else no_box,
                percent(record["box_score"]) if box else "",
                milliseconds(times["total"]),
            ]
        )
    return rows


def to_csv(records: Sequence[Record]) -> str:
    """The records as CSV under `CSV_HEADERS`; text that a spreadsheet would run as a formula is made plain."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(CSV_HEADERS)
    for record in records:
        label = record["label"]
        writer.writerow(
            [
                _plain(record["image"]),
                _plain(label or ""),
                "" if label is None else "yes" if record["known"] else "no",
                record["probabilities"].get(label, ""),
                *(record["box"] or ("", "", "", "")),
                "" if record["box_score"] is None else record["box_score"],
                record["milliseconds"].get("total", ""),
                _plain(record["problem"] or ""),
            ]
        )
    return text.getvalue()


def to_json(records: Sequence[Record]) -> str:
    """The records as a JSON array."""
    return json.dumps(records, indent=2, ensure_ascii=False) + "\n"


def _plain(cell: str) -> str:
    """`cell`, with a leading apostrophe where a spreadsheet would take it for a formula (OWASP, "CSV Injection")."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell
