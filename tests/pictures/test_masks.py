"""One reading of masks, however they are written."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from smallimg.pictures.masks import open_mask, read_mask

LEFT = np.zeros((10, 20), np.uint8)
LEFT[:, :10] = 1
VOC = [0, 0, 0, 128, 0, 0, 0, 128, 0] + [9, 9, 99] * 252 + [224, 224, 192]


def palette(numbers: np.ndarray, colours: list[int]) -> Image.Image:
    picture = Image.fromarray(numbers)
    picture.putpalette(colours)
    return picture


def voc() -> Image.Image:
    numbers = LEFT * 2
    numbers[:, 10] = 255  # the seam, which is nobody's
    return palette(numbers, VOC)


def cut_out() -> Image.Image:
    picture = Image.new("RGBA", (20, 10), (3, 200, 30, 0))
    picture.putalpha(Image.fromarray(LEFT * 255))
    return picture


def trimap() -> Image.Image:
    return Image.fromarray(np.where(LEFT, np.uint8(1), np.uint8(2)))


MASKS = {
    "0 and 255": lambda: Image.fromarray(LEFT * 255),
    "0 and 1": lambda: Image.fromarray(LEFT),
    "0 and 128": lambda: Image.fromarray(LEFT * 128),
    "one bit": lambda: Image.fromarray(LEFT * 255).convert("1"),
    "a palette of classes": lambda: palette(LEFT * 15, VOC),
    "VOC with its seam": voc,
    "VOC's colours": lambda: voc().convert("RGB"),
    "black and white on a palette": lambda: palette(LEFT, [0, 0, 0, 255, 255, 255]),
    "white and black on a palette": lambda: palette(1 - LEFT, [255, 255, 255, 0, 0, 0]),
    "class numbers in grey": lambda: Image.fromarray(
        np.where(LEFT, np.arange(20, dtype=np.uint8) % 5 + 1, np.uint8(0))
    ),
    "a cut-out": cut_out,
    "an opaque RGBA of black and white": lambda: Image.fromarray(LEFT * 255).convert("RGBA"),
    "grey and alpha": lambda: Image.merge("LA", (Image.new("L", (20, 10), 7), Image.fromarray(LEFT * 255))),
    "RGB": lambda: Image.fromarray(LEFT * 255).convert("RGB"),
    "RGB of 0 and 1": lambda: Image.fromarray(LEFT).convert("RGB"),
    "red on black": lambda: Image.fromarray(np.stack([LEFT * 200, LEFT * 0, LEFT * 0], axis=2)),
    "16 bits": lambda: Image.fromarray(LEFT.astype(np.uint16) * 65535),
    "16 bits of 0 and 1": lambda: Image.fromarray(LEFT.astype(np.uint16)),
    "a trimap of the Oxford pets": trimap,
}


@pytest.mark.parametrize("name", MASKS)
def test_every_way_of_writing_a_mask_is_the_same_mask(name: str, tmp_path: Path) -> None:
    path = tmp_path / "mask.png"
    MASKS[name]().save(path)
    picture, fault, _ = read_mask(path)
    assert picture.mode == "L"
    np.testing.assert_array_equal(np.asarray(picture), LEFT * 255)
    assert fault == ""


def test_soft_masks_stay_soft(tmp_path: Path) -> None:
    ramp = np.linspace(0, 255, 200).astype(np.uint8).reshape(10, 20)
    Image.fromarray(ramp).save(tmp_path / "soft.png")
    np.testing.assert_array_equal(np.asarray(open_mask(tmp_path / "soft.png")), ramp)


def test_the_noise_of_jpeg_is_no_class(tmp_path: Path) -> None:
    Image.fromarray(LEFT * 255).convert("RGB").save(tmp_path / "mask.jpg", quality=60)
    found = np.asarray(open_mask(tmp_path / "mask.jpg")) > 127
    np.testing.assert_array_equal(found, LEFT > 0)


@pytest.mark.parametrize(("value", "fault"), [(0, "empty"), (255, "full"), (1, "full")])
def test_masks_that_say_nothing(value: int, fault: str, tmp_path: Path) -> None:
    Image.new("L", (20, 10), value).save(tmp_path / "mask.png")
    assert read_mask(tmp_path / "mask.png").fault == fault


def test_a_mask_is_turned_with_its_picture(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[274] = 3
    Image.fromarray(LEFT * 255).save(tmp_path / "mask.png", exif=exif)
    np.testing.assert_array_equal(np.asarray(open_mask(tmp_path / "mask.png")), LEFT[:, ::-1] * 255)
