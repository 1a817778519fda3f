"""A bundle that came from elsewhere keeps its weights and nothing else: what its files would compute is thrown away."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from smallimg.bundles.bundle import (
    FORMAT,
    STAGE_FILES,
    Bundle,
    Stage,
    load_bundle,
    save_bundle,
    with_quantised,
    write_anew,
)
from smallimg.bundles.sessions import ClassifierSession
from smallimg.errors import BundleError, SmallimgError, TrainingError
from smallimg.networks import anew
from smallimg.networks.anew import write_networks_anew
from smallimg.networks.classifiers import CLASSIFIERS
from smallimg.networks.detectors import DETECTORS
from smallimg.networks.onnx_files import write_network
from smallimg.networks.stages import BUILD

CLASSIFIER = Stage("compact_resnet", {"n_classes": 2, "patch": 2, "stem": 8, "widths": [8, 16]}, 32, "cutout", 0.15)
DETECTOR = {"widths": [8, 8, 8, 8], "channels": 8, "input_size": 64, "anchors": [8, 16, 24, 32]}
STAGES: dict[str, tuple[str, Stage]] = {
    "small_unet": ("background", Stage("small_unet", {"widths": [8, 8, 8, 8, 8]}, 64)),
    "compact_fasterrcnn": ("detector", Stage("compact_fasterrcnn", DETECTOR, 64)),
    "compact_fasterrcnn that scores overlap": (
        "detector",
        Stage("compact_fasterrcnn", DETECTOR | {"scores_overlap": True, "n_kinds": 3}, 64),
    ),
    "paper_cnn": ("classifier", Stage("paper_cnn", {"n_classes": 2, "input_size": 32}, 32)),
    "cifar_cnn": ("classifier", Stage("cifar_cnn", {"n_classes": 2}, 32)),
    "mobilenet_v3_small": ("classifier", Stage("mobilenet_v3_small", {"n_classes": 2}, 32)),
    "compact_resnet": ("classifier", CLASSIFIER),
    "compact_resnet that looks twice": (
        "classifier",
        replace(CLASSIFIER, arguments=CLASSIFIER.arguments | {"mirrored": True}),
    ),
    "unet_unpooling": (
        "segmenter",
        Stage("unet_unpooling", {"n_classes": 2, "widths": [8, 8, 8], "blocks": [1, 1, 1]}, 32),
    ),
}


def made(folder: Path, name: str, stage: Stage, *, half: bool = True) -> Path:
    """A bundle of one stage as training writes it; a classifier has kept what it saw."""
    folder.mkdir()
    torch.manual_seed(0)
    network = BUILD[name](stage.architecture, stage.arguments)
    if name == "classifier" and stage.arguments.get("mirrored"):
        network.seen = nn.functional.normalize(torch.randn(5, 16))  # type: ignore[assignment]
    write_network(network, folder / STAGE_FILES[name], stage=name, side=stage.input_size, half=half)
    class_names = ("cat", "dög") if "n_classes" in stage.arguments else ()
    save_bundle(Bundle(folder, class_names, "own" if name == "background" else "none", {name: stage}, {"seed": 3}))
    return folder


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A small classifier."""
    return made(tmp_path / "bundle", "classifier", CLASSIFIER)


@pytest.mark.parametrize("kind", STAGES)
def test_what_smallimg_wrote_comes_out_as_it_was(tmp_path: Path, kind: str) -> None:
    folder = made(tmp_path / "bundle", *STAGES[kind], half=kind != "small_unet")
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    write_networks_anew(folder)
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before


def test_what_was_brought_along_in_whole_numbers_is_not_believed(bundle: Path) -> None:
    """It could compute anything, and is no more than a faster way."""
    (bundle / "classifier.int8.onnx").write_bytes(b"anything")
    save_bundle(with_quantised(load_bundle(bundle)))
    assert load_bundle(bundle).stages["classifier"].quantised
    write_networks_anew(bundle)
    assert not load_bundle(bundle).stages["classifier"].quantised
    assert not (bundle / "classifier.int8.onnx").exists()


def test_every_classifier_is_among_them() -> None:
    """Of the detectors one: each takes many seconds, and all go the same way."""
    there = {stage.architecture for _, stage in STAGES.values()}
    assert there - DETECTORS.keys() == {*CLASSIFIERS, "small_unet", "unet_unpooling"}


