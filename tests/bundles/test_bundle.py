"""Bundles on disk: what goes in comes out, and what is damaged is named."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from smallimg.bundles.bundle import (
    Bundle,
    Stage,
    find_bundle,
    list_bundles,
    load_bundle,
    save_bundle,
)
from smallimg.errors import BundleError
from smallimg.networks.classifiers import build_classifier
from smallimg.networks.onnx_files import write_network

UNET = {"architecture": "small_unet", "arguments": {}, "input_size": 64}
STAGE = Stage("compact_resnet", {"n_classes": 2, "patch": 2, "stem": 8, "widths": [8, 16]}, 32, "cutout", 0.15)


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    """A classifier alone, saved."""
    made = Bundle(tmp_path / "cats", ("cat", "dög"), "none", {"classifier": STAGE}, {"seed": 3, "metrics": {"a": 0.5}})
    made.path.mkdir()
    write_network(
        build_classifier(STAGE.architecture, STAGE.arguments), made.file("classifier"), stage="classifier", side=32
    )
    save_bundle(made)
    return made


def test_round_trip(bundle: Bundle) -> None:
    assert load_bundle(bundle.path) == bundle
    assert not list(bundle.path.glob("*.tmp"))


def test_groups_and_calibration_come_back(bundle: Bundle) -> None:
    stage = replace(STAGE, temperature=0.7, energy_marks=(1.0, 2.5), likeness_marks=(0.1, 0.2), unknown_below=0.3)
    save_bundle(replace(bundle, stages={"classifier": stage}, groups={"all": bundle.class_names}))
    found = load_bundle(bundle.path)
    assert found.stages["classifier"] == stage
    assert found.groups == {"all": bundle.class_names}
    save_bundle(replace(bundle, groups={"all": ("unicorn",)}))
    with pytest.raises(BundleError, match="groups classes that it does not have: unicorn"):
        load_bundle(bundle.path)


def test_model_card_says_what_it_is(bundle: Bundle) -> None:
    card = (bundle.path / "README.md").read_text(encoding="utf-8")
    assert "cat, dög" in card
    assert "| classifier | compact_resnet | 32 px | cutout |" in card
    assert "seed 3" in card
    assert "| a | 0.5 |" in card


def test_a_name_is_looked_up_in_the_shipped_folder() -> None:
    for name in list_bundles():
        assert find_bundle(name).name == name


def test_a_run_is_found_by_its_id_and_by_nothing_that_leads_elsewhere(
    tiny_bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMALLIMG_RUNS", str(tmp_path / "runs"))
    shutil.copytree(tiny_bundle, tmp_path / "runs" / "mine-0101-000000")
    shutil.copytree(tiny_bundle, tmp_path / "other")
    assert find_bundle("mine-0101-000000") == tmp_path / "runs" / "mine-0101-000000"
    with pytest.raises(BundleError):
        find_bundle("../other")


def test_unknown_bundle() -> None:
    with pytest.raises(BundleError, match="No bundle “nowhere”"):
        load_bundle("nowhere")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda content: content.update(format=99), "has format 99"),
        (lambda content: content.pop("stages"), "damaged"),
        (lambda content: content["stages"]["classifier"].pop("architecture"), "damaged"),
        (lambda content: content["stages"].update(oracle=content["stages"]["classifier"]), "stage “oracle”"),
        (lambda content: content["stages"].update(background=UNET), "missing"),
    ],
)
def test_a_bad_description_is_named(bundle: Bundle, change, message: str) -> None:  # type: ignore[no-untyped-def]
    file = bundle.path / "bundle.json"
    content = json.loads(file.read_text())
    change(content)
    file.write_text(json.dumps(content))
    with pytest.raises(BundleError, match=message):
        load_bundle(bundle.path)


@pytest.mark.parametrize("text", ["", "[]", "{", "null", "\udcff"])
def test_a_description_that_is_none(bundle: Bundle, text: str) -> None:
    (bundle.path / "bundle.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(BundleError, match="damaged"):
        load_bundle(bundle.path)
