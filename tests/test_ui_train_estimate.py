"""How long it will take, in a sentence, or what keeps it from being started.

A process that measures takes seconds to start, so that few tests here start one; `tests/test_estimate.py` has the rest.
"""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from smallimg.ui import train_estimate
from smallimg.ui.train_estimate import estimate_text
from smallimg.ui.train_settings import AUGMENT, NUMBERS, SCRATCH, STAGE_CHOICES, THE_RECIPES

NOT_MEASURED = "could not be measured; it can be started all the same."


def ask(data: Path | str, **changes: Any) -> str:
    """The sentence for what the page shows at first, but for the changes."""
    shown: dict[str, Any] = {
        "name": "", "stages": ["classifier"], "recipe": "fast", "background": "none", "reads": "",
        "start_from": SCRATCH, "start_mode": "features", "seed": 42, "masks": False, "flip": THE_RECIPES,
        **dict.fromkeys(AUGMENT, ""),
    }  # fmt: skip
    for _, stage in STAGE_CHOICES:
        shown |= {f"{stage}_architecture": THE_RECIPES, **{f"{stage}_{field}": "" for field in NUMBERS}}
    assert changes.keys() <= shown.keys()
    return estimate_text(str(data), *(shown | changes).values()).replace("\u00a0", " ")


def test_without_pictures_it_waits_for_them() -> None:
    assert "Choose the pictures" in ask("")
    assert "Choose the pictures" in ask("", classifier_epochs="nonsense"), "one thing after the other"


def test_without_stages_there_is_nothing_to_measure() -> None:
    assert "Nothing to train is chosen yet." in ask("/no/such", stages=[])


@pytest.mark.parametrize("field", ["classifier_epochs", "detector_learning_rate", "degrees"])
def test_a_field_that_wants_a_number_is_named(field: str) -> None:
    html = ask("/no/such", **{field: "<b>"})
    assert re.search(r"“[\w ,:±]+” must be a (whole )?number or empty, not “&lt;b&gt;”", html)
    assert html.startswith('<p class="si-notice" role="status">')


def test_stages_are_timed_once_for_the_same_settings(tiny_challenge: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    little = {f"{stage}_{field}": "1" for stage in ("detector", "classifier") for field in ("epochs", "batch_size")}
    settings: dict[str, Any] = {"stages": ["classifier", "detector"], **little}
    html = ask(tiny_challenge, **settings)
    assert re.search(
        r'role="status">About <strong>\d+ (s|min)</strong> on this machine '
        r"\(detector \d+ (s|min), classifier \d+ (s|min)\), as measured on a few steps\.",
        html,
    )
    monkeypatch.setattr(sys, "executable", "/bin/false")  # nothing more can be measured
    assert ask(tiny_challenge, name="another name", **settings) == html
    assert NOT_MEASURED in ask(tiny_challenge, seed=43, **settings)


def test_what_training_would_say_is_said_now(tmp_path: Path) -> None:
    html = ask(tmp_path / "gone")
    assert "There is no data set at" in html
    assert html.startswith('<p class="si-notice" role="status">')


def test_a_process_that_takes_too_long_or_breaks_is_a_sentence(
    tiny_challenge: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(train_estimate, "LONGEST_S", 0.05)
    with pytest.raises(subprocess.TimeoutExpired):
        subprocess.run([sys.executable, "-m", "smallimg.estimate", "{}"], timeout=0.05, check=False)
    assert NOT_MEASURED in ask(tiny_challenge, seed=44)
    for program in ("/bin/true", "/bin/echo"):  # nothing, or no JSON, comes back
        monkeypatch.setattr(sys, "executable", program)
        assert NOT_MEASURED in ask(tiny_challenge, seed=45)
