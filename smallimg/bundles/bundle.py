"""Bundles: a folder with trained networks and everything needed to use them.

    bundle.json       what it is (this module's `Bundle`)
    background.onnx   the background remover
    detector.onnx     the detector
    classifier.onnx   the classifier
    segmenter.onnx    the segmenter, which few have
    README.md         the model card

A network may be there once more, quantised (`background.int8.onnx`), to predict with where the processor is fast at it.
One whose features others start from may hold `OTHERS` besides, see `smallimg.networks.others`.
A bundle may lack stages. A network is one file, which predicts and which training goes on from (see
`smallimg.networks.onnx_files`). No file holds code, nothing is unpickled.
"""

import atexit
import json
import logging
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from smallimg.bundles.engine_choice import EngineName, engine_in_use
from smallimg.bundles.fields import fault_in
from smallimg.environment import kept_in
from smallimg.errors import BundleError, called, called_of
from smallimg.files import shipped, write_json, write_text
from smallimg.results import NAMED_FROM, UNKNOWN_BELOW
from smallimg.visitors.owner import is_mine

FORMAT = 2
#: Writing networks anew that takes longer is of a bundle that somebody made up.
WRITTEN_WITHIN_S = 600
#: Most bytes that a description has.
LONGEST_DESCRIPTION = 4_000_000
LOG = logging.getLogger("smallimg")
#: The bundles that come with the project.
CHECKPOINTS = shipped("checkpoints")
#: Stage name → its file in the bundle.
STAGE_FILES = {
    "background": "background.onnx",
    "detector": "detector.onnx",
    "classifier": "classifier.onnx",
    "segmenter": "segmenter.onnx",
}
#: How the name of the same in whole numbers of 8 bits ends.
INT8 = ".int8.onnx"
#: What its classifier sees in other things.
OTHERS = "others.safetensors"
#: The side of the closer look at the middle of a picture, as a share of its shorter side.
CLOSER = 0.75


@dataclass(frozen=True)
class Stage:
    """One network of a bundle: enough to build it again and to prepare its input.

    Attributes:
        architecture: a name the stage's module knows.
        arguments: its constructor's keyword arguments.
        input_size: side in pixels of the square it sees.
        reads: "image" or "cutout": the picture as opened, or with its background replaced by plain grey.
        margin: of the window around the object that the stage looks at, see `smallimg.training.recipes.StageRecipe`.
        room: around the picture in the square that a remover (see `smallimg.bundles.background.OwnRemover`) or a
            detector looks at, see `smallimg.pictures.preprocess.Letterbox`.
        clear_cutout: of a detector: how opaque a cut-out must be within, 0 … 1, for the box around it to stand among
            those found, with that as its score; None leaves it out.
        temperature: of a classifier, see `smallimg.bundles.calibration.fit_temperature`.
        likeness_marks, energy_marks: of a classifier that keeps what it has seen, and of one that does not, see
            `smallimg.bundles.calibration`; without either everything is known.
        whole_too: of a classifier: whether it looks at the middle of the whole picture as well, and means both.
        middle_below: of a classifier: where the best box scores lower, it looks closer at the middle of the picture as
            well, see `CLOSER`, as the object may be there; None for never.
        named_from, group_from: of a classifier: the probabilities from which a class, and a group, is an answer, see
            `smallimg.bundles.calibration.least_share`.
        unknown_below: the share of known objects that are called unknown with those that are.
        quantised: whether it was also written in whole numbers, see `Bundle.file_to_run`.
    """

    architecture: str
    arguments: dict[str, Any]
    input_size: int
    reads: str = "image"
    margin: float | None = None
    room: float = 0.0
    clear_cutout: float | None = None
    temperature: float = 1.0
    energy_marks: tuple[float, ...] = ()
    likeness_marks: tuple[float, ...] = ()
    unknown_below: float = UNKNOWN_BELOW
    whole_too: bool = False
    middle_below: float | None = None
    named_from: float = NAMED_FROM
    group_from: float = NAMED_FROM
    quantised: bool = False

    def __post_init__(self) -> None:
        for name in ("energy_marks", "likeness_marks"):  # JSON has lists only
            object.__setattr__(self, name, tuple(getattr(self, name)))


