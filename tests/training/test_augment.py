"""Augmentation: geometry against the preprocessing it has to agree with, and backgrounds that hide nothing."""

import numpy as np
import pytest
import torch
from PIL import Image

from smallimg.boxes import mask_to_box
from smallimg.networks.pixels import to_tensor
from smallimg.pictures.preprocess import crop_window
from smallimg.training import augment
from smallimg.training.recipes import Augment


def smooth_picture(side: int) -> Image.Image:
    y, x = np.mgrid[:side, :side] * (255 / side)
    return Image.fromarray(np.stack([x, y, (x + y) / 2], axis=2).astype(np.uint8))


@pytest.mark.parametrize("window", [(8, 12, 40, 44), (0, 0, 64, 64), (10, 10, 42, 30)])
def test_a_window_as_it_is_shows_what_prediction_crops(window: tuple[int, ...]) -> None:
    image, box = smooth_picture(64), np.array(window, np.float32)
    matrices = augment.window_matrices(torch.from_numpy(box)[None], None)
    seen = augment.sample(to_tensor(image)[None].float(), matrices, 32, smooth=True)[0]
    crop = to_tensor(crop_window(image, box, 32)).float()
    assert (seen - crop)[:, 1:-1, 1:-1].abs().max() < 4


def test_beyond_the_edge_is_fill() -> None:
    matrices = augment.window_matrices(torch.tensor([[-20.0, -20, 0, 0]]), None)
    seen = augment.sample(torch.zeros(1, 3, 10, 10), matrices, 8, fill=torch.tensor([1, 2, 3]))
    assert seen[0, :, 4, 4].tolist() == [1, 2, 3]


def test_boxes_move_with_their_pixels() -> None:
    torch.manual_seed(3)
    alpha = torch.zeros(24, 1, 96, 96)
    alpha[:, :, 30:62, 24:70] = 1
    whole = torch.tensor([[0.0, 0, 96, 96]]).expand(24, 4)
    changes = Augment(flip=True, degrees=0, scale=0.3, shift=0.2)
    matrices = augment.window_matrices(whole, changes)
    seen = augment.mask_boxes(augment.sample(alpha, matrices, 96))
    for found, matrix in zip(seen, matrices, strict=True):
        moved = augment.move_boxes(torch.tensor([[24.0, 30, 70, 62]]), matrix, 96)[0]
        assert (moved - found).abs().max() <= 1.0


def test_who_mirrors_windows_says_which() -> None:
    whole = torch.tensor([[0.0, 0, 32, 32]]).expand(64, 4)
    mirror = augment.either_way(64)
    matrices = augment.window_matrices(whole, Augment(flip=True, degrees=0, shift=0), mirror=mirror)
    assert torch.equal(matrices[:, 0, 0].sign(), mirror)
    assert 10 < (mirror > 0).sum() < 54


def test_moved_boxes_hold_the_turned_object() -> None:
    torch.manual_seed(4)
    alpha = torch.zeros(8, 1, 96, 96)
    alpha[:, :, 36:60, 30:66] = 1
    whole = torch.tensor([[0.0, 0, 96, 96]]).expand(8, 4)
    matrices = augment.window_matrices(whole, Augment(degrees=30, shift=0))
    for mask, matrix in zip(augment.sample(alpha, matrices, 96), matrices, strict=True):
        box = mask_to_box(mask[0].numpy() > 0.5)
        moved = augment.move_boxes(torch.tensor([[30.0, 36, 66, 60]]), matrix, 96)[0].numpy()
        assert box is not None
        assert (moved[:2] <= box[:2] + 1).all()
        assert (moved[2:] >= box[2:] - 1).all()


def test_mask_boxes_against_the_slow_way() -> None:
    masks = torch.zeros(3, 1, 20, 30)
    masks[0, 0, 4:9, 6:21] = 1
    masks[1, 0, 19, 29] = 1
    slow = [mask_to_box(mask[0].numpy() > 0.5) for mask in masks[:2]]
    found = augment.mask_boxes(masks)
    np.testing.assert_array_equal(found[:2].numpy(), np.array(slow))
    assert found[2].tolist() == [0, 0, 0, 0]


def test_jitter_off_changes_nothing() -> None:
    pixels = torch.rand(2, 3, 8, 8) * 255
    still = augment.jitter(pixels, Augment(brightness=0, contrast=0, colour=0))
    torch.testing.assert_close(still, pixels, atol=1e-3, rtol=0)


def test_a_shift_blurs_nothing() -> None:
    torch.manual_seed(0)
    pixels = torch.rand(4, 3, 32, 32) * 255
    only_shift = Augment(flip=True, degrees=0, shift=0.2)
    seen = augment.sample(
        pixels, augment.window_matrices(torch.tensor([[0.0, 0, 32, 32]]).expand(4, 4), only_shift), 32
    )
    values = {round(value, 2) for value in pixels.flatten().tolist()} | {0.0}
    assert {round(value, 2) for value in seen.flatten().tolist()} <= values


def test_erase_covers_a_square_of_each_with_grey() -> None:
    torch.manual_seed(0)
    pixels = torch.zeros(64, 3, 20, 20)
    covered = augment.erase(pixels, 0.5)[:, 0] == 128
    assert covered.any(dim=(1, 2)).all()
    assert covered.sum(dim=(1, 2)).max() <= 10 * 10
    assert len({tuple(map(tuple, one.nonzero().tolist())) for one in covered}) > 32
    assert torch.equal(augment.erase(pixels, 0.0), pixels)


def test_mix_puts_a_rectangle_of_the_partner_into_each_and_says_how_much_stays() -> None:
    torch.manual_seed(0)
    pixels = torch.arange(16.0).reshape(16, 1, 1, 1).expand(16, 3, 20, 30).contiguous()
    shares = []
    for _ in range(40):
        mixed, partner, own = augment.mix(pixels, 1.0)
        own_pixels = mixed[:, 0] == pixels[:, 0]
        others = mixed[:, 0] == pixels[partner][:, 0]
        assert (own_pixels | others).all()
        assert sorted(partner.tolist()) == list(range(16))
        changed = partner != torch.arange(16)
        assert own_pixels[changed].float().mean(dim=(1, 2)).tolist() == pytest.approx([own] * int(changed.sum()))
        rows = others[changed][0].any(dim=1).sum() * others[changed][0].any(dim=0).sum()
        assert rows == others[changed][0].sum(), "a rectangle"
        shares.append(own)
    assert 0.35 < sum(shares) / len(shares) < 0.65
    assert pixels[3, 0, 0, 0] == 3, "what came in stays as it is"


def test_mix_leaves_a_batch_alone_as_often_as_it_is_told() -> None:
    torch.manual_seed(0)
    pixels = torch.rand(4, 3, 8, 8)
    assert all(augment.mix(pixels, 0.0)[2] == 1 for _ in range(8))
    untouched = sum(augment.mix(pixels, 0.25)[0] is pixels for _ in range(400))
    assert 260 < untouched < 340