def change(bundle: Path, how: Callable[[onnx.ModelProto], object]) -> None:
    model = onnx.load(bundle / "classifier.onnx")
    how(model)
    (bundle / "classifier.onnx").write_bytes(model.SerializeToString())


def go_round(model: onnx.ModelProto) -> None:
    """As often as the picture is bright: for ever, as far as a visitor is concerned."""
    body = helper.make_graph(
        [helper.make_node("Identity", ["on"], ["still"])],
        "body",
        [helper.make_tensor_value_info("i", TensorProto.INT64, []),
         helper.make_tensor_value_info("on", TensorProto.BOOL, [])],
        [helper.make_tensor_value_info("still", TensorProto.BOOL, [])],
    )  # fmt: skip
    model.graph.node.extend(
        [
            helper.make_node("ReduceSum", ["pixels"], ["bright"], keepdims=0),
            helper.make_node("Cast", ["bright"], ["rounds"], to=TensorProto.INT64),
            helper.make_node("Loop", ["rounds", ""], [], body=body),
        ]
    )


def hide_a_loop(model: onnx.ModelProto) -> None:
    """Within a branch."""
    inner = onnx.ModelProto()
    go_round(inner)
    branch = helper.make_graph(inner.graph.node, "branch", [], [])
    yes = numpy_helper.from_array(np.array(True), "yes")
    model.graph.initializer.append(yes)
    model.graph.node.append(helper.make_node("If", ["yes"], [], then_branch=branch, else_branch=branch))


def of_another_domain(model: onnx.ModelProto) -> None:
    model.opset_import.append(helper.make_opsetid("com.microsoft", 1))
    model.graph.node.append(helper.make_node("Cast", ["pixels"], ["x"], to=1, domain="com.microsoft"))


def with_a_function(model: onnx.ModelProto) -> None:
    opset = [helper.make_opsetid("", 17)]
    node = helper.make_node("Cast", ["a"], ["b"], to=1)
    model.functions.append(helper.make_function("", "Cast", ["a"], ["b"], [node], opset))


def many_steps(model: onnx.ModelProto) -> None:
    model.graph.node.extend([helper.make_node("Cast", ["pixels"], [f"x{i}"], to=1) for i in range(1000)])


def weight_of(value: float) -> Callable[[onnx.ModelProto], object]:
    def put(model: onnx.ModelProto) -> None:
        weight = next(one for one in model.graph.initializer if one.name == "stem.1.bias")
        weight.CopyFrom(numpy_helper.from_array(np.full(8, value, np.float32), weight.name))

    return put


def elsewhere(model: onnx.ModelProto) -> None:
    onnx.external_data_helper.convert_model_to_external_data(model, location="../../elsewhere", size_threshold=0)


def huge(model: onnx.ModelProto) -> None:
    weight = next(one for one in model.graph.initializer if one.name == "stem.0.weight")
    weight.dims[:] = [1 << 40, 1 << 20]


FOREIGN: dict[str, tuple[Callable[[onnx.ModelProto], object], str]] = {
    "a loop": (go_round, r"steps that no compact_resnet has \(.*Loop"),
    "a loop in a branch": (hide_a_loop, r"steps that no compact_resnet has \(If, Loop"),
    "another domain": (of_another_domain, r"steps that no compact_resnet has \(com\.microsoft\)"),
    "functions": (with_a_function, r"steps that no compact_resnet has \(functions of its own\)"),
    "many steps": (many_steps, r"has 1,\d\d\d steps, many more than a compact_resnet"),
    "infinite weights": (weight_of(np.inf), r"a weight that is no number \(stem\.1\.bias\)"),
    "weights of NaN": (weight_of(np.nan), r"a weight that is no number"),
    "weights that overflow": (weight_of(3e38), "differ|no number"),
    "weights elsewhere": (elsewhere, "refers to other files"),
    "a weight said to be huge": (huge, "damaged|does not hold"),
    "no weights": (lambda model: model.graph.ClearField("initializer"), "does not hold the weights"),
    "more weights": (
        lambda model: model.graph.initializer.append(numpy_helper.from_array(np.zeros(3, np.float32), "more")),
        "does not hold the weights",
    ),
}


