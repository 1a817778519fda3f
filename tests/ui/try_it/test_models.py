"""The line about the chosen models: their name, what they know, how good they are."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from smallimg import DEFAULT_BUNDLE
from smallimg.runs.run import Run, RunConfig, adopt_run, rename_run
from smallimg.ui.try_it.models import model_line, model_name, reads_cutouts


def words(html: str) -> str:
    return re.sub(r"<[^>]+>", "", html)


@pytest.fixture
def run(tiny_bundle: Path, tmp_path: Path) -> Run:
    files = {path.name: path for path in tiny_bundle.iterdir()}
    return adopt_run(RunConfig("first try", data="somewhere"), files, folder=tmp_path)


def change(run: Run, **changes: Any) -> str:
    """The line of the run's bundle with some of its bundle.json changed."""
    file = run.path / "bundle.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))
    return words(model_line(str(run.path)))


def test_a_shipped_bundle_says_what_it_knows() -> None:
    text = words(model_line("cifar10"))
    assert "Model: cifar10. It knows airplane, automobile, bird, cat, deer, dog, frog, horse, ship and truck;" in text
    assert "“not sure”" in text


def test_of_the_default_with_its_many_kinds_the_groups_are_named() -> None:
    text = words(model_line(DEFAULT_BUNDLE))
    groups = "animal, building, clothing, food, home, nature, person, thing and vehicle"
    assert f"Model: everyday. It knows 142 kinds of things, in these groups: {groups}; for anything else" in text
    assert "cauliflower" not in text


def test_a_run_goes_by_the_name_it_has_now(run: Run, tmp_path: Path) -> None:
    assert words(model_line(str(run.path))).startswith("Model: first try, trained here. It knows plug, phone, ")
    rename_run(run.id, "Plugs & <b>cups</b>", folder=tmp_path)
    assert "<strong>Plugs &amp; &lt;b&gt;cups&lt;/b&gt;</strong>" in model_line(str(run.path))
    assert model_name(str(run.path)) == "Plugs & <b>cups</b>"


def test_a_run_says_how_good_it_was(run: Run) -> None:
    assert "Right on" not in model_line(str(run.path))
    labels = ("cup", "cup", "ball", None)
    pictures = [{"image": "a", "truth": "cup", "label": label, "probability": None} for label in labels]
    content = {"split": "validation", "metrics": {}, "root": "", "pictures": pictures}
    (run.path / "results.json").write_text(json.dumps(content))
    assert "Right on 2 of 3 validation pictures." in model_line(str(run.path))


def test_of_very_many_classes_the_line_stays_short(run: Run) -> None:
    names = [f"class {index}" for index in range(145)]
    classifier = json.loads((run.path / "bundle.json").read_text())["stages"]["classifier"]
    classifier["arguments"]["n_classes"] = 145
    text = change(run, class_names=names, stages={"classifier": classifier})
    assert "class 10, class 11 and 133 more; for" in text
    groups = {f"group {index}": names[index::3] for index in range(3)}
    expected = "It knows 145 kinds of things, in these groups: group 0, group 1 and group 2; for"
    assert expected in change(run, groups=groups)


def test_what_a_bundle_lacks_is_said(run: Run) -> None:
    stages = json.loads((run.path / "bundle.json").read_text())["stages"]
    only = {"classifier": stages["classifier"]}
    assert "It has no remover and no detector of its own." in change(run, stages=only, background="none")
    assert "It gives no names." in change(run, stages={"detector": stages["detector"]})


def test_a_bundle_that_is_gone_is_a_sentence(run: Run) -> None:
    shutil.rmtree(run.path)
    assert f"The models “{run.id}” are gone: choose others" in model_line(str(run.path))
    assert str(run.path.parent) not in model_line(str(run.path))
    assert reads_cutouts(str(run.path)) is False


def test_a_bundle_that_is_damaged_is_named_without_its_path(run: Run) -> None:
    (run.path / "bundle.json").write_text("{")
    text = words(model_line(str(run.path)))
    assert text.startswith("bundle.json of “first try” is damaged")
    assert str(run.path) not in text


@pytest.mark.parametrize("reads", ["image", "cutout"])
def test_what_the_last_network_looks_at(run: Run, reads: str) -> None:
    stages = json.loads((run.path / "bundle.json").read_text())["stages"]
    change(run, stages={"classifier": stages["classifier"] | {"reads": reads}})
    assert reads_cutouts(str(run.path)) is (reads == "cutout")
