"""Bundles as zips: taken along, and brought in.

What comes in is safetensors, ONNX, JSON and text, nothing that could hold code, and it must make a prediction before it
is accepted.
"""

import shutil
import zipfile
from pathlib import Path

from PIL import Image

from smallimg.archives import extract_zip
from smallimg.background import open_session
from smallimg.checkpoint import STAGE_FILES, load_bundle
from smallimg.errors import RunError, SmallimgError
from smallimg.pipeline import Pipeline
from smallimg.runs import Run, RunConfig, adopt_run

FILES = ("bundle.json", "README.md", *STAGE_FILES.values())
MAX_FILES = 20
MAX_BYTES = 100_000_000


def export_bundle(path: Path, target: Path) -> Path:
    """Write a bundle's own files, and nothing else that lies in its folder, to a zip.

    Raises:
        BundleError: when there is no bundle in `path`.
        RunError: when the zip cannot be written.
    """
    load_bundle(path)
    temporary = target.with_suffix(".tmp")
    try:
        with zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
            for name in FILES:
                if (path / name).is_file():
                    archive.write(path / name, f"{target.stem}/{name}")
        temporary.replace(target)
    except OSError as error:
        raise RunError(f"{target} could not be written ({error.strerror}): choose another place.") from error
    return target


def import_bundle(archive: Path, *, folder: Path | None = None) -> Run:
    """Bring in a bundle that `export_bundle` wrote, here or elsewhere, as a finished run.

    Args:
        archive: the zip; the bundle's files lie at its top or in one folder.
        folder: where runs live, see `smallimg.runs.runs_folder`.

    Raises:
        RunError: when it is no zip of a bundle, breaks a limit, or cannot predict.
    """
    try:
        unpacked = extract_zip(
            archive,
            suffixes={".json", ".md", ".onnx", ".safetensors"},
            max_files=MAX_FILES,
            max_bytes=MAX_BYTES,
        )
    except SmallimgError as error:
        raise RunError(f"{archive.name} was not brought in: {error}") from error
    found = next(iter(sorted(unpacked.rglob("bundle.json"))), None)
    if found is None:
        raise RunError(f"{archive.name} holds no bundle.json: bring a zip that “Download bundle” made.")
    try:
        pipeline = Pipeline.load(found.parent, background="none")
        pipeline.predict(Image.new("RGB", (64, 64), "white"))
        if "background" in pipeline.bundle.stages:
            stage = pipeline.bundle.stages["background"]
            session = open_session("own", model_path=pipeline.bundle.file("background"), margin=stage.margin)
            session.predict(Image.new("RGB", (64, 64), "white"))
        card = pipeline.bundle.card
    except (SmallimgError, RuntimeError, ValueError, IndexError, TypeError) as error:
        reason = str(error).replace(str(found.parent), archive.name).splitlines()[0]
        raise RunError(f"{archive.name} was not brought in, because it does not work: {reason}") from error
    config = RunConfig(
        name=archive.stem,
        data="",
        stages=tuple(stage.replace("background", "remover") for stage in pipeline.bundle.stages),
        recipe=str(card.get("recipe", "unknown"))[:20],
        note=f"Brought in from {archive.name}.",
    )
    run = adopt_run(config, {name: found.parent / name for name in FILES}, folder=folder)
    shutil.rmtree(unpacked)
    return run
