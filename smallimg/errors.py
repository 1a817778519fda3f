"""The exceptions smallimg raises on purpose.

Every message is one or two sentences for the person who caused it: what was expected, what came, what to do next.
Callers catch `SmallimgError` to show that sentence; anything else that escapes is a bug.
"""


class SmallimgError(Exception):
    """Base of every error that has a remedy."""


class ImageError(SmallimgError):
    """A file or buffer could not be opened as a picture."""


class DataError(SmallimgError):
    """A data set could not be read, or holds nothing to work with."""


class BundleError(SmallimgError):
    """A bundle of trained models is missing, damaged or of another format."""


class BackgroundError(SmallimgError):
    """A background model is unknown, or could not be downloaded."""


class TrainingError(SmallimgError):
    """Training cannot start, or cannot go on."""


class RunError(SmallimgError):
    """A training run does not exist, or cannot do what was asked of it now."""


class Stopped(SmallimgError):  # noqa: N818  (somebody asked for it: no error)
    """Training was asked to stop; the state of the last whole epoch is on disk."""


def first_line(error: BaseException) -> str:
    """What another package's error says, in one line; its name where it says nothing."""
    text = str(error).strip()
    return text.splitlines()[0] if text else type(error).__name__
