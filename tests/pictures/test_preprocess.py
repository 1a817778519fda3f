"""Preprocessing: geometry that can be undone, and pixels that stay what they are."""

import numpy as np
import pytest
import torch
from PIL import Image

from smallimg.boxes import as_boxes, square_window
from smallimg.networks.pixels import normalise, to_tensor
from smallimg.pictures.preprocess import FILL, crop_window, letterbox, on_fill


@pytest.mark.parametrize("room", [0.0, 0.08])
@pytest.mark.parametrize("size_wh", [(224, 224), (640, 480), (100, 301), (3000, 7), (1, 1)])
def test_letterbox_boxes_come_back(size_wh: tuple[int, int], room: float) -> None:
    _, place = letterbox(Image.new("RGB", size_wh), 224, room)
    width, height = size_wh
    boxes = as_boxes([[0, 0, width, height], [width / 4, height / 3, width / 2, height]])
    np.testing.assert_allclose(place.to_picture(place.to_canvas(boxes)), boxes, rtol=1e-4, atol=1e-3)
    assert (place.to_canvas(boxes) >= 0).all()
    assert (place.to_canvas(boxes) <= 224 + 1e-3).all()


def test_letterbox_keeps_the_aspect_and_fills_the_rest() -> None:
    canvas, place = letterbox(Image.new("RGB", (400, 200), (255, 0, 0)), 100)
    pixels = np.asarray(canvas)
    assert place.area_xyxy == (0, 25, 100, 75)
    assert (pixels[25:75] == (255, 0, 0)).all()
    assert (pixels[:25] == FILL).all()
    assert (pixels[75:] == FILL).all()


def test_room_is_left_on_all_sides() -> None:
    canvas, place = letterbox(Image.new("RGB", (400, 200), (255, 0, 0)), 100, 0.25)
    assert place.area_xyxy == (10, 30, 90, 70)
    red = np.asarray(canvas)[..., 0] == 255
    assert red[30:70, 10:90].all()
    assert red.sum() == 40 * 80


def test_letterbox_of_the_right_size_is_the_picture_itself() -> None:
    image = Image.effect_noise((64, 64), 80).convert("RGB")
    assert letterbox(image, 64)[0] is image


def test_on_fill_shows_the_object_and_hides_the_rest() -> None:
    cutout = Image.new("RGBA", (2, 1), (10, 20, 30, 255))
    cutout.putpixel((1, 0), (255, 255, 255, 0))
    flat = on_fill(cutout)
    assert (flat.getpixel((0, 0)), flat.getpixel((1, 0))) == ((10, 20, 30), FILL)


def test_crop_window_against_slicing() -> None:
    image = Image.effect_noise((50, 40), 90).convert("RGB")
    crop = crop_window(image, np.array([10, 5, 30, 25], np.float32), 20)
    np.testing.assert_array_equal(np.asarray(crop), np.asarray(image)[5:25, 10:30])


def test_crop_window_beyond_the_edge_is_filled() -> None:
    image = Image.new("RGB", (10, 10), (255, 255, 255))
    pixels = np.asarray(crop_window(image, np.array([-10, 0, 10, 20], np.float32), 20))
    assert (pixels[:10, 10:] == 255).all()
    assert (pixels[10:] == FILL).all()
    assert (pixels[:, :10] == FILL).all()


@pytest.mark.parametrize("window", [(500, 500, 520, 520), (3, 3, 3, 3), (-9, -9, -1, -1)])
def test_crop_window_outside_or_empty_is_still_a_picture(window: tuple[int, ...]) -> None:
    assert crop_window(Image.new("RGB", (8, 8)), np.array(window, np.float32), 16).size == (16, 16)


def test_the_square_around_a_strip_needs_no_more_room_than_the_strip() -> None:
    strip = Image.new("RGB", (200_000, 20), (255, 255, 255))  # its square would take 120 gigabytes
    pixels = np.asarray(crop_window(strip, square_window([0, 0, *strip.size], margin=0), 16))
    assert (pixels[[0, -1]] == FILL).all()
    crop = np.asarray(crop_window(strip, square_window([0, 0, 40_000, 20], margin=-0.9995), 16))
    assert (crop == 255).all()


def test_square_window_keeps_the_centre() -> None:
    assert square_window([10, 20, 30, 30], margin=0.5).tolist() == [5, 10, 35, 40]


def test_to_tensor_and_normalise() -> None:
    image = Image.new("RGB", (3, 2), (0, 128, 255))
    pixels = to_tensor(image)
    assert pixels.shape == (3, 2, 3)
    assert pixels.dtype == torch.uint8
    assert normalise(pixels)[:, 0, 0].tolist() == pytest.approx([-2, 0.0078, 2], abs=1e-3)
    assert to_tensor(image.convert("L")).shape == (1, 2, 3)