@pytest.mark.parametrize("kind", FOREIGN)
def test_what_computes_something_else_is_refused(bundle: Path, kind: str) -> None:
    how, words = FOREIGN[kind]
    change(bundle, how)
    before = {file.name: file.read_bytes() for file in bundle.iterdir()}
    with pytest.raises(BundleError, match=words):
        write_networks_anew(bundle)
    assert {file.name: file.read_bytes() for file in bundle.iterdir()} == before, "all of it or nothing"


def test_a_bomb_of_ordinary_steps_does_not_come_in(bundle: Path) -> None:
    """No list of steps sees it: for a dark picture it is harmless, for a bright one it fills the memory."""
    noise = np.random.default_rng(0).integers(0, 256, (1, 3, 32, 32), np.uint8)
    before, _ = ClassifierSession(bundle / "classifier.onnx", side=32, n_classes=2)(noise)

    def put(model: onnx.ModelProto) -> None:
        nodes = [
            helper.make_node("Cast", ["pixels"], ["whole"], to=TensorProto.INT64),
            helper.make_node("Reshape", ["whole", "flat"], ["sizes"]),
            helper.make_node("Expand", ["logits.true", "sizes"], ["wide"]),
            helper.make_node("Slice", ["wide", "zero", "one"], ["logits"]),
        ]
        last = model.graph.node[-1]
        last.output[0] = "logits.true"
        model.graph.node.extend(nodes)
        for name, value in (("flat", [-1]), ("zero", [0]), ("one", [1])):
            model.graph.initializer.append(numpy_helper.from_array(np.array(value), name))

    change(bundle, put)
    write_networks_anew(bundle)
    after, _ = ClassifierSession(bundle / "classifier.onnx", side=32, n_classes=2)(noise)
    np.testing.assert_array_equal(after, before)


WRONG: dict[str, dict[str, Any]] = {
    "unknown architecture": {"architecture": "oracle"},
    "wider than its weights": {"arguments": CLASSIFIER.arguments | {"widths": [2000, 2000, 2000]}},
    "other shapes": {"arguments": CLASSIFIER.arguments | {"stem": 9}},
    "arguments of nobody": {"arguments": CLASSIFIER.arguments | {"spell": "abracadabra"}},
    "no numbers": {"arguments": CLASSIFIER.arguments | {"widths": ["8", None]}},
    "negative": {"arguments": CLASSIFIER.arguments | {"stem": -8}},
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_description_of_another_network_is_refused(bundle: Path, kind: str) -> None:
    content = json.loads((bundle / "bundle.json").read_text())
    content["stages"]["classifier"] |= WRONG[kind]
    (bundle / "bundle.json").write_text(json.dumps(content))
    with pytest.raises((BundleError, TrainingError)) as caught:
        write_networks_anew(bundle)
    assert isinstance(caught.value, SmallimgError)


def test_a_slow_network_is_refused(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(anew, "LOOKS_WITHIN_S", -1.0)
    with pytest.raises(BundleError, match=r"its classifier takes \d+ s of the processor for one picture"):
        write_networks_anew(bundle)


def test_its_process_has_limits(bundle: Path) -> None:
    """What is left of them to a child that asks for more than it may have."""
    script = (
        "import resource, sys, smallimg.networks.anew as anew; anew.write_networks_anew = lambda _: bytearray(8 << 30);"
        "code = anew.main('.'); limits = [resource.RLIMIT_DATA, resource.RLIMIT_CPU, resource.RLIMIT_FSIZE];"
        "print(code, -1 in [resource.getrlimit(one)[0] for one in limits])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=300, check=False)
    assert "MemoryError" in done.stdout, done.stderr
    assert done.stdout.strip().endswith("1 False")


def test_a_process_of_its_own_writes_it_and_says_why_not(bundle: Path) -> None:
    change(bundle, go_round)
    assert write_anew(bundle).startswith("classifier.onnx has steps that no compact_resnet has (Loop")
    assert json.loads((bundle / "bundle.json").read_text())["format"] == FORMAT
    assert load_bundle(bundle).class_names == ("cat", "dög")
