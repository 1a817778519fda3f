"""The whole report on a data set: what its pictures say when they are opened, and when something learns from them."""

from collections.abc import Callable
from dataclasses import replace

from smallimg.data.checks.backgrounds import revealing_backgrounds
from smallimg.data.preview import Preview
from smallimg.study.wrong_labels import probable_wrong_labels


def look_closer(preview: Preview, *, progress: Callable[[int, int], None] | None = None) -> Preview:
    """The report with what the checks find that learn from the data; some seconds for a thousand pictures.

    Args:
        preview: of data that was read.
        progress: called with how many pictures have been looked at, and of how many; from the start for each check.

    Raises:
        ImageError: when a picture does not open any more.
        BundleError: when the bundle is missing or damaged that looks at the pictures.
    """
    dataset = preview.dataset
    learned = replace(dataset, samples=(*dataset.samples, *dataset.validation), validation=())
    found = (
        revealing_backgrounds(learned, progress=progress),
        probable_wrong_labels(learned, progress=progress),
    )
    return preview.adding([finding for finding in found if finding is not None])