@dataclass(frozen=True)
class Bundle:
    """What `bundle.json` says; `path` is where it was found.

    Attributes:
        class_names: in the order of the classifier's outputs, and of the segmenter's after the background.
        background: the background model the bundle was trained with: "own", "none" or one of rembg's names.
        groups: name → the classes in it, where classes belong together.
        stages: by the names of `STAGE_FILES`.
        card: provenance: data, recipe, seed, metrics, versions; in an exported run also what it is called.
    """

    path: Path
    class_names: tuple[str, ...]
    background: str
    stages: Mapping[str, Stage]
    card: dict[str, Any] = field(default_factory=dict)
    groups: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def file(self, stage: str) -> Path:
        """The path of a stage's weights."""
        return self.path / STAGE_FILES[stage]

    def int8_file(self, stage: str) -> Path:
        """The path of the same in whole numbers of 8 bits."""
        return self.file(stage).with_suffix(INT8)

    def file_to_run(self, stage: str) -> Path:
        """What to predict with: the quantised network, where there is one and this processor is fast at that."""
        fast = self.int8_file(stage)
        is_there = stage in self.stages and self.stages[stage].quantised and fast.is_file()
        return fast if is_there and engine_in_use() == "onnxruntime-int8" else self.file(stage)

    @cached_property
    def engine(self) -> EngineName:
        """What its networks run in; files are looked at for it, once, and not for each prediction."""
        is_quantised = any(self.file_to_run(stage) != self.file(stage) for stage in self.stages)
        engine = engine_in_use()
        return "onnxruntime" if engine == "onnxruntime-int8" and not is_quantised else engine


def list_bundles(folder: Path = CHECKPOINTS) -> list[str]:
    """Names of the bundles in a folder, sorted."""
    return sorted(found.parent.name for found in folder.glob("*/bundle.json"))


def find_bundle(path_or_name: str | Path) -> Path:
    """The folder of a bundle: a name under `checkpoints/`, a run's id, or a path; another visitor's is not there for
    who asks.

    Raises:
        BundleError: when there is none.
    """
    is_name = len(Path(path_or_name).parts) == 1
    of_run = [kept_in("runs") / path_or_name] if is_name else []
    for folder in (CHECKPOINTS / path_or_name, *of_run, Path(path_or_name)):
        if (folder / "bundle.json").is_file() and (_came_along(folder) or is_mine(folder)):
            return folder
    known = ", ".join(list_bundles()) or "none"
    raise BundleError(f"No bundle “{path_or_name}”: give a folder with a bundle.json, or a shipped one ({known}).")


def _came_along(folder: Path) -> bool:
    return folder.resolve().is_relative_to(CHECKPOINTS.resolve())


def load_bundle(path_or_name: str | Path) -> Bundle:
    """Read and check a bundle's description; the weights stay on disk until asked for. One of format 1 is converted.

    Raises:
        BundleError: when it is missing, damaged, of another format, or a stage's file is not there.
    """
    path = find_bundle(path_or_name)
    if _is_old(path):
        path = _converted(path)
    bundle = read_description(path, formats=(FORMAT,))
    for name in bundle.stages:
        if not bundle.file(name).is_file():
            raise BundleError(f"{called_of(bundle.file(name))} is missing: fetch or train the bundle again.")
    return bundle


def read_description(path: Path, *, formats: Sequence[int] = (1, FORMAT)) -> Bundle:
    """What the bundle.json in a folder says, checked; whether its files are there is not looked at.

    Raises:
        BundleError: when it is missing, damaged, or of none of the formats.
    """
    content = _read(path)
    if content.get("format") not in formats or isinstance(content["format"], bool):
        raise BundleError(
            f"{called_of(path / 'bundle.json')} has format {content.get('format')}, this version reads {FORMAT}: "
            "train the bundle again, or update smallimg."
        )
    if fault := fault_in(content):
        raise BundleError(f"{called_of(path / 'bundle.json')} is damaged: {fault}. Fetch or train the bundle again.")
    if unknown := content["stages"].keys() - STAGE_FILES:
        raise BundleError(
            f"{called_of(path / 'bundle.json')} has a stage “{min(unknown)}”; known are {', '.join(STAGE_FILES)}."
        )
    return Bundle(
        path=path,
        class_names=tuple(content["class_names"]),
        background=content["background"],
        stages={name: Stage(**stage) for name, stage in content["stages"].items()},
        card=content["card"],
        groups={name: tuple(classes) for name, classes in content.get("groups", {}).items()},
    )


def _is_old(path: Path) -> bool:
    said = _read(path).get("format")
    return said == 1 and not isinstance(said, bool)


