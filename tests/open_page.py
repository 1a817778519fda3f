"""Things of a visitor of an open page, and that page's parts."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import gradio as gr
import numpy as np
from PIL import Image

from smallimg.bundles.bundle import CHECKPOINTS
from smallimg.data.by_class import add_class, add_picture, new_set
from smallimg.data.challenge import write_challenge
from smallimg.data.kept import rename_data
from smallimg.files import write_json
from smallimg.runs.evaluation import EVALUATIONS, EvaluationConfig
from smallimg.runs.run import RunConfig, adopt_run, note_run, rename_run
from smallimg.ui.visitors.desk import Desk
from smallimg.visitors.asking import NOBODY, Asker, asking

#: In no id, but in whatever tells of these things.
SECRET = "Kanariensekt"


@dataclass(frozen=True)
class Things:
    """A trained model, an evaluation and a set, as a stranger might name them."""

    run: str
    bundle: str
    evaluation: str
    data: str
    data_path: str


def draw_common(home: Path) -> None:
    """What is drawn or fetched already for everybody, and small, so that nobody waits for it."""
    for name in ("challenge", "challenge-400-200"):
        write_challenge(home / "data" / name, train=8, test=4, size=48, workers=1)
    for name in ("cifar-10", "fashion-mnist"):
        for number in (50, 500):
            (home / "data" / f"{name}-{number}").symlink_to(home / "data" / "challenge")


def secret_picture(folder: Path) -> Path:
    """A picture with the secret in its name."""
    file = folder / f"{SECRET}.png"
    Image.fromarray(np.full((40, 40, 3), (3, 141, 59), np.uint8)).save(file)
    return file


def make_things(asker: Asker, picture: Path) -> Things:
    """Make them, in the folders that the environment names."""
    with asking(asker):
        kept = new_set("cups")
        for kind in (f"{SECRET} cup", f"{SECRET} ball"):
            add_class(kept.path, kind)
            add_picture(kept.path, kind, picture.read_bytes(), name=picture.name)
        rename_data(kept.id, f"{SECRET} set")
        files = {one.name: one for one in (CHECKPOINTS / "everyday").iterdir()}
        run = adopt_run(RunConfig("hers", str(kept.path), stages=("classifier",)), files)
        rename_run(run.id, f"{SECRET} run")
        note_run(run.id, f"{SECRET} note")
        (run.path / "log.txt").write_text(f"{SECRET} log\n")
        write_json(run.path / "results.json", _outcome(kept.path))
        config = EvaluationConfig("everyday", str(kept.path), model_name="a model", data_name="a set")
        one = EVALUATIONS.create(config)
        write_json(one.path / "status.json", {"status": "finished", "reason": ""})
        write_json(one.path / "metrics.json", _outcome(kept.path)["metrics"])
        (one.path / "predictions.csv").write_text(f"image,label\n{SECRET}.png,{SECRET} cup\n")
    return Things(run.id, str(run.path.resolve()), one.id, kept.id, str(kept.path.resolve()))


def build_page(desk: Desk) -> gr.Blocks:
    """The page's parts, not launched."""

    async def build() -> gr.Blocks:
        import app
        from smallimg.ui.pipelines import Pipelines

        with asking(NOBODY):
            return app.build_app(Pipelines(), desk=desk)

    with ThreadPoolExecutor(1) as thread:  # see tests/test_app.py
        return thread.submit(asyncio.run, build()).result()


def _outcome(data: Path) -> dict[str, object]:
    kinds = [f"{SECRET} cup", f"{SECRET} ball"]
    picture = {"image": f"{kinds[0]}/00001.png", "truth": kinds[0], "label": kinds[1], "probability": 0.9}
    metrics = {"n": 1, "accuracy": 0.0, "classes": kinds, "confusion_matrix": [[0, 1], [0, 0]]}
    return {"split": "test", "root": str(data), "given_boxes": False, "metrics": metrics, "pictures": [picture]}
