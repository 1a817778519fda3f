"""What was seen in a data set as files."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from smallimg.data.dataset import Dataset
from smallimg.errors import DataError, called
from smallimg.files import write_json, write_text
from smallimg.study.explain.seen import SetSeen
from smallimg.study.explain.set_table import Row, inside_csv
from smallimg.study.explain.sheet import least_inside_first, sheet


def write_set(found: SetSeen, rows: Sequence[Row], dataset: Dataset, out: Path, *, method: str) -> list[str]:
    """Write `scores.json` with the table, `inside.csv` with a row a picture, and a sheet of each kind of answer.

    Returns:
        The files' names.

    Raises:
        DataError: when they cannot be written.
    """
    sheets = {"sheet-right.png": True, "sheet-wrong.png": False}
    written = ["scores.json", "inside.csv"]
    try:
        out.mkdir(parents=True, exist_ok=True)
        table = [asdict(row) for row in rows]
        write_json(out / "scores.json", {"method": method, "pictures": len(found.seen), "of": found.of, "rows": table})
        write_text(out / "inside.csv", inside_csv(found.seen, dataset.root))
        for name, is_right in sheets.items():
            if chosen := least_inside_first(found.seen, is_right=is_right):
                sheet(chosen).save(out / name)
                written.append(name)
    except OSError as error:
        raise DataError(f"{called(out)} could not be written ({error.strerror}): choose another folder.") from error
    return written
