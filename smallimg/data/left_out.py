"""Pictures that are not to be used: named in a file of the data set, so that every reader leaves them out.

The file is `left-out.txt` at the top of the data, a name a line, as it lies below the top: `train/cats/7.jpg`. It can
be written by hand too, and what is deleted from it is used again.
"""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from smallimg.data.dataset import Dataset, Sample
from smallimg.data.kept import name_of_data
from smallimg.data.problems import About
from smallimg.data.wording import FOUND, some
from smallimg.errors import DataError, why
from smallimg.files import write_text

LEFT_OUT = "left-out.txt"


def read_left_out(root: Path) -> tuple[str, ...]:
    """The names in the file, in its order; nothing where there is none.

    Raises:
        DataError: when it is there and cannot be read.
    """
    try:
        text = (root / LEFT_OUT).read_text("utf-8-sig")
    except FileNotFoundError:
        return ()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(
            f"{LEFT_OUT} of “{name_of_data(root)}” cannot be read ({why(error)}): write it as UTF-8 text, "
            "a picture a line, or delete it."
        ) from error
    lines = (line.strip().replace("\\", "/").removeprefix("./") for line in text.splitlines())
    return tuple(dict.fromkeys(line for line in lines if line and not line.startswith("#")))


def leave_out(root: Path, pictures: Iterable[Path]) -> int:
    """Leave these pictures out from now on, besides those that are left out already.

    Args:
        root: the data set's folder.
        pictures: in it or below.

    Returns:
        How many more are left out now.

    Raises:
        DataError: when a picture lies elsewhere, or the file cannot be written.
    """
    before = read_left_out(root)
    try:
        names = [path.resolve().relative_to(root.resolve()).as_posix() for path in pictures]
    except ValueError as error:
        raise DataError(
            f"Only pictures of “{name_of_data(root)}” can be left out of it: choose those that lie in its folder."
        ) from error
    _write(root, more := tuple(dict.fromkeys((*before, *names))))
    return len(more) - len(before)


def take_back(root: Path, picture: str | None = None) -> int:
    """Use a picture again, by its name in the file, or all of them; how many had been left out.

    Raises:
        DataError: when the file cannot be written or deleted.
    """
    names = read_left_out(root)
    rest = tuple(name for name in names if name != picture) if picture is not None else ()
    count = len(names) - len(rest)
    if rest:
        _write(root, rest)
        return count
    try:
        (root / LEFT_OUT).unlink(missing_ok=True)
    except OSError as error:
        raise DataError(
            f"{LEFT_OUT} of “{name_of_data(root)}” cannot be deleted ({error.strerror}): delete it by hand."
        ) from error
    return count


def without_left_out(dataset: Dataset) -> Dataset:
    """The data set without the pictures that its file names; how many these are is told in `notes`.

    A submission has a row for each of them all the same. A name that no picture has is told, too.

    Raises:
        DataError: when nothing is left.
    """
    names = frozenset(read_left_out(dataset.root))
    if not names:
        return dataset

    def is_named_at(path: Path) -> bool:
        return path.is_relative_to(dataset.root) and path.relative_to(dataset.root).as_posix() in names

    def is_named(sample: Sample) -> bool:
        return is_named_at(sample.path)

    samples, validation = (
        tuple(sample for sample in part if not is_named(sample)) for part in (dataset.samples, dataset.validation)
    )
    unused = tuple(replace(sample, label=None, mask=None) for sample in dataset.samples if is_named(sample))
    # Nor is anything wrong any more with what is not used.
    problems = tuple(one for one in dataset.problems if not (isinstance(one, About) and is_named_at(one.picture)))
    unusable = {sample.path for sample in dataset.left_out if is_named(sample)}
    count = len(unused) + len(dataset.validation) - len(validation) + len(unusable)
    if dataset.samples and not samples:
        raise DataError(
            f"{name_of_data(dataset.root)}: {LEFT_OUT} leaves out all of its pictures: delete lines of it, or the file."
        )
    notes = list(dataset.notes)
    if count:
        told = "picture that it names is" if count == 1 else "pictures that it names are"
        notes.append(f"{LEFT_OUT}: {count:,} {told} left out; delete the line to use one again")
    gone = sorted(name for name in names if not (dataset.root / name).is_file())
    if gone:
        shown = some(gone, most=FOUND)
        notes.append(f"{LEFT_OUT} names {len(gone):,} that are not there ({shown}): look for a mistake in the names")
    return replace(
        dataset,
        samples=samples,
        validation=validation,
        problems=problems,
        notes=tuple(notes),
        left_out=(*dataset.left_out, *unused),
    )


def _write(root: Path, names: tuple[str, ...]) -> None:
    try:
        write_text(root / LEFT_OUT, "".join(f"{name}\n" for name in names))
    except OSError as error:
        raise DataError(
            f"{LEFT_OUT} of “{name_of_data(root)}” cannot be written ({why(error)}): make room, or write it by hand."
        ) from error
