"""Bundles on disk: what goes in comes out, and what is damaged is named."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from smallimg.bundles.bundle import (
    Bundle,
    Stage,
    find_bundle,
    list_bundles,
    load_bundle,
    load_weights,
    save_bundle,
    save_weights,
)
from smallimg.errors import BundleError
from smallimg.networks.classifiers import build_classifier

STAGE = Stage("compact_resnet", {"n_classes": 2, "patch": 2, "stem": 8, "widths": [8, 16]}, 32, "cutout", 0.15)


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    """A classifier alone, saved."""
    made = Bundle(tmp_path / "cats", ("cat", "dög"), "none", {"classifier": STAGE}, {"seed": 3, "metrics": {"a": 0.5}})
    made.path.mkdir()
    save_weights(build_classifier(STAGE.architecture, STAGE.arguments), made.file("classifier"))
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


def test_what_a_classifier_has_seen_comes_back_however_much_it_is(bundle: Bundle) -> None:
    for k in (3, 7):
        made, found = (build_classifier(STAGE.architecture, STAGE.arguments) for _ in range(2))
        made.seen = torch.rand(k, made.head[-1].in_features)
        save_weights(made, bundle.file("classifier"))
        load_weights(found, bundle.file("classifier"))
        assert found.seen is not None
        torch.testing.assert_close(found.seen, made.seen, atol=1e-3, rtol=0)
        assert found.seen.dtype == torch.float32


def test_weights_come_back_to_half_precision(bundle: Bundle) -> None:
    network = build_classifier(STAGE.architecture, STAGE.arguments)
    load_weights(network, bundle.file("classifier"))
    stored = load_file(bundle.file("classifier"))
    assert stored["head.3.weight"].dtype == torch.float16
    assert torch.equal(network.state_dict()["head.3.weight"], stored["head.3.weight"].float())


def test_model_card_says_what_it_is(bundle: Bundle) -> None:
    card = (bundle.path / "README.md").read_text(encoding="utf-8")
    assert "cat, dög" in card
    assert "| classifier | compact_resnet | 32 px | cutout |" in card
    assert "seed 3" in card
    assert "| a | 0.5 |" in card


def test_a_name_is_looked_up_in_the_shipped_folder() -> None:
    for name in list_bundles():
        assert find_bundle(name).name == name


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
        (lambda content: content["stages"].update(detector=content["stages"]["classifier"]), "missing"),
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


def test_weights_of_another_network(bundle: Bundle) -> None:
    other = build_classifier("cifar_cnn", {"n_classes": 2})
    with pytest.raises(BundleError, match="does not hold the weights"):
        load_weights(other, bundle.file("classifier"))


def test_truncated_weights(bundle: Bundle) -> None:
    file = bundle.file("classifier")
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(BundleError, match="does not hold the weights"):
        load_weights(build_classifier(STAGE.architecture, STAGE.arguments), file)