def _converted(path: Path) -> Path:
    """A bundle of format 1, its networks written anew as this version reads them; in place where that can be written.

    It takes torch, in a process of its own.

    Raises:
        BundleError: when it is damaged.
    """
    if not os.access(path, os.W_OK):
        path = Path(shutil.copytree(path, Path(tempfile.mkdtemp(prefix="smallimg-")) / path.name))
        atexit.register(shutil.rmtree, path.parent, ignore_errors=True)
    if (reason := write_anew(path)) and _is_old(path):  # or another process was first
        raise BundleError(f"“{called(path)}” is of format 1 and could not be converted to {FORMAT}: {reason}")
    LOG.warning("%s was a bundle of format 1; its networks were converted to format %d.", path, FORMAT)
    return path


def write_anew(path: Path) -> str:
    """Write a bundle's networks anew in its folder: of what came only the weights are kept, see `networks.anew`.

    Returns:
        A sentence why that could not be done; empty when it was. It takes torch, in a process of its own that may take
        so much time and memory.
    """
    command = [sys.executable, "-m", "smallimg.networks.anew", str(path.resolve())]
    root = Path(__file__).resolve().parents[2]
    try:
        done = subprocess.run(
            command,
            cwd=root,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=WRITTEN_WITHIN_S,
            check=False,
            # It needs no graphics card, and threads of its own would take the page's cores.
            env=os.environ | {"CUDA_VISIBLE_DEVICES": "", "PYTHONIOENCODING": "utf-8"},
        )
    except subprocess.TimeoutExpired:
        return f"that took longer than {WRITTEN_WITHIN_S} s. Fetch or train the bundle again."
    if done.returncode < 0:  # a signal: the system's, or that of its limits
        return "its networks take more time or memory than any that smallimg trains. Train smaller ones."
    if done.returncode == 0:
        return ""
    return done.stdout.strip() or 'torch is needed once to write it anew: `pip install "smallimg[train]"`.'


def _read(path: Path) -> dict[str, Any]:
    """What bundle.json says, not checked.

    Raises:
        BundleError: when it is no JSON.
    """
    file = path / "bundle.json"
    if file.stat().st_size > LONGEST_DESCRIPTION:
        raise BundleError(
            f"{called_of(file)} has more than {LONGEST_DESCRIPTION / 1e6:g} MB: fetch or train the bundle again."
        )
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise BundleError(f"{called_of(file)} is damaged ({error}): fetch or train the bundle again.") from error
    return content if isinstance(content, dict) else {"format": FORMAT, "content": content}


def with_quantised(bundle: Bundle) -> Bundle:
    """The bundle that says of each network whether it is there in whole numbers too."""
    stages = {name: replace(stage, quantised=bundle.int8_file(name).is_file()) for name, stage in bundle.stages.items()}
    return replace(bundle, stages=stages)


def save_bundle(bundle: Bundle) -> None:
    """Write `bundle.json` and the model card; the stages' files must be in place already."""
    content = {
        "format": FORMAT,
        "class_names": list(bundle.class_names),
        "background": bundle.background,
        **({"groups": bundle.groups} if bundle.groups else {}),
        "stages": {name: asdict(stage) for name, stage in bundle.stages.items()},
        "card": bundle.card,
    }
    write_text(bundle.path / "README.md", model_card(bundle))
    write_json(bundle.path / "bundle.json", content)


def model_card(bundle: Bundle) -> str:
    """The bundle's README: what it is, how it was made, how good it is, what it is not for."""
    card = bundle.card
    stages = "\n".join(
        f"| {name} | {stage.architecture} | {stage.input_size} px | {stage.reads} |"
        for name, stage in bundle.stages.items()
    )
    metrics = "\n".join(
        f"| {name} | {value:.4g} |" if isinstance(value, float) else f"| {name} | {value} |"
        for name, value in card.get("metrics", {}).items()
    )
    versions = ", ".join(f"{name} {version}" for name, version in card.get("versions", {}).items())
    origin = f"started from {card['start']}" if "start" in card else "no pre-trained network"
    device = f"; trained {card['device']}" if "device" in card else ""
    trained = "trained on from others" if "start" in card else "trained from scratch"
    return f"""# {card.get("name", bundle.path.name)}

{card.get("about", f"A bundle of networks for smallimg, {trained}.")}

Classes: {", ".join(bundle.class_names) or "none"}. Background model: {bundle.background}.

| stage | architecture | input | reads |
|---|---|---|---|
{stages}

## How it was made

- Command: `{card.get("command", "—")}`
- Data: {card.get("data", "—")}
- Recipe: `{card.get("recipe", "—")}`, seed {card.get("seed", "—")}; {origin}
- Versions: {versions or "—"}{device}

## Figures

| metric | value |
|---|---|
{metrics or "| — | — |"}

## Limits

{card.get("limits", "It knows its own classes only.")}
"""
