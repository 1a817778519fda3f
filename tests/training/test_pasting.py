"""Other backgrounds: the object stays, what lies around it changes, and nothing is drawn twice alike."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from smallimg.boxes import box_iou
from smallimg.training import pasting
from smallimg.training.tensors import Tensors


def test_plates_keep_the_ground_and_lose_the_object() -> None:
    rng = np.random.default_rng(0)
    ground = torch.from_numpy(rng.integers(40, 80, (2, 3, 64, 64), dtype=np.uint8))
    pixels, alpha = ground.clone(), torch.zeros(2, 1, 64, 64, dtype=torch.uint8)
    pixels[:, :, 20:40, 22:44] = 255
    alpha[:, :, 20:40, 22:44] = 255
    found = pasting.plates(pixels, alpha)
    assert found.max() < 80
    assert torch.equal(found[:, :, :12], ground[:, :, :12])


def test_plates_of_a_full_picture_are_plain() -> None:
    found = pasting.plates(
        torch.full((1, 3, 32, 32), 77, dtype=torch.uint8), torch.full((1, 1, 32, 32), 255, dtype=torch.uint8)
    )
    assert (found == 77).all()


def test_paste_keeps_the_object_and_changes_the_rest() -> None:
    torch.manual_seed(0)
    pixels, alpha = torch.full((4, 3, 64, 64), 200.0), torch.zeros(4, 1, 64, 64)
    alpha[:, :, 20:40, 20:40] = 1
    backgrounds = torch.full((4, 3, 64, 64), 20.0)
    pasted = pasting.paste(pixels, alpha, backgrounds, 1.0)
    assert (pasted[:, :, 20:40, 20:40] == 200).all()
    assert pasted[:, :, :8].max() <= 20
    assert torch.equal(pasting.paste(pixels, alpha, backgrounds, 0.0), pixels)


def test_backgrounds_are_varied_and_repeat_with_the_seed() -> None:
    plates = torch.randint(0, 256, (3, 3, 48, 48), dtype=torch.uint8)
    draws = []
    for _ in range(2):
        torch.manual_seed(7)
        draws.append(pasting.random_backgrounds(12, 48, plates))
    assert torch.equal(*draws)
    assert draws[0].min() >= 0
    assert draws[0].max() <= 255
    assert torch.pdist(draws[0].flatten(1)).min() > 100


def test_a_pool_gives_other_backgrounds_in_every_step_and_repeats_with_the_seed() -> None:
    pixels = torch.randint(0, 256, (5, 3, 48, 48), dtype=torch.uint8)
    alpha = torch.zeros(5, 1, 48, 48, dtype=torch.uint8)
    pools = []
    for _ in range(2):
        torch.manual_seed(3)
        pools.append(pasting.background_pool(pixels, alpha, 8))
    assert torch.equal(*pools)
    assert pools[0].dtype == torch.uint8
    assert pools[0].shape == (pasting.MOST_POOLED, 3, 12, 12)
    drawn = pasting.drawn_backgrounds(64, 8, pools[0])
    assert drawn.shape == (64, 3, 8, 8)
    assert drawn.dtype == torch.float32
    assert torch.pdist(drawn.flatten(1)).min() > 0


def test_a_pool_of_large_backgrounds_is_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pasting, "POOL_BYTES", 400_000)
    pool = pasting.background_pool(
        torch.zeros(2, 3, 32, 32, dtype=torch.uint8), torch.zeros(2, 1, 32, 32, dtype=torch.uint8), 100
    )
    assert len(pool) > 2
    assert pool.numel() <= 400_000


def test_a_pool_holds_no_more_than_are_drawn() -> None:
    pixels, alpha = torch.zeros(2, 3, 8, 8, dtype=torch.uint8), torch.zeros(2, 1, 8, 8, dtype=torch.uint8)
    assert [len(pasting.background_pool(pixels, alpha, 4, draws=draws)) for draws in (0, 6, 10_000)] == [1, 6, 640]


def objects() -> Tensors:
    """White rectangles on black, one picture with an empty mask."""
    pixels, alpha = torch.zeros(3, 3, 40, 40, dtype=torch.uint8), torch.zeros(3, 1, 40, 40, dtype=torch.uint8)
    for index, (width, height) in enumerate(((20, 10), (8, 24))):
        pixels[index, :, 5 : 5 + height, 9 : 9 + width] = 255
        alpha[index, :, 5 : 5 + height, 9 : 9 + width] = 255
    return Tensors(pixels, alpha, (torch.zeros(0, 4),) * 3, torch.full((3,), -1))


def test_scattered_objects_have_all_sizes_and_lie_in_their_boxes() -> None:
    torch.manual_seed(0)
    found = pasting.scattered(objects(), torch.full((2, 3, 30, 50), 40, dtype=torch.uint8), 64, n=200)
    assert (len(found), found.side, found.alpha) == (200, 64, None)
    boxes = torch.cat(found.boxes)
    longer = (boxes[:, 2:] - boxes[:, :2]).amax(dim=1) / 64
    assert (longer.min() < 0.15) & (longer.max() > 0.8)
    assert ((boxes >= 0) & (boxes <= 64)).all()
    for picture, box in zip(found.pixels[:40], boxes, strict=False):
        rows, columns = (picture[0] > 147).nonzero(as_tuple=True)
        seen = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
        assert box_iou(np.array([seen], np.float32), box[None].numpy())[0, 0] > 0.5


def test_nothing_is_scattered_without_masks() -> None:
    with pytest.raises(ValueError, match="masks"):
        pasting.scattered(replace(objects(), alpha=None), torch.zeros(1, 3, 8, 8, dtype=torch.uint8), 16, n=1)


def test_the_making_of_backgrounds_leaves_the_threads_as_they_were() -> None:
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        plates = torch.zeros(2, 3, 8, 8, dtype=torch.uint8)
        pasting.random_backgrounds(2, 8, plates)
        assert torch.get_num_threads() == 2
        with pytest.raises(RuntimeError, match="grid_sampler"):
            pasting.random_backgrounds(2, 8, torch.zeros(2, 3, dtype=torch.uint8))
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(threads)
