"""Other backgrounds: the object stays, what lies around it changes, and nothing is drawn twice alike."""

import numpy as np
import torch

from smallimg import pasting


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


def test_a_pool_of_large_backgrounds_is_small() -> None:
    pool = pasting.background_pool(
        torch.zeros(2, 3, 32, 32, dtype=torch.uint8), torch.zeros(2, 1, 32, 32, dtype=torch.uint8), 1000
    )
    assert pool.numel() <= pasting.POOL_BYTES
