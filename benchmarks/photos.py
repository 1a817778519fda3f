"""The challenge with real photos: which way of looking survives a background never seen, and how far.

    REMBG_HOME=… python -m benchmarks.photos CHALLENGE [--epochs 20] [--ours-epochs 60] [--work build/photos]

CHALLENGE is a data set with `train` and `test`, boxes in both; every class of `train` lies on its own kind of
background, and all of `test` on another one. Networks learn from `train`, a fifth of which chooses the best epoch;
`test` is only measured. A row for each way of looking (whole picture, background removed, cropped, both) and each
remover: the test accuracy of the paper's CNN and of ours, both without and with background replacement in training, at
the true boxes and at those of our detector. What is trained is kept in `--work`, and not trained again.

Background replacement puts a training object on other backgrounds; its mask is the remover's, cut off at its box.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import typer
from PIL import Image

from benchmarks.accuracy import report, whole
from benchmarks.tables import print_table
from smallimg.background import is_downloaded, open_session, remove_background
from smallimg.bundle_training import train_bundle
from smallimg.checkpoint import Bundle, find_bundle, load_bundle, save_bundle
from smallimg.datasets import Dataset, Sample, read_dataset
from smallimg.evaluation import evaluate
from smallimg.images import open_image
from smallimg.loop import Keep
from smallimg.pipeline import Pipeline
from smallimg.recipes import RECIPES, StageRecipe

REMOVERS = ("own", "u2netp")
LOOKS = ("whole", "removed", "cropped", "both")
NETWORKS = {"paper's CNN": RECIPES["paper"].classifier, "ours": RECIPES["fast"].classifier}
REPLACED = 0.75


@dataclass(frozen=True)
class Case:
    """One network: what it is, what it looks at, whose masks, and whether its objects change backgrounds."""

    network: str
    look: str
    remover: str
    is_replaced: bool

    @property
    def name(self) -> str:
        parts = (self.network.split("'")[0], self.look, self.remover, "replaced" if self.is_replaced else "plain")
        return "-".join(parts)

    @property
    def is_cut_out(self) -> bool:
        return self.look in {"removed", "both"}


def cases() -> Iterator[Case]:
    """Each network once: whose masks makes no difference to whole pictures and crops that stay as they are."""
    for network in NETWORKS:
        for look in LOOKS:
            for is_replaced in (False, True):
                for remover in REMOVERS if is_replaced or look in {"removed", "both"} else REMOVERS[:1]:
                    yield Case(network, look, remover, is_replaced)


class Study:
    """The data, the masks of each remover, and a bundle for each case, all kept in a folder."""

    def __init__(self, data: Path, work: Path, epochs: Mapping[str, int]) -> None:
        self.train, self.test = (read_dataset(data, split=split, max_files=20_000) for split in ("train", "test"))
        self.work = work
        self.epochs = epochs

    @cache  # noqa: B019  # one study a process
    def masked(self, remover: str) -> Dataset:
        """The training pictures with a remover's masks, cut off at their boxes."""
        folder = self.work / f"masks-{remover}"
        folder.mkdir(parents=True, exist_ok=True)
        session = None
        samples = []
        for sample in self.train.samples:
            file = folder / f"{sample.path.stem}.png"
            if not file.is_file():
                session = session or self._session(remover)
                alpha = np.array(remove_background(open_image(sample.path), session).getchannel("A"))
                Image.fromarray(alpha * _inside(sample, alpha.shape)).save(file)
            samples.append(replace(sample, mask=file))
        return replace(self.train, samples=tuple(samples))

    def _session(self, remover: str) -> object:
        bundle = load_bundle("everyday")
        return open_session(remover, model_path=bundle.file("background"), margin=bundle.stages["background"].margin)

    def bundle(self, case: Case) -> Path:
        """The case's bundle: its classifier, the detector that reads the same, and the remover."""
        out = self.work / case.name
        recipe = self._recipe(case)
        data = self.masked(case.remover) if case.is_replaced else self.train
        if case.look in {"whole", "removed"}:
            data = whole(data)
        self._seed(out, case.remover)
        plan = replace(
            RECIPES["fast"],
            background=case.remover if case.is_cut_out else "none",
            views=4 if case.is_replaced else 1,
            classifier=recipe,
        )
        train_bundle(data, out, stages=("classifier",), recipe=plan, report=report, keep=Keep(out / "state"))
        return out

    def _recipe(self, case: Case) -> StageRecipe:
        recipe = NETWORKS[case.network]
        paste = REPLACED if case.is_replaced and not case.is_cut_out else 0.0
        return replace(
            recipe,
            epochs=self.epochs[case.network],
            reads="cutout" if case.is_cut_out else "image",
            margin=recipe.margin if case.look in {"cropped", "both"} else None,
            augment=replace(recipe.augment, paste=paste),
        )

    def _seed(self, out: Path, remover: str) -> None:
        """A bundle with nothing but the remover, for the classifier to be put into."""
        if (out / "bundle.json").is_file():
            return
        source = load_bundle("everyday")
        out.mkdir(parents=True, exist_ok=True)
        stages = {}
        if remover == "own":
            stages = {"background": source.stages["background"]}
            (out / "background.onnx").write_bytes(source.file("background").read_bytes())
        save_bundle(Bundle(out, self.train.class_names, remover, stages, {"metrics": {}}))

    def detector(self, remover: str, reads: str) -> Path:
        """A bundle with our detector, that reads pictures or a remover's cut-outs."""
        out = self.work / f"detector-{remover}-{reads}"
        self._seed(out, remover)
        fast = RECIPES["fast"]
        plan = replace(fast, background=remover, detector=replace(fast.detector, reads=reads))  # type: ignore[arg-type]
        keep = Keep(out / "state")
        train_bundle(self.masked(remover), out, stages=("detector",), recipe=plan, report=report, keep=keep)
        return out


