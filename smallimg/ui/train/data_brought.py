"""Pictures that are brought, drawn or fetched in step 1 of the "Train" tab, and looked at; or why they cannot be."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from smallimg.data.by_class import add_class, add_picture, new_set
from smallimg.data.kept import delete_data, list_data
from smallimg.data.sources import draw_sample, fetch_known, keep_upload
from smallimg.errors import DataError, ImageError, SmallimgError, Stopped
from smallimg.pictures.images import IMAGE_SUFFIXES
from smallimg.ui.cards import notice
from smallimg.ui.patience import counting
from smallimg.ui.train.data_shown import look, nothing, refused
from smallimg.ui.uploads import forget
from smallimg.visitors.wanted import still_wanted

SIZES = {"all of it: 1600 pictures to learn from, 800 to test on": (1600, 800), "a quarter: 400 and 200": (400, 200)}
#: The class in which loose pictures wait to be sorted.
UNSORTED = "not sorted yet"


def take_sample(size: str, progress: Any = gr.Progress()) -> tuple[Any, ...]:  # noqa: B008  # gradio finds it by this
    """Draw the sample challenge, or take the one drawn before, and look at it."""
    train, test = SIZES[size]
    return _look_at_new(lambda: draw_sample(train=train, test=test, progress=counting(progress, "Drawing")), progress)


def take_upload(dropped: Sequence[str] | None, progress: Any = gr.Progress()) -> tuple[Any, ...]:  # noqa: B008
    """Keep what was dropped, and look at it; what cannot be used is told in a sentence.

    Loose pictures become a set of one class, to be sorted by `sort_loose`.
    """
    files = [Path(one) for one in dropped or ()]
    if not files:
        return nothing()
    progress(0, desc="Unpacking")

    def bring() -> Path:
        if len(files) > 1:
            raise DataError("These are a zip and something else: drop one zip, or pictures alone.")
        try:
            return keep_upload(files[0], name=files[0].stem)
        except DataError:
            forget(files)
            raise

    return _take_loose(files, progress) if are_loose(files) else _look_at_new(bring, progress)


def are_loose(files: Sequence[Path]) -> bool:
    """Whether what was dropped are pictures alone."""
    return all(file.suffix.lower() in IMAGE_SUFFIXES for file in files)


def _take_loose(files: Sequence[Path], progress: Any) -> tuple[Any, ...]:
    """Lay loose pictures out in a set of their own, to be sorted; nothing is left of it where none can be."""
    try:
        kept = new_set("Loose pictures")
        try:
            add_class(kept.path, UNSORTED)
            faults = _add_loose(kept.path, files, progress)
        except (SmallimgError, OSError):
            delete_data(kept.id)
            raise
    except (SmallimgError, OSError) as error:
        if isinstance(error, DataError | ImageError):
            forget(files)
        return refused(error)
    return kept.id, (), " ".join(map(notice, faults)), "", gr.DownloadButton(visible=False)


def _look_at_new(bring: Callable[[], Path], progress: Any) -> tuple[Any, ...]:
    """Have a set brought here and look at it. Where that is cancelled, what was not here before is gone again."""
    try:
        still_wanted()
        before = {kept.id for kept in list_data()}
        path = bring()
        try:
            return look(path.name, progress)
        except Stopped:
            if path.name not in before:
                delete_data(path.name)
            raise
    except (SmallimgError, OSError) as error:
        return refused(error)


def _add_loose(root: Path, files: Sequence[Path], progress: Any) -> list[str]:
    """Put loose pictures into a set; a sentence for each of the first few that cannot be.

    Raises:
        DataError: when none can be, or the set is full.
    """
    faults: list[str] = []
    tell = counting(progress, "Laying out")
    for done, file in enumerate(files, start=1):
        try:
            add_picture(root, UNSORTED, file.read_bytes(), name=file.name)
        except ImageError as error:
            faults.append(str(error))
        tell(done, len(files))
    if len(faults) == len(files):
        raise DataError(faults[0])
    return [*faults[:3], *([f"… and {len(faults) - 3} more."] if len(faults) > 3 else [])]


def take_known(name: str, per_class: float, progress: Any = gr.Progress()) -> tuple[Any, ...]:  # noqa: B008
    """Fetch a known set, and look at it; without a network that is told in a sentence."""
    progress(0, desc=f"Fetching {name}")
    return _look_at_new(
        lambda: fetch_known(name, per_class=round(per_class), progress=counting(progress, "Writing")), progress
    )
