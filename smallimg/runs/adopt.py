"""Bundles that are brought in as zips, each as a finished run.

What comes in is ONNX, JSON and text. ONNX is a program: only the weights of each network are kept, and the file is
written anew, in a process with limits, where the network looks at a picture too (`smallimg.networks.anew`).
"""

import shutil
import zipfile
from collections import Counter
from collections.abc import Iterator
from itertools import count
from pathlib import Path, PurePosixPath
from typing import Any

from smallimg.bundles.background import BACKGROUND_NAMES
from smallimg.bundles.bundle import Bundle, read_description, write_anew
from smallimg.bundles.zipped import FILES
from smallimg.errors import BundleError, DataError, RunError, SmallimgError
from smallimg.pictures.archives import extract_zip
from smallimg.pictures.images import IMAGE_SUFFIXES
from smallimg.runs.run import Run, RunConfig, adopt_run, list_runs

MAX_FILES = 1000
MAX_BYTES = 100_000_000
LONGEST_NAME = 80
#: No bundle needs a larger number to describe a network, nor more of them: widths, sides, classes, …
LARGEST_NUMBER = 2048
MOST_NUMBERS = 64


def import_bundle(archive: Path, *, folder: Path | None = None, name: str | None = None) -> Run:
    """Bring in a bundle that `export_bundle` wrote, here or elsewhere, as a finished run.

    Args:
        archive: the zip; the bundle's files lie at its top or in one folder.
        folder: where runs live, see `smallimg.runs.run.runs_folder`.
        name: of the run; by default the one in the bundle's card, and else the zip's, with a number where a run is
            called so already.

    Raises:
        RunError: when it is no zip of a bundle, breaks a limit, cannot predict, or cannot be kept.
    """
    _refuse_others(archive)
    try:
        unpacked = extract_zip(
            archive,
            suffixes={".json", ".md", ".onnx", ".safetensors"},
            max_files=MAX_FILES,
            max_bytes=MAX_BYTES,
            advice="take the zip that “Download” wrote, no model of smallimg needs more",
        )
    except DataError as error:
        reason = str(error).removeprefix(f"{archive.name} ")
        raise RunError(f"{archive.name} was not brought in, because it {reason}") from error
    try:
        return _keep(next(unpacked.rglob("bundle.json")).parent, archive, folder, name)
    finally:
        shutil.rmtree(unpacked, ignore_errors=True)


def _refuse_others(archive: Path) -> None:
    """Say what somebody has brought in place of a bundle's zip; a zip that is none is left to `extract_zip`."""
    try:
        with zipfile.ZipFile(archive) as file:
            places = [PurePosixPath(entry.replace("\\", "/")) for entry in file.namelist() if entry[-1:] not in "/\\"]
    except (zipfile.BadZipFile, OSError, ValueError):
        return
    files = [place for place in places if not any(part[0] == "." or part == "__MACOSX" for part in place.parts)]
    bundles = sorted(str(place.parent) for place in files if place.name == "bundle.json")
    pictures = sum(place.suffix.lower() in IMAGE_SUFFIXES for place in files)
    zips = [place.name for place in files if place.suffix.lower() == ".zip"]
    if len(bundles) == 1:
        return
    if bundles:
        named = f"{', '.join(bundles[:4])}{' …' if len(bundles) > 4 else ''}"
        raise RunError(f"{archive.name} holds {len(bundles)} trained models ({named}): zip and bring in one at a time.")
    if pictures:
        raise RunError(
            f"{archive.name} holds pictures ({pictures:,} of them) and no trained model: to learn from them, bring "
            "them under “1 · Pictures” on the page, or give them to `runs start`."
        )
    if zips:
        raise RunError(f"{archive.name} holds another zip ({zips[0]}): unpack it once, and bring in the one inside.")
    kinds = Counter(place.suffix.lower() or "no ending" for place in files)
    found = ", ".join(f"{kind} ({number})" for kind, number in kinds.most_common(4)) or "nothing at all"
    raise RunError(
        f"{archive.name} holds no trained model, which has a bundle.json; found was {found}: "
        "take the zip that “Download” wrote."
    )


def _keep(source: Path, archive: Path, folder: Path | None, name: str | None) -> Run:
    """The bundle as a run, if it works."""
    try:
        bundle = _try_out(source)
    except (SmallimgError, MemoryError, OSError) as error:
        raise RunError(
            f"{archive.name} was not brought in, because it does not work: {_reason(error, source)}"
        ) from error
    config = RunConfig(
        name=name or _free_name(bundle.card.get("name"), archive.stem, folder),
        data="",
        stages=tuple(stage.replace("background", "remover") for stage in bundle.stages),
        recipe=str(bundle.card.get("recipe", "unknown"))[:20],
        note=_note(bundle, archive),
    )
    try:
        return adopt_run(config, {file: source / file for file in FILES}, folder=folder)
    except OSError as error:
        raise RunError(f"{archive.name} could not be kept ({error.strerror}): make room, then try again.") from error


def _reason(error: Exception, source: Path) -> str:
    """Our own sentences as they are; what a library says about a network that somebody made up helps nobody."""
    if not isinstance(error, SmallimgError):
        return "its networks do not fit what its bundle.json says. Download it again where it was made."
    return (
        str(error).replace(f" of “{source.name}”", "").replace(f"“{source.name}”", "the bundle").strip().splitlines()[0]
    )


def _note(bundle: Bundle, archive: Path) -> str:
    """Where it comes from, and what its own card says it learned from."""
    data = bundle.card.get("data")
    learned = f" It learned from {data.split('. ')[0][:200].rstrip('.')}." if isinstance(data, str) and data else ""
    return f"Brought in from {archive.name}.{learned}"


def _free_name(said: Any, stem: str, folder: Path | None) -> str:
    """What to call the run: as the bundle says, else as its zip; no other run is called so."""
    text = " ".join(str(said).split()) if isinstance(said, str) else ""
    text = (text or " ".join(stem.split()) or "brought in")[:LONGEST_NAME].strip()
    taken = {run.config.name for run in list_runs(folder)}
    numbered = (f"{text[: LONGEST_NAME - len(f' ({number})')].strip()} ({number})" for number in count(2))
    return text if text not in taken else next(one for one in numbered if one not in taken)


def _try_out(source: Path) -> Bundle:
    """Check what a bundle describes, then write its networks anew and let each look at a picture."""
    description = read_description(source)
    for name, stage in description.stages.items():
        numbers = list(_numbers([stage.input_size, stage.arguments]))
        if len(numbers) > MOST_NUMBERS or max(numbers, default=0) > LARGEST_NUMBER:
            raise BundleError(f"its {name} is larger than any that smallimg trains (the limit is {LARGEST_NUMBER}).")
    if not description.stages:
        raise BundleError("its bundle.json has no stages: train one, then download the bundle again.")
    if description.background not in BACKGROUND_NAMES:
        raise BundleError(f"its bundle.json names an unknown background model, “{description.background}”.")
    if reason := write_anew(source):
        raise BundleError(reason)
    return read_description(source)


def _numbers(value: Any) -> Iterator[float]:
    """All numbers in a piece of JSON."""
    if isinstance(value, int | float):
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _numbers(part)
