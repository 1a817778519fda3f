"""How long it will take, in a sentence, or what keeps it from being started.

A process that measures takes seconds to start, so that few tests here start one; `tests/test_estimate.py` has the rest.
"""

import re
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from train_tab import fields

from smallimg.files import write_json
from smallimg.runs import estimate as estimate_run
from smallimg.runs.forecast import Forecast, Part
from smallimg.runs.run import RunConfig, create_run
from smallimg.ui.train import estimate as train_estimate
from smallimg.ui.train.estimate import estimate, estimate_text, estimated

NOT_MEASURED = "could not be measured; it can be started all the same."


def ask(data: Path | str, **changes: Any) -> str:
    """The sentence for what the page shows at first, but for the changes."""
    return estimate_text(str(data), *fields(**changes)).replace("\u00a0", " ")


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


def test_the_whole_is_told_first_and_measured_once_for_the_same_settings(
    tiny_challenge: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings: dict[str, Any] = {"stages": ["classifier"], "classifier_epochs": "1", "classifier_batch_size": "1"}
    html = ask(tiny_challenge, **settings)
    assert re.search(
        r'role="status">About <strong>\d+ (s|min)</strong> on this machine, from the click until it is measured: '
        r"starting and reading the pictures \d+ (s|min)(, learning to name \d+ (s|min))?"
        r"(, checking how sure it may be \d+ (s|min))?(, measuring what it can do \d+ (s|min))?\..*</p>",
        html,
    )
    monkeypatch.setattr(sys, "executable", "/bin/false")  # nothing more can be measured
    assert ask(tiny_challenge, name="another name", **settings) == html
    assert NOT_MEASURED in ask(tiny_challenge, seed=43, **settings)


def test_parts_add_up_to_what_is_told_of_the_whole(tiny_challenge: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = {"detector": Part(6), "classifier": Part(1, 1, 1), "check": Part(4), "measuring": Part(2)}
    parts = {"start": Part(4.2), "reading": Part(0.9), **names}
    monkeypatch.setattr(train_estimate, "_measure", lambda _config: Forecast(parts))
    html = ask(tiny_challenge, seed=4714)
    assert "About <strong>20 s</strong>" in html
    assert (
        "starting and reading the pictures 5 s, learning to find 6 s, learning to name 3 s, checking how sure it may "
        "be 4 s, measuring what it can do 2 s."
    ) in html
    assert "cut out" not in html


def test_what_was_measured_goes_with_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    forecast = Forecast({"start": Part(setup=5), "classifier": Part(work=70)})
    monkeypatch.setattr(train_estimate, "_measure", lambda _config: forecast)
    config = RunConfig("mine", str(tmp_path), stages=("classifier",), seed=4711)
    assert estimated(config) is None
    assert estimate(config) == forecast
    assert estimated(replace(config, name="renamed", note="noted")) == forecast
    assert estimated(replace(config, seed=4712)) is None


def test_downloads_and_runs_before_it_are_told_apart(
    tiny_challenge: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forecast = Forecast({"start": Part(setup=5), "classifier": Part(work=70)}, "<b>u2net</b>")
    monkeypatch.setattr(train_estimate, "_measure", lambda _config: forecast)
    monkeypatch.setenv("SMALLIMG_RUNS", str(tmp_path))
    assert "On top comes the download of &lt;b&gt;u2net&lt;/b&gt;" in ask(tiny_challenge, seed=4713)
    assert "before it" not in ask(tiny_challenge, seed=4713)
    for name, seconds in (("first", {"here": 100.0, "later": 20.0}), ("second", None)):
        run = create_run(RunConfig(name, str(tmp_path)))
        monkeypatch.setattr("smallimg.runs.folders.is_locked", lambda _file: True)
        write_json(run.path / "status.json", {"status": "running", "seconds_left": seconds, "updated": time.time()})
        sentence = {"first": "One run is before it for about 2 min.", "second": "2 runs are before it."}[name]
        assert sentence in ask(tiny_challenge, seed=4713)


def test_what_training_would_say_is_said_now(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def here(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, 0, stdout=estimate_run.main(command[-1]) + "\n")

    monkeypatch.setattr(subprocess, "run", here)
    html = ask(tmp_path / "gone")
    assert "There is no data set “gone”" in html
    assert html.startswith('<p class="si-notice" role="status">')


def test_a_process_that_takes_too_long_or_breaks_is_a_sentence(
    tiny_challenge: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(train_estimate, "LONGEST_S", 0.05)
    with pytest.raises(subprocess.TimeoutExpired):
        subprocess.run([sys.executable, "-m", "smallimg.runs.estimate", "{}"], timeout=0.05, check=False)
    assert NOT_MEASURED in ask(tiny_challenge, seed=44)
    for program in ("/bin/true", "/bin/echo"):  # nothing, or no JSON, comes back
        monkeypatch.setattr(sys, "executable", program)
        assert NOT_MEASURED in ask(tiny_challenge, seed=45)