def _inside(sample: Sample, shape: tuple[int, ...]) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    inside = np.zeros(shape, np.uint8)
    for x1, y1, x2, y2 in sample.boxes.round().astype(int).tolist():
        inside[y1:y2, x1:x2] = 1
    return inside


def measured(study: Study, case: Case, detector: Path) -> tuple[float, float | None]:
    """Test accuracy of a case: at the true boxes, and at a detector's; a look at the whole picture needs no box."""
    path = study.bundle(case)
    name = case.remover if case.is_cut_out else "none"
    pipeline = Pipeline.load(path, background=name)
    if case.look in {"whole", "removed"}:
        test = whole(study.test)
        return evaluate(pipeline, test, given_boxes=True).metrics["accuracy"], None
    given = evaluate(pipeline, study.test, given_boxes=True).metrics["accuracy"]
    joined = study.work / "joined"
    _join(path, detector, joined)
    return given, evaluate(Pipeline.load(joined, background=case.remover), study.test).metrics["accuracy"]


def _join(classifier: Path, detector: Path, out: Path) -> None:
    """A bundle with the detector and remover of one and the classifier of another."""
    there, named = load_bundle(detector), load_bundle(classifier)
    out.mkdir(parents=True, exist_ok=True)
    for stage, source in (*((one, there) for one in there.stages if one != "classifier"), ("classifier", named)):
        (out / source.file(stage).name).write_bytes(source.file(stage).read_bytes())
    stages = {**there.stages, "classifier": named.stages["classifier"]}
    save_bundle(replace(there, path=out, stages=stages))


def main(
    challenge: Path,
    *,
    epochs: int = 20,
    ours_epochs: int = 60,
    reads: str = "cutout",
    work: Path = Path("build/photos"),
) -> None:
    """Print the tables."""
    if not is_downloaded("u2netp"):
        raise typer.BadParameter("u2netp is not in rembg's folder: set REMBG_HOME to where it is.")
    find_bundle("everyday")
    study = Study(challenge, work, {"paper's CNN": epochs, "ours": ours_epochs})
    boxes = []
    detectors = {}
    for remover in REMOVERS:
        for read in ("image", "cutout"):
            path = study.detector(remover, read)
            found = evaluate(Pipeline.load(path, background=remover), study.test).metrics
            keys = ("box_iou", "box_iou_50", "mask_iou", "mask_mae")
            boxes.append([remover, read, *(f"{found[key]:.3f}" if key in found else "—" for key in keys)])
            if read == reads:
                detectors[remover] = path
    head = ["remover", "detector reads", "box IoU", "IoU ≥ 0.5", "mask IoU", "mask MAE"]
    print_table(f"Boxes and masks of {len(study.test.samples)} test pictures", head, boxes)

    rows = []
    for case in cases():
        given, found = measured(study, case, detectors[case.remover])
        look = case.look if not (case.is_cut_out or case.is_replaced) else f"{case.look}, {case.remover}"
        replaced = "yes" if case.is_replaced else "no"
        rows.append([case.network, look, replaced, f"{given:.3f}", "—" if found is None else f"{found:.3f}"])
        typer.echo(f"{case.name}: {rows[-1]}", err=True)
    head = ["network", "looks at", "backgrounds replaced", "accuracy, true boxes", "accuracy, found boxes"]
    print_table(f"Test accuracy, n = {len(study.test.samples)}", head, rows)


if __name__ == "__main__":
    typer.run(main)
