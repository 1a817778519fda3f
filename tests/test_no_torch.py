"""Predicting needs no torch, nor does the page until something is trained: what fresh processes have imported."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
DOG = ROOT / "assets" / "examples" / "everyday" / "dog.jpg"
#: What only training and measuring are for.
HEAVY = {"torch", "torchvision", "accelerate", "torchmetrics", "sklearn", "onnx"}
#: What rembg brings along.
REMBGS = {"rembg", "pymatting", "numba", "scipy", "skimage"}


def imported_by(code: str, cwd: Path = ROOT) -> set[str]:
    """The top names of all modules that are there after some code has run."""
    told = f"{code}\nimport json, sys\nprint(json.dumps(sorted({{name.split('.')[0] for name in sys.modules}})))"
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{told}"],
        cwd=cwd, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_a_module_that_is_imported_is_seen() -> None:
    assert "onnx" in imported_by("import onnx.helper") & HEAVY, "the lightest of them"


def test_the_pipeline_predicts_without() -> None:
    code = f"""
from smallimg.pictures.images import open_image
from smallimg.pipeline import Pipeline
pictures = [open_image({str(DOG)!r})] * 3
assert Pipeline.load().predict(pictures[0]).answer == "dog"
assert [found.answer for found in Pipeline.load("cifar10").predict_batch(pictures)] == ["dog"] * 3
"""
    assert not imported_by(code) & (HEAVY | REMBGS | {"gradio", "pandas"})


def test_the_command_line_predicts_without(tmp_path: Path) -> None:
    verbs = [["predict", str(DOG)], *([verb, str(DOG), str(tmp_path / f"{verb}.png")] for verb in ("cutout", "crop"))]
    code = f"""
from smallimg.cli.main import app
for arguments in {verbs!r}:
    app(arguments, standalone_mode=False)
"""
    assert not imported_by(code, tmp_path) & (HEAVY | REMBGS | {"gradio", "pandas"})
    assert {path.name for path in tmp_path.iterdir()} == {"cutout.png", "crop.png"}, "they did what they were told"


def test_the_page_opens_answers_and_looks_at_data_without(tmp_path: Path, tiny_challenge: Path) -> None:
    """All that it does before the first training; splitting, which the preview shows, takes scikit-learn."""
    code = f"""
import os, sys
os.environ["SMALLIMG_DATA"], os.environ["SMALLIMG_RUNS"] = {str(tmp_path / "data")!r}, {str(tmp_path / "runs")!r}
from pathlib import Path
import app
from smallimg.data.preview import read_preview
from smallimg.pictures.images import open_image
assert app.pipelines.get("everyday", "own").predict(open_image({str(DOG)!r})).answer == "dog"
assert "sklearn" not in sys.modules
read_preview(Path({str(tiny_challenge)!r}))
"""
    assert not imported_by(code) & (HEAVY | REMBGS - {"scipy"}) - {"sklearn"}
