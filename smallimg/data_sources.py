"""Where training data comes from; whatever the source, it becomes a folder below `data_folder()`.

The sample challenge is drawn, what somebody drops in the page is unpacked and kept, known sets are fetched through
torchvision's own loaders. A folder is made under a temporary name and renamed when it is whole, so that one that was
cut short is never taken for data.
"""

import os
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from smallimg.archives import extract_zip
from smallimg.challenge import write_challenge
from smallimg.datasets import TEXT_SUFFIXES, read_dataset
from smallimg.errors import DataError
from smallimg.images import IMAGE_SUFFIXES

#: Of what is sent to the page. A picture's mask is a file as well, so that the sample challenge has 4,800.
MAX_FILES = 20_000
MAX_BYTES = 500_000_000
#: Known sets by name: what they are, and torchvision's loader of them.
KNOWN = {
    "CIFAR-10": "32 px photos of 10 kinds of things",
    "Fashion-MNIST": "28 px grey pictures of 10 kinds of clothes",
}
_LOADERS = {"CIFAR-10": "CIFAR10", "Fashion-MNIST": "FashionMNIST"}
Report = Callable[[int, int], None]


def data_folder() -> Path:
    """Where data sets live: `$SMALLIMG_DATA`, or `data/` in the working folder."""
    return Path(os.environ.get("SMALLIMG_DATA", "data"))


def available_data() -> list[Path]:
    """The data sets that are there, the newest first."""
    base = data_folder()
    folders = [path for path in base.iterdir() if path.is_dir() and path.name[0] not in "._"] if base.is_dir() else []
    return sorted((path for path in folders if path.name != "downloads"), key=lambda path: -path.stat().st_mtime)


def draw_sample(*, train: int = 1600, test: int = 800, progress: Report | None = None) -> Path:
    """The sample challenge, drawn once for each size.

    Raises:
        DataError: when it cannot be drawn.
    """
    target = data_folder() / ("challenge" if (train, test) == (1600, 800) else f"challenge-{train}-{test}")
    if not target.is_dir():
        with _new_folder(target) as folder:
            write_challenge(folder, train=train, test=test, progress=progress)
    return target


def keep_upload(archive: Path, *, name: str) -> Path:
    """Unpack a zip that somebody dropped in the page, check that it is data, and keep it.

    Args:
        archive: the zip; see `smallimg.datasets` for the forms it can have.
        name: what to call the folder; only its letters and digits are used.

    Raises:
        DataError: when it is no zip, breaks a limit, or holds no data smallimg knows.
    """
    suffixes = IMAGE_SUFFIXES | TEXT_SUFFIXES
    unpacked = extract_zip(archive, suffixes=suffixes, max_files=MAX_FILES, max_bytes=MAX_BYTES)
    try:
        read_dataset(unpacked)
    except DataError as error:
        raise DataError(str(error).replace(str(unpacked), archive.name)) from None
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40] or "pictures"
    taken = Counter(re.sub(r"-\d+$", "", path.name) for path in available_data())
    target = data_folder() / (f"{slug}-{taken[slug] + 1}" if taken[slug] else slug)
    with _new_folder(target) as folder:
        shutil.copytree(unpacked, folder, dirs_exist_ok=True)
    shutil.rmtree(unpacked)
    return target


def fetch_known(name: str, *, per_class: int = 500, progress: Report | None = None) -> Path:
    """A known set as folders named by class: `per_class` pictures of each to learn from, a fifth of that to test on.

    torchvision checks what it downloads against the sums it knows.

    Raises:
        DataError: when the name is unknown, or the set cannot be fetched.
    """
    if name not in KNOWN:
        raise DataError(f"There is no set called {name!r}: choose {' or '.join(KNOWN)}.")
    target = data_folder() / f"{name.lower()}-{per_class}"
    if target.is_dir():
        return target
    from torchvision import datasets  # takes seconds to import  # noqa: PLC0415

    load = getattr(datasets, _LOADERS[name])
    with _new_folder(target) as folder:
        wanted = {"train": per_class, "test": max(1, per_class // 5)}
        try:
            parts = {part: load(data_folder() / "downloads", train=part == "train", download=True) for part in wanted}
        except (OSError, RuntimeError) as error:  # no network, a damaged download
            raise DataError(
                f"{name} could not be fetched ({str(error).splitlines()[0][:120]}): check the network, or use the "
                "sample challenge or pictures of your own, which need none."
            ) from error
        classes = [re.sub(r"[/\\]+", " or ", label) for label in parts["train"].classes]
        done, of = 0, sum(wanted.values()) * len(classes)
        for part, most in wanted.items():
            counts: Counter[int] = Counter()
            for index, label in enumerate(map(int, parts[part].targets)):
                if counts[label] >= most:
                    continue
                counts[label] += 1
                file = folder / part / classes[label] / f"{index:05}.png"
                file.parent.mkdir(parents=True, exist_ok=True)
                parts[part][index][0].convert("RGB").save(file)
                done += 1
                if progress and done % 100 == 0:
                    progress(done, of)
        (folder / "classes.txt").write_text("\n".join(classes) + "\n", encoding="utf-8")
    return target


@contextmanager
def _new_folder(target: Path) -> Iterator[Path]:
    """A folder under a temporary name, that becomes `target` when all went well and is deleted when not."""
    target.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="._", dir=target.parent))
    try:
        yield folder
        folder.chmod(0o755)
        with suppress(FileExistsError, OSError):  # somebody else made the same meanwhile: theirs is as good
            folder.rename(target)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
