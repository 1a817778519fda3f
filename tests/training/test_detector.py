"""The detector learns."""

from dataclasses import replace

from made_tensors import STILL, squares

from smallimg.training.detector import fit_detector
from smallimg.training.recipes import StageRecipe


def test_the_detector_learns_and_logs_its_four_losses() -> None:
    small = {"widths": [16, 16, 32, 32], "channels": 32, "anchors": [16, 24, 32, 48], "input_size": 64}
    recipe = StageRecipe("compact_fasterrcnn", 64, 8, 8, 4e-3, replace(STILL, paste=0.5), small, reads="image")
    curve: list[dict[str, float]] = []
    _, best = fit_detector(
        squares(96),
        squares(24),
        recipe=recipe,
        seed=0,
        report=lambda progress: curve.append(progress.metrics) if progress.metrics else None,
    )
    four = {"loss_objectness", "loss_rpn_box_reg", "loss_classifier", "loss_box_reg"}
    assert four | {"val_iou", "val_map"} <= set(curve[0])
    assert best["val_iou"] > max(0.45, curve[0]["val_iou"])
