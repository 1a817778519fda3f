"""What the checks found, as cards: one click leaves pictures out, another takes them back, a third looks closer."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect
from train_page import bring


@pytest.fixture
def doubtful(tmp_path: Path) -> Path:
    """Twelve pictures of each of two classes, as a zip; one of them is there twice."""
    folder = tmp_path / "doubtful"
    for number in range(24):
        file = folder / ("cat", "dog")[number % 2] / f"{number:02}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.random.default_rng(number).integers(0, 255, (48, 48, 3), np.uint8)).save(file)
    shutil.copy(folder / "cat" / "00.png", folder / "cat" / "again.png")
    return Path(shutil.make_archive(str(folder), "zip", folder))


def test_pictures_are_left_out_and_used_again_by_a_click_and_looked_at_closer(page: Page, doubtful: Path) -> None:
    bring(page, doubtful)
    cards, facts = page.locator(".si-finding"), page.locator(".si-preview .si-facts")
    expect(cards).to_have_count(1)
    expect(cards).to_contain_text("the same picture as")
    expect(facts).to_contain_text("25 pictures")
    cards.get_by_role("button", name="Leave this one out").click()
    expect(facts).to_contain_text("24 pictures")
    expect(cards).to_have_count(0)
    expect(page.locator(".si-left-out").first).to_contain_text("1 picture is left out of everything")
    page.reload()
    expect(facts).to_contain_text("24 pictures")
    page.get_by_role("button", name="Use them again").click()
    expect(facts).to_contain_text("25 pictures")
    expect(cards).to_have_count(1)
    page.set_viewport_size({"width": 390, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    closer = page.get_by_role("button", name="Look closer")
    closer.click()
    expect(closer).to_have_count(0, timeout=120_000)
    expect(cards).to_have_count(1)  # noise gives no class away
