"""Bundles as zips: taken along, and brought in.

What comes in is safetensors, ONNX, JSON and text, nothing that could hold code, and it must make a prediction before it
is accepted.
"""

import contextlib
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from PIL import Image

from smallimg.archives import extract_zip
from smallimg.background import BACKGROUND_NAMES, open_session
from smallimg.checkpoint import STAGE_FILES, Bundle, load_bundle
from smallimg.classifier import build_classifier
from smallimg.detector import build_detector
from smallimg.engine import NETWORK_ERRORS
from smallimg.errors import BundleError, DataError, RunError, SmallimgError
from smallimg.pipeline import Pipeline
from smallimg.runs import Run, RunConfig, adopt_run

FILES = ("bundle.json", "README.md", *STAGE_FILES.values())
MAX_FILES = 20
MAX_BYTES = 100_000_000
#: No bundle needs a larger number to describe a network, nor more of them: widths, sides, classes, …
LARGEST_NUMBER = 2048
MOST_NUMBERS = 64


def export_bundle(path: Path, target: Path) -> Path:
    """Write a bundle's own files, and nothing else that lies in its folder, to a zip.

    Raises:
        BundleError: when there is no bundle in `path`.
        RunError: when the zip cannot be written.
    """
    load_bundle(path)
    temporary = target.with_name(f".{target.name}.tmp")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
            for name in FILES:
                if (path / name).is_file():
                    archive.write(path / name, f"{target.stem}/{name}")
        temporary.replace(target)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise RunError(f"{target} could not be written ({error.strerror}): choose another place.") from error
    return target


def import_bundle(archive: Path, *, folder: Path | None = None, name: str | None = None) -> Run:
    """Bring in a bundle that `export_bundle` wrote, here or elsewhere, as a finished run.

    Args:
        archive: the zip; the bundle's files lie at its top or in one folder.
        folder: where runs live, see `smallimg.runs.runs_folder`.
        name: of the run; by default the zip's.

    Raises:
        RunError: when it is no zip of a bundle, breaks a limit, cannot predict, or cannot be kept.
    """
    try:
        unpacked = extract_zip(
            archive, suffixes={".json", ".md", ".onnx", ".safetensors"}, max_files=MAX_FILES, max_bytes=MAX_BYTES
        )
    except DataError as error:
        raise RunError(f"{archive.name} was not brought in: {error}") from error
    try:
        return _keep(_find(unpacked, archive), archive, folder, name)
    finally:
        shutil.rmtree(unpacked, ignore_errors=True)


def _find(unpacked: Path, archive: Path) -> Path:
    """The folder of the one bundle that was unpacked."""
    found = sorted(unpacked.rglob("bundle.json"))
    if len(found) != 1:
        many = f"{len(found)} bundles" if found else "no bundle.json"
        raise RunError(f"{archive.name} holds {many}: bring the zip of one bundle, as smallimg writes it.")
    return found[0].parent


def _keep(source: Path, archive: Path, folder: Path | None, name: str | None) -> Run:
    """The bundle as a run, if it works."""
    try:
        bundle = _try_out(source)
    except (
        SmallimgError,
        MemoryError,
        OSError,
        *NETWORK_ERRORS,
    ) as error:  # whatever a network can raise that somebody made up
        text = str(error).replace(f"{source}/", "").replace(str(source), "the bundle").strip()
        reason = text.splitlines()[0] if text else type(error).__name__
        raise RunError(f"{archive.name} was not brought in, because it does not work: {reason}") from error
    config = RunConfig(
        name=(name or archive.stem)[:80],
        data="",
        stages=tuple(stage.replace("background", "remover") for stage in bundle.stages),
        recipe=str(bundle.card.get("recipe", "unknown"))[:20],
        note=f"Brought in from {archive.name}.",
    )
    try:
        return adopt_run(config, {file: source / file for file in FILES}, folder=folder)
    except OSError as error:
        raise RunError(f"{archive.name} could not be kept ({error.strerror}): make room, then try again.") from error


def _try_out(source: Path) -> Bundle:
    """Load every network of a bundle and let it look at a plain picture; nothing is downloaded for it."""
    bundle = load_bundle(source)
    if not bundle.stages:
        raise BundleError("its bundle.json has no stages: train one, then download the bundle again.")
    if bundle.background not in BACKGROUND_NAMES:
        raise BundleError(f"its bundle.json names an unknown background model, “{bundle.background}”.")
    _refuse_giants(bundle)
    picture = Image.new("RGB", (64, 64), "white")
    if "background" in bundle.stages:
        file = bundle.file("background")
        # An ONNX tensor may lie in another file, wherever that is; it is named under this key.
        if b"location" in file.read_bytes():
            raise BundleError(f"{file.name} refers to other files: export it with its weights inside.")
        session = open_session("own", model_path=file, margin=bundle.stages["background"].margin)
        session.predict(picture)
    # A bundle that was trained behind one of rembg's models is tried without: that one may not be on this machine.
    background = "own" if bundle.background == "own" else "none"
    Pipeline.load(source, background=background).predict(picture)
    return bundle


def _refuse_giants(bundle: Bundle) -> None:
    """Refuse a bundle.json that describes networks which would take all memory; nothing is allocated to find out."""
    for name, stage in bundle.stages.items():
        numbers = list(_numbers([stage.input_size, stage.arguments]))
        if len(numbers) > MOST_NUMBERS or max(numbers, default=0) > LARGEST_NUMBER:
            raise BundleError(f"its {name} is larger than any that smallimg trains (the limit is {LARGEST_NUMBER}).")
        build = {"detector": build_detector, "classifier": build_classifier}.get(name)
        if build is None:
            continue
        with contextlib.suppress(KeyError, TypeError), torch.device("meta"):  # loading it finds the words for these
            weights = sum(value.numel() for value in build(stage.architecture, stage.arguments).state_dict().values())
            if weights > bundle.file(name).stat().st_size:
                raise BundleError(f"its {name} has {weights:,} weights, more than are in {bundle.file(name).name}.")


def _numbers(value: Any) -> Iterator[float]:
    """All numbers in a piece of JSON."""
    if isinstance(value, int | float):
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _numbers(part)
