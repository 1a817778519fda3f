"""The corruptions: ImageNet-C's arithmetic at its severities, more of it with each."""

import io

import numpy as np
import pytest
from PIL import Image

from smallimg.study.conditions.brightness import ADDED, brightness
from smallimg.study.conditions.factors import CORRUPTIONS, Strengths, apply
from smallimg.study.conditions.fog import THICKNESS, fog, plasma
from smallimg.study.conditions.jpeg import QUALITY, jpeg
from smallimg.study.conditions.noise import DEVIATION, noise

BOX = np.array([20, 20, 60, 60], np.float32)
GREY = Image.new("RGB", (200, 150), (128, 128, 128))


@pytest.fixture(scope="module")
def picture() -> Image.Image:
    """Soft colours of all hues, with some black."""
    small = Image.fromarray(np.random.default_rng(0).integers(0, 200, (6, 8, 3)).astype(np.uint8))
    large = small.resize((80, 60), Image.Resampling.BICUBIC)
    large.paste((0, 0, 0), (0, 0, 9, 9))
    return large


@pytest.mark.parametrize("severity", [1, 2, 3, 4, 5])
def test_noise_has_its_deviation(severity: int) -> None:
    changed = np.asarray(noise(GREY, BOX, strength=severity, seed=1)[0], np.float64)
    wanted = 255 * DEVIATION[severity - 1]
    clipped = np.clip(128 + wanted * np.random.default_rng(9).standard_normal(90_000), 0, 255)
    assert changed.std() == pytest.approx(clipped.std(), rel=0.02)
    assert changed.mean() == pytest.approx(clipped.mean(), abs=1.5)


@pytest.mark.parametrize("severity", [1, 5])
def test_brightness_is_hsvs_value(picture: Image.Image, severity: int) -> None:
    """Against Pillow's own HSV, whose numbers are coarser."""
    hue, saturation, value = picture.convert("HSV").split()
    raised = value.point([min(255, round(one + 255 * ADDED[severity - 1])) for one in range(256)])
    expected = np.asarray(Image.merge("HSV", (hue, saturation, raised)).convert("RGB"), np.int16)
    seen = np.asarray(brightness(picture, BOX, strength=severity)[0], np.int16)
    coloured = np.asarray(picture).max(axis=2) > 40  # of a dark colour Pillow's HSV says little
    assert np.abs(seen - expected)[coloured].max() <= 8
    assert (seen[:5, :5] == round(255 * ADDED[severity - 1])).all(), "black has no colour to keep"


@pytest.mark.parametrize("severity", [1, 2, 3, 4, 5])
def test_jpeg_is_pillows_at_that_quality(picture: Image.Image, severity: int) -> None:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=QUALITY[severity - 1])
    assert jpeg(picture, BOX, strength=severity)[0].tobytes() == Image.open(buffer).convert("RGB").tobytes()


def test_fog_takes_the_contrast_and_adds_light() -> None:
    halves = Image.new("RGB", (128, 128))
    halves.paste((255, 255, 255), (64, 0, 128, 128))
    for severity, (thick, _) in enumerate(THICKNESS, start=1):
        seen = np.asarray(fog(halves, BOX, strength=severity, seed=4)[0], np.float64) / 255
        # The same fog lies over both halves: what differs is the picture, made dimmer.
        black = np.asarray(fog(Image.new("RGB", (128, 128)), BOX, strength=severity, seed=4)[0])
        assert seen.max() <= 1
        assert seen[:, :64].mean() > 0.2
        contrast = seen[:, 64:].mean() - seen[:, :64].mean()
        assert contrast < 1 / (1 + thick) + 0.25
        assert black.std() == 0, "where nothing is light, fog is dark too"


def test_a_cloud_is_rougher_where_its_details_fade_less() -> None:
    smooth, rough = (plasma(64, decay, np.random.default_rng(2)) for decay in (2.0, 1.4))
    assert smooth.shape == (64, 64)
    assert (smooth.min(), smooth.max()) == (0, 1)
    assert np.abs(np.diff(rough)).mean() > 1.5 * np.abs(np.diff(smooth)).mean()
    edges = np.abs(smooth[:, 0] - smooth[:, -1]).mean()
    assert edges < 4 * np.abs(np.diff(smooth)).mean(), "its edges meet"


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_each_severity_is_further_from_the_crop_and_the_same_every_time(picture: Image.Image, name: str) -> None:
    before = np.asarray(apply("orig_crop", picture, BOX, strengths=Strengths(), seed=0)[0], np.float64)
    away = []
    for severity in (1, 3, 5):
        seen = [apply(name, picture, BOX, strengths=Strengths(severity=severity), seed=5)[0] for _ in range(2)]
        assert seen[0].tobytes() == seen[1].tobytes()
        away.append(float(np.abs(np.asarray(seen[0], np.float64) - before).mean()))
    assert min(away) > 1
    if name != "fog":  # a cloud may be as light as what it hides
        assert away == sorted(away)
