"""Transfer learning: what is frozen stays to the bit, what learns changes, and a stopped run still goes on exactly."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.error import URLError

import pytest
import torch
from light import detectors_unexported
from torch import Tensor, nn
from torchvision.models import mobilenet_v3_small

from smallimg import DEFAULT_BUNDLE
from smallimg.bundles.bundle import STAGE_FILES, Bundle, load_bundle
from smallimg.data.dataset import Dataset
from smallimg.data.formats import read_dataset
from smallimg.errors import BundleError, SmallimgError, Stopped, TrainingError
from smallimg.networks.classifiers import build_classifier
from smallimg.networks.detectors import build_detector
from smallimg.networks.onnx_files import LARGE, read_weights
from smallimg.runs.run import RunConfig, create_run, read_run
from smallimg.training.bundle import take_over, train_bundle
from smallimg.training.loop import Keep, Progress
from smallimg.training.plan import make_plan
from smallimg.training.recipes import RECIPES
from smallimg.training.start import GENTLE, IMAGENET, Start, started
from smallimg.training.transfer import take_weights

SMALL: dict[str, dict[str, Any]] = {
    "remover": {"input_size": 64, "arguments": {"widths": [8, 8, 8, 8, 8]}},
    "detector": {"input_size": 64, "arguments": {"widths": [8, 8, 8, 8], "channels": 8, "input_size": 64}},
    "classifier": {"input_size": 32, "margin": 0.3, "arguments": {"patch": 2, "stem": 8, "widths": [8, 16, 16]}},
}
ALONE: dict[str, Any] = {"stages": ("classifier",), "background": "none"}


def train(data: Dataset, out: Path, **arguments: Any) -> list[Progress]:
    """Train a short run; its epochs."""
    seen: list[Progress] = []
    arguments = {"report": seen.append, "epochs": 1, "recipe": replace(RECIPES["fast"], views=1)} | arguments
    with detectors_unexported():
        train_bundle(data, out, **arguments)
    return [progress for progress in seen if progress.metrics]


@pytest.fixture(scope="module")
def data(tiny_challenge: Path) -> Dataset:
    return read_dataset(tiny_challenge)


@pytest.fixture(scope="module")
def source(data: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("source")
    train(data, out, overrides=SMALL)
    return out


def weights_of(bundle: Path, stage: str) -> dict[str, Tensor]:
    return read_weights(bundle / STAGE_FILES[stage])


def same(ours: dict[str, Tensor], theirs: dict[str, Tensor]) -> set[str]:
    """The names under which both hold the same bits."""
    return {name for name in ours.keys() & theirs.keys() if torch.equal(ours[name], theirs[name])}


def test_features_learn_the_head_only_whatever_the_classes_are(data: Dataset, tmp_path: Path, source: Path) -> None:
    more = replace(data, class_names=(*data.class_names, "another"))
    train(more, tmp_path, stages=("detector", "classifier"), start=Start(str(source), "features"))

    ours, theirs = weights_of(tmp_path, "detector"), weights_of(source, "detector")
    heads = {name for name in theirs if name.startswith(("rpn.", "roi_heads."))}
    assert same(ours, theirs) >= theirs.keys() - heads
    assert not same(ours, theirs) & {name for name in heads if name.endswith("weight")}

    ours, theirs = weights_of(tmp_path, "classifier"), weights_of(source, "classifier")
    body = {name for name in theirs if not name.startswith("head.") and name != "seen"}
    assert same(ours, theirs) == body  # batch norm's figures too
    assert ours["head.3.weight"].shape == (len(more.class_names), 16)

    stages = load_bundle(tmp_path).stages
    assert (stages["classifier"].input_size, stages["classifier"].margin) == (32, 0.3)
    assert (tmp_path / STAGE_FILES["background"]).read_bytes() == (source / STAGE_FILES["background"]).read_bytes()
    assert f"started from {source.name} (features)" in (tmp_path / "README.md").read_text("utf-8")


def test_the_default_s_features_are_learned_on_as_they_are(data: Dataset, tmp_path: Path) -> None:
    """Whatever its classifier is built like, and though it knows groups, which the new names have not."""
    everyday = load_bundle(DEFAULT_BUNDLE)
    there, theirs = everyday.stages["classifier"], read_weights(everyday.file("classifier"))
    train(data, tmp_path, start=Start(DEFAULT_BUNDLE, "features"), stages=("classifier",))
    bundle = load_bundle(tmp_path)
    made, ours = bundle.stages["classifier"], weights_of(tmp_path, "classifier")
    assert made.arguments == there.arguments | {"n_classes": len(data.class_names)}
    assert (made.architecture, made.input_size, made.margin) == (there.architecture, there.input_size, there.margin)
    assert same(ours, theirs) == {name for name in theirs if not name.startswith("head.") and name != "seen"}
    assert (bundle.class_names, bundle.groups) == (data.class_names, {})
    assert not made.whole_too  # its own look is what it is asked about, and all that it has learned from


def test_what_is_taken_over_comes_in_whole_numbers_too(tmp_path: Path) -> None:
    everyday = load_bundle(DEFAULT_BUNDLE)
    fresh = Bundle(tmp_path, ("a", "b"), "own", {}, {"metrics": {}})
    taken = take_over(fresh, Start(DEFAULT_BUNDLE, "features"), ("classifier",))
    assert set(taken.stages) == {"background", "detector"}
    for name, stage in taken.stages.items():
        assert stage.quantised
        assert taken.int8_file(name).read_bytes() == everyday.int8_file(name).read_bytes()
    assert not taken.int8_file("classifier").exists()


def test_deeper_stages_and_the_mirror_image_come_along(data: Dataset, tmp_path: Path) -> None:
    arguments = SMALL["classifier"]["arguments"] | {"depth": 2, "mirrored": True}
    settings = {"classifier": SMALL["classifier"] | {"arguments": arguments}}
    train(data, tmp_path / "first", overrides=settings, **ALONE)
    two = replace(data, class_names=(*data.class_names, "another"))
    train(two, tmp_path / "second", start=Start(str(tmp_path / "first"), "features"), **ALONE)
    made = load_bundle(tmp_path / "second").stages["classifier"].arguments
    assert made == arguments | {"n_classes": len(two.class_names)}
    ours, theirs = weights_of(tmp_path / "second", "classifier"), weights_of(tmp_path / "first", "classifier")
    deep = {name for name in theirs if name.startswith("stages.") and ".residual." in name}
    assert len({name for name in deep if name.endswith(".weight") and theirs[name].ndim == 4}) == 3 * 2
    assert deep <= same(ours, theirs)


def test_stages_that_are_not_trained_are_taken_over(data: Dataset, tmp_path: Path, source: Path) -> None:
    train(data, tmp_path, stages=("classifier",), start=Start(str(source), "all"))
    assert same(weights_of(tmp_path, "detector"), theirs := weights_of(source, "detector")) == theirs.keys()
    assert load_bundle(tmp_path).stages.keys() == {"background", "detector", "classifier"}


def learning(network: nn.Module) -> set[str]:
    return {name for name, parameter in network.named_parameters() if parameter.requires_grad}


def classifier_of(source: Path, n_classes: int) -> nn.Module:
    return build_classifier(
        "compact_resnet", load_bundle(source).stages["classifier"].arguments | {"n_classes": n_classes}
    )


@pytest.mark.parametrize("mode", ["features", "last", "all"])
def test_what_learns(data: Dataset, source: Path, mode: str) -> None:
    start, theirs = Start(str(source), mode), weights_of(source, "classifier")
    network = classifier_of(source, len(data.class_names))
    assert take_weights(network, "classifier", start, data.class_names) == f"{mode} from {source}"
    assert same(network.state_dict(), theirs) >= learning(network)
    everything = {name for name, _ in network.named_parameters()}
    assert learning(network) >= {"head.3.weight", "head.3.bias"}
    if mode == "features":
        assert learning(network) == {"head.3.weight", "head.3.bias"}
    elif mode == "last":
        assert "stages.2.residual.0.weight" in learning(network)
        assert "stem.0.weight" not in learning(network)
    else:
        assert learning(network) == everything


def test_other_names_for_as_many_classes_need_a_new_head(data: Dataset, source: Path) -> None:
    network, theirs = classifier_of(source, len(data.class_names)), weights_of(source, "classifier")
    take_weights(network, "classifier", Start(str(source)), tuple(reversed(data.class_names)))
    ours = network.state_dict()
    assert "head.3.weight" not in same(ours, theirs)
    assert "stem.0.weight" in same(ours, theirs)


def test_everything_learns_at_a_tenth_of_the_rate(source: Path) -> None:
    fast = RECIPES["fast"]
    for mode, factor in (("all", GENTLE), ("last", 1.0), ("features", 1.0)):
        plan = started(fast, Start(str(source), mode), ("detector", "classifier"))
        for stage in ("detector", "classifier"):
            assert getattr(plan, stage).learning_rate == pytest.approx(factor * getattr(fast, stage).learning_rate)
    assert plan.remover == fast.remover


def test_a_remover_goes_on_from_the_file_that_predicts(data: Dataset, tmp_path: Path, source: Path) -> None:
    train(data, tmp_path, stages=("remover",), start=Start(str(source), "features"))
    ours, theirs = weights_of(tmp_path, "background"), weights_of(source, "background")
    heads = {name for name in theirs if name.startswith(("up.0.", "edges."))}
    assert heads
    assert same(ours, theirs) >= theirs.keys() - heads
    assert not same(ours, theirs) & {name for name in heads if name.endswith("conv1.0.weight")}


def test_a_stage_the_bundle_lacks_begins_from_scratch(data: Dataset, tmp_path: Path) -> None:
    train(data, tmp_path, overrides=SMALL, **ALONE)
    start = Start(str(tmp_path), "features")
    assert started(RECIPES["fast"], start, ("remover", "detector")).detector == RECIPES["fast"].detector
    network = build_detector("compact_fasterrcnn", SMALL["detector"]["arguments"])
    assert take_weights(network, "detector", start, data.class_names) == ""
    assert learning(network) == {name for name, _ in network.named_parameters()}


def test_a_stopped_run_goes_on_where_it_was(data: Dataset, tmp_path: Path, source: Path) -> None:
    arguments: dict[str, Any] = {"start": Start(str(source), "last"), "epochs": 3} | ALONE
    whole = train(data, tmp_path / "whole", **arguments)
    seen: list[Progress] = []

    def should_stop() -> bool:
        return any(progress.metrics and progress.epoch == 2 for progress in seen)

    state = tmp_path / "state"
    with pytest.raises(Stopped):
        train(data, tmp_path / "ours", report=seen.append, keep=Keep(state, should_stop), **arguments)
    other = arguments | {"start": Start(str(source), "features")}
    with pytest.raises(TrainingError, match="other settings"):
        train(data, tmp_path / "ours", keep=Keep(state), **other)
    assert train(data, tmp_path / "ours", keep=Keep(state), **arguments) == whole[2:]
    ours, theirs = (weights_of(tmp_path / name, "classifier") for name in ("ours", "whole"))
    assert same(ours, theirs) == theirs.keys()


def test_imagenet_s_features_stay_as_they_are(data: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pretrained = mobilenet_v3_small().state_dict()
    monkeypatch.setattr("torchvision.models._api.load_state_dict_from_url", lambda *_, **__: pretrained)
    train(data, tmp_path, start=Start(IMAGENET, "features"), overrides={"classifier": {"input_size": 32}}, **ALONE)
    ours = weights_of(tmp_path, "classifier")
    theirs = {
        name: value.half().float() if value.numel() >= LARGE else value
        for name, value in pretrained.items()
        if name.startswith("features.") and value.is_floating_point()
    }
    assert same(ours, theirs) == theirs.keys()
    assert load_bundle(tmp_path).stages["classifier"].architecture == "mobilenet_v3_small"
    assert "started from imagenet (features)" in (tmp_path / "README.md").read_text("utf-8")


@pytest.mark.parametrize("error", [URLError("no route to host"), TimeoutError()])
def test_without_a_network_there_is_a_sentence(
    data: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: OSError
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr("torchvision.models._api.load_state_dict_from_url", fail)
    with pytest.raises(TrainingError, match="ImageNet weights could not be fetched"):
        train(data, tmp_path / "b", start=Start(IMAGENET), **ALONE)
    assert not (tmp_path / "b").exists()


@pytest.mark.parametrize(
    ("stages", "start_from", "overrides", "message"),
    [
        (("remover", "classifier"), None, {"remover": {"arguments": {}}}, "starts from is a small_unet"),
        (("detector",), IMAGENET, {}, "ImageNet's weights are a classifier's"),
        (("classifier",), None, {"classifier": {"architecture": "cifar_cnn"}}, "starts from is a compact_resnet"),
        (("classifier",), "nowhere", {}, "No bundle “nowhere”"),
    ],
)
def test_an_impossible_start_is_named(
    source: Path, stages: tuple[str, ...], start_from: str | None, overrides: Any, message: str
) -> None:
    with pytest.raises(SmallimgError, match=message):
        make_plan("fast", stages, None, overrides, start=Start(start_from or str(source)))


def test_an_unknown_mode_is_named() -> None:
    with pytest.raises(TrainingError, match="called “half”: choose one of features, last, all"):
        Start(IMAGENET, "half")


def test_a_bundle_cannot_start_from_itself(data: Dataset, source: Path) -> None:
    with pytest.raises(TrainingError, match="would start from itself"):
        train(data, source, stages=("classifier",), start=Start(str(source)))


def test_damaged_weights_are_named(data: Dataset, tmp_path: Path, source: Path) -> None:
    for file in source.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    (tmp_path / STAGE_FILES["classifier"]).write_bytes(b"no weights")
    with pytest.raises(BundleError, match="is damaged"):
        take_weights(classifier_of(source, 8), "classifier", Start(str(tmp_path)), data.class_names)


def test_a_run_s_config_from_before_there_were_starts_still_reads(tmp_path: Path) -> None:
    run = create_run(RunConfig("old", str(tmp_path)), folder=tmp_path)
    file = run.path / "config.json"
    content = json.loads(file.read_text("utf-8"))
    del content["start_from"], content["start_mode"]
    file.write_text(json.dumps(content), "utf-8")
    config = read_run(run.id, folder=tmp_path).config
    assert (config.start_from, config.start_mode) == (None, "all")
