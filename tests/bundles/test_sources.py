"""What networks look at: here what a detector draws in its boxes, on its way to the picture."""

import numpy as np
import pytest
from PIL import Image

from smallimg.bundles.sessions import DetectorSession, Found
from smallimg.bundles.sources import mask_in_box
from smallimg.pipeline import Pipeline


def test_a_mask_is_cut_to_its_box() -> None:
    whole = np.zeros((40, 40), np.float32)
    whole[10:20, 15:30] = 1
    cut = np.asarray(mask_in_box(whole, np.array([10, 10, 30, 20], np.float32)))
    assert cut.shape == (10, 20)
    assert cut[:, :5].max() == 0
    assert cut[:, 5:].min() == 255
    assert mask_in_box(whole, np.array([10, 10, 10.2, 10.1], np.float32)).size == (1, 1)


def test_the_pipelines_boxes_have_what_the_detector_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a picture that is twice as wide as high, so that the square has bars, and a box that reaches into one."""

    def look(self: DetectorSession, pixels: np.ndarray) -> Found:
        side = self.side
        masks = np.zeros((2, side, side), np.float32)
        masks[0, : side // 2, : side // 2] = 1
        boxes = np.array([[0, 0, side, side], [0, side / 2, side / 4, side * 0.7]], np.float32)
        return Found(boxes, np.array([0.9, 0.8], np.float32), masks=masks)

    monkeypatch.setattr(DetectorSession, "look", look)
    pipeline = Pipeline.load("challenge", background="none")
    first, second = pipeline.predict(Image.new("RGB", (400, 200)), classify=False).boxes
    assert first.xyxy == (0, 0, 400, 200)
    assert first.mask is not None
    drawn = np.asarray(first.mask.resize((40, 20))) > 127
    true = np.zeros((20, 40), bool)
    true[:10, :20] = True
    assert (drawn == true).mean() > 0.97
    assert second.mask is not None
    assert second.mask.getextrema() == (0, 0)
