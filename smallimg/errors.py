"""The exceptions smallimg raises on purpose.

Every message is one or two sentences for the person who caused it: what was expected, what came, what to do next.
Callers catch `SmallimgError` to show that sentence; anything else that escapes is a bug.
"""

import errno
from pathlib import Path

#: What the system says where no more can be written; a limit on the size of a file is a full disk, too.
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
#: What it says where a folder may not be written to.
LOCKED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


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


class OwnerError(SmallimgError):
    """A visitor of an open page asks for more than there is for each."""


class Stopped(SmallimgError):  # noqa: N818  (somebody asked for it: no error)
    """Training was asked to stop; the state of the last whole epoch is on disk."""


def is_full(error: BaseException) -> bool:
    """Whether an error comes of a full disk; torch has no class of its own for that."""
    number = error.errno if isinstance(error, OSError) else None
    return number in FULL or "No space left" in str(error) or "file write failed" in str(error)


def in_words(error: Exception) -> str:
    """An error for people: ours as it is, the system's as a sentence that tells a file's name and not where it lies."""
    if is_full(error):
        return "The disk is full: make room, then try again."
    if not isinstance(error, OSError) or error.strerror is None:
        return str(error)
    name = f"“{Path(str(error.filename)).name}”" if error.filename else "A file"
    if error.errno in LOCKED:
        return f"{name} may not be written or read here: give this user the right to, or choose another folder."
    return f"{name} could not be written or read ({error.strerror}): look whether it is there, then try again."


def called(path: Path) -> str:
    """A file or a folder as messages name it: pages show them, and where a server keeps things is its own affair."""
    return path.name or path.absolute().name or str(path)


def called_of(file: Path) -> str:
    """A file and the folder that it is a part of, as messages name them: one of a bundle's."""
    return f"{file.name} of “{called(file.parent)}”"


def why(error: Exception) -> str:
    """Another package's reason, or the system's without the path that it is about."""
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


def first_line(error: BaseException) -> str:
    """What another package's error says, in one line; its name where it says nothing."""
    text = str(error).strip()
    return text.splitlines()[0] if text else type(error).__name__
