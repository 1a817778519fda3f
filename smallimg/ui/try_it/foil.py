"""The names of a network that others trained, beside ours: what more data and a pre-trained network give."""

from collections.abc import Callable, Sequence

from PIL import Image

from smallimg.errors import TrainingError

MOST = 4
CHOICE = "Names by an ImageNet network too"
ABOUT = "pre-trained by others, not ours: to compare on the same crop; 10 MB are downloaded once"
Foil = Callable[[Image.Image | None], Sequence[tuple[str, float]]]


def open_foil(*, wanted: bool) -> tuple[Foil, str]:
    """Who names a crop, best first, and a sentence where that is nobody though it was wanted."""
    if wanted:
        from smallimg.study.pretrained import pretrained_names  # torch, for those who ask for it

        try:
            network = pretrained_names()
        except TrainingError as error:
            return _nobody, str(error)
        return (lambda crop: network(crop, most=MOST) if crop is not None else ()), ""
    return _nobody, ""


def _nobody(_crop: Image.Image | None) -> Sequence[tuple[str, float]]:
    return ()
