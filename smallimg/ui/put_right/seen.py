"""What a run or an evaluation said of pictures, and where these lie: what can be put right from a page that shows it.

It goes by a word, `run:ID` or `evaluation:ID`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from smallimg.data.by_class import can_be_changed, open_set
from smallimg.data.kept import KeptData, data_folder, find_data
from smallimg.data.put_right import Since
from smallimg.errors import DataError, RunError
from smallimg.runs.evaluation import EVALUATIONS
from smallimg.runs.outcome import read_outcome
from smallimg.runs.run import read_run
from smallimg.study.rows import read_rows

RUN, EVALUATION = "run", "evaluation"


@dataclass(frozen=True)
class Seen:
    """What was said of a set's pictures.

    Attributes:
        data: where the set lies, as it was given.
        root: its top, below which the pictures' names are.
        pictures: each by its name, as `smallimg.runs.measure.write_outcome` writes it.
        classes: those that it was measured with.
        created: when the run or the evaluation began, in seconds since 1970.
    """

    data: Path
    root: Path
    pictures: Mapping[str, Mapping[str, Any]]
    classes: tuple[str, ...]
    created: float


def find_seen(of: str) -> Seen:
    """What a run or an evaluation said.

    Raises:
        DataError: when it is not there any more, or has said nothing.
    """
    kind, _, one_id = of.partition(":")
    try:
        if kind == RUN:
            run = read_run(one_id)
            outcome = read_outcome(run.path) or {}
            return _seen(run.config.data, outcome.get("root"), outcome, run.created)
        if kind == EVALUATION:
            one = EVALUATIONS.read(one_id)
            pictures = [row.as_picture() for row in read_rows(one.path / "predictions.csv") if not row.error]
            outcome = {"metrics": one.figures, "pictures": pictures}
            return _seen(one.config.data, one.about.get("root"), outcome, one.created)
    except RunError as error:
        raise DataError("What is shown here is gone: reload the page.") from error
    raise DataError("The page asks about nothing that is here: reload it.")


def _seen(data: str, root: Any, outcome: Mapping[str, Any], created: float) -> Seen:
    if not data or not root:
        raise DataError("The pictures of this one are not here, so that nothing can be put right.")
    return Seen(
        Path(data),
        Path(str(root)),
        {str(one["image"]): one for one in outcome.get("pictures", ())},
        tuple(outcome.get("metrics", {}).get("classes", ())),
        created,
    )


def set_of(seen: Seen) -> KeptData:
    """The set whose pictures these are, one of those that the page keeps; from now on it is changed the way it can be.

    Raises:
        DataError: when it lies elsewhere, or is gone.
    """
    if not seen.data.resolve().is_dir():
        raise DataError(f"The pictures at {seen.data} are gone: nothing can be put right there.")
    beside = data_folder().resolve()
    if seen.data.resolve().parent != beside and not (seen.data.parent.resolve() == beside and seen.data.is_symlink()):
        raise DataError(
            f"These pictures lie in {seen.data}, outside of the sets of this page, and are not changed from here: put "
            "them right there, or bring that folder in as a set."
        )
    kept = find_data(seen.data.name)
    if seen.root.resolve() == kept.path.resolve() and can_be_changed(kept):
        open_set(kept.id)  # from here on its pictures are moved
    return kept


def since_words(since: Since, truth: str | None) -> str:
    """What became of a picture since it was measured; "" where nothing did."""
    if since.is_out:
        return "left out"
    if since.class_name is not None and since.class_name != truth:
        return f"put right: {since.class_name}"
    return ""
