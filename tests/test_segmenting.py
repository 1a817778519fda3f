"""A bundle with a segmenter: what it predicts, prints, writes and shows, and how it is measured."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import run
from PIL import Image
from read_html import EVIL, tags_of, words

from smallimg.boxes import as_boxes
from smallimg.bundles.bundle import load_bundle, save_bundle
from smallimg.data.dataset import Dataset, Sample
from smallimg.data.formats import read_dataset
from smallimg.errors import BundleError
from smallimg.pictures.class_maps import class_colour
from smallimg.pictures.images import open_image
from smallimg.pipeline import Pipeline
from smallimg.results import Prediction, Segmentation
from smallimg.study.segment_figures import count_pixels, segment_figures
from smallimg.ui.cards import picture_row
from smallimg.ui.evaluate.results import figures_card
from smallimg.ui.pixels import coloured
from smallimg.ui.try_it.models import model_line

NAMES = ("cup", EVIL)


def said(numbers: list[list[int]], size_wh: tuple[int, int] | None = None) -> Segmentation:
    picture = Image.fromarray(np.array(numbers, np.uint8))
    return Segmentation(picture, NAMES, size_wh or picture.size)


def test_a_prediction_says_what_every_pixel_shows(segmenting_bundle: Path, tiny_challenge: Path) -> None:
    pipeline, image = Pipeline.load(segmenting_bundle), open_image(tiny_challenge / "test" / "0000.jpg")
    wide = image.resize((64, 32))
    found = pipeline.predict(wide)
    pixels = found.segmentation
    assert pixels is not None
    assert (pixels.numbers.size, pixels.full().size) == ((32, 16), wide.size), "as it was seen, without the borders"
    assert sum(pixels.shares.values()) + pixels.background == pytest.approx(1)
    assert "segmenter" in found.milliseconds
    assert found.as_dict("x")["segments"]["background"] == round(pixels.background, 4)
    off = pipeline.predict(wide, classify=False)
    assert off.segmentation is None
    assert "segments" not in off.as_dict("x")
    again = pipeline.of_one_thread.predict(wide).segmentation
    assert again is not None
    assert again.numbers.tobytes() == pixels.numbers.tobytes()


def test_a_network_of_other_classes_is_refused(segmenting_bundle: Path, tmp_path: Path) -> None:
    bundle = load_bundle(segmenting_bundle)
    names = bundle.class_names[:-1]
    copy = replace(bundle, path=tmp_path, class_names=names, stages={"segmenter": bundle.stages["segmenter"]})
    (tmp_path / "segmenter.onnx").write_bytes(bundle.file("segmenter").read_bytes())
    save_bundle(copy)
    with pytest.raises(BundleError, match="its segmenter tells 8 classes apart, and there are 7"):
        load_bundle(tmp_path)
    stage = copy.stages["segmenter"]
    save_bundle(replace(copy, stages={"segmenter": replace(stage, arguments=stage.arguments | {"n_classes": 7})}))
    with pytest.raises(BundleError, match="its bundle has 7 classes and the background"):
        Pipeline.load(tmp_path)


def test_predict_prints_shares_and_writes_masks(
    segmenting_bundle: Path, tiny_bundle: Path, tiny_challenge: Path, tmp_path: Path
) -> None:
    pictures = tiny_challenge / "test"
    result = run("predict", pictures, "--model", segmenting_bundle, "--json", "--out", tmp_path)
    assert result.exit_code == 0, result.stderr
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert len(lines) == len(list(tmp_path.glob("*.png"))) == 8
    for line in lines:
        mask = Image.open(line["mask"])
        assert (mask.mode, mask.size) == ("P", open_image(line["image"]).size)
        shares = np.bincount(np.asarray(mask).ravel(), minlength=9) / (mask.width * mask.height)
        assert line["segments"]["background"] == pytest.approx(shares[0], abs=1e-4)
        assert sorted(line["segments"]["classes"].values()) == pytest.approx(
            sorted(shares[1:][shares[1:] > 0]), abs=1e-4
        )
    plain = run("predict", pictures / "0000.jpg", "--model", segmenting_bundle)
    assert "  pixels: " in plain.stdout.splitlines()[1]
    for arguments, words_of_it in (
        ((pictures, "--model", tiny_bundle, "--out", tmp_path), "has no segmenter, which class masks come from"),
        ((pictures, "--model", segmenting_bundle, "--out", pictures / "masks"), "would take its masks for pictures"),
    ):
        refused = run("predict", *arguments)
        assert refused.exit_code == 1
        assert words_of_it in " ".join(refused.stderr.split())


def test_evaluate_counts_the_pixels_of_each_class(
    segmenting_bundle: Path, tiny_challenge: Path, tmp_path: Path
) -> None:
    result = run("evaluate", tiny_challenge, "--model", segmenting_bundle, "--out", tmp_path)
    assert result.exit_code == 0, result.stderr
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    assert f"{metrics['miou']:.4g}" in result.stdout
    pipeline, data = Pipeline.load(segmenting_bundle), read_dataset(tiny_challenge, split="test")
    hits = dict.fromkeys(pipeline.class_names, 0)
    unions = dict.fromkeys(pipeline.class_names, 0)
    for sample in data.samples:
        found = pipeline.predict(open_image(sample.path)).segmentation
        assert found is not None
        assert sample.mask is not None
        assert sample.label is not None
        inside, full = np.asarray(Image.open(sample.mask).convert("L")) > 127, np.asarray(found.full())
        for number, name in enumerate(pipeline.class_names, start=1):
            true = inside & (data.class_names[sample.label] == name)
            hits[name] += int((true & (full == number)).sum())
            unions[name] += int((true | (full == number)).sum())
    there = {name: count for name, count in unions.items() if count}
    assert {name: one["union"] for name, one in metrics["segments"].items()} == there
    assert metrics["miou"] == pytest.approx(np.mean([hits[name] / there[name] for name in there]), abs=1e-6)
    assert (metrics["segmented"], sum(one["n"] for one in metrics["segments"].values())) == (8, 8)
    text = words(figures_card(metrics))
    assert f"{metrics['miou']:.2f} mean IoU mean of {len(there)} classes" in text
    assert f"Every class by its pixels, the weakest first ({len(there)})" in text


def test_pixels_are_counted_where_somebody_knows_what_they_show(tmp_path: Path) -> None:
    data = Dataset(tmp_path, "test", ("hat", "cup"), (), (), ("hat", "cup"))
    mask = Image.fromarray(np.array([[255, 255], [0, 0]], np.uint8))
    found = said([[1, 2], [0, 1]])

    def counted(mask: Image.Image | None, **known: Any) -> Any:
        sample = Sample(tmp_path / "x.jpg", as_boxes([]), mask=None, **({"label": None} | known))
        return count_pixels(found, mask, sample, data)

    assert counted(None) is None
    assert counted(mask) is None, "a mask of nobody knows what"
    cup = counted(mask, label=1)
    assert cup.tolist() == [[1, 1, 0], [2, 2, 0], [1, 2, 1]], "cup is the bundle's first class, the data's second"
    assert counted(mask, label=0).tolist() == [[1, 0, 0], [2, 0, 0], [1, 1, 0]], "the bundle knows no hat"
    nothing = counted(None, is_negative=True)
    assert nothing.tolist() == [[1, 0, 0], [4, 0, 0], [1, 2, 1]]
    figures = segment_figures([cup, nothing], NAMES)
    assert figures["segments"]["cup"] == {"n": 1, "intersection": 1, "union": 5, "iou": 0.2}
    assert (figures["miou"], figures["background_iou"]) == (pytest.approx(0.1), round(2 / 6, 6))
    assert segment_figures([], NAMES) == {}


def test_the_page_colours_pixels_and_says_what_the_colours_are(segmenting_bundle: Path) -> None:
    found = said([[0, 0, 0, 1], [0, 0, 2, 1]], (40, 20))
    tint = np.asarray(coloured(found))
    assert tint[..., 3].astype(bool).tolist() == [[False, False, False, True], [False, False, True, True]]
    assert tuple(tint[1, 2, :3]) == class_colour(2)
    prediction = Prediction((40, 20), None, (), None, {}, {"segmenter": 3.0}, segmentation=found)
    html = picture_row("x", Image.new("RGB", (40, 20)), prediction, size=9)
    text = words(html)
    assert "Every pixel" in text
    assert "cup 25 %" in text
    assert "the rest, 62 %, is background" in text
    assert "onerror" not in tags_of(html), "names are escaped"
    assert html.count('class="si-mask"') == 1
    bare = picture_row("x", Image.new("RGB", (40, 20)), replace(prediction, segmentation=None), size=9)
    assert "Every pixel" not in words(bare)
    assert "colours every pixel by its class, too" in words(model_line(str(segmenting_bundle)))
    with pytest.raises(ValueError, match="2 classes at most"):
        said([[3]])
