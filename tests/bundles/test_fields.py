"""A bundle's description from anybody: every field that is something else is named, and none is looked at too early."""

import copy
import json
import math
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args

import pytest

from smallimg.bundles.bundle import Stage, list_bundles, load_bundle
from smallimg.bundles.fields import STAGE, fault_in
from smallimg.errors import BundleError
from smallimg.pictures.preprocess import Reads

GOOD: dict[str, Any] = {
    "format": 1,
    "class_names": ["cat", "dög"],
    "background": "own",
    "groups": {"animal": ["cat", "dög"]},
    "stages": {
        "background": {"architecture": "small_unet", "arguments": {}, "input_size": 96},
        "detector": {"architecture": "compact_fasterrcnn", "arguments": {}, "input_size": 96, "clear_cutout": 0.88},
        "classifier": {
            "architecture": "compact_resnet",
            "arguments": {"n_classes": 2},
            "input_size": 32,
            "reads": "cutout",
            "margin": 0.15,
            "temperature": 0.5,
            "energy_marks": [1, 1, 2.5],
        },
    },
    "card": {"metrics": {"a": 0.5}, "versions": {"torch": "2"}},
}

WRONG: dict[str, list[Any]] = {
    "input_size": [0, -1, 7, 2049, 10**30, "x", "64", None, True, 64.0, 64.5, [64], {}],
    "margin": [-0.1, 99, math.nan, math.inf, "x", True, [0.1], {}],
    "room": [-0.1, 1.1, math.nan, None, "x", True, [0.1], {}],
    "clear_cutout": [-0.1, 1.1, math.nan, "x", False, [1], {}],
    "reads": ["x", "", None, 1, ["image"], {}],
    "architecture": [None, "", " ", 1, ["compact_resnet"], {}, "\ud800"],
    "arguments": [None, "x", 1, [], ["n_classes"]],
    "temperature": [0, -1, math.nan, math.inf, None, "x", True, [1]],
    "energy_marks": [[2, 1], [1], [1, "2"], [1, None], [0, math.nan], [False, True], "12", None, 3, {"1": 2}],
}
WRONG_ABOVE: dict[str, list[Any]] = {
    "class_names": [None, "cat", {"cat": 1}, ["cat", "cat"], ["cat", ""], ["cat", " "], ["cat", 1], ["cat", None]],
    "background": [None, "", 1, ["own"]],
    "stages": [None, [], "detector", 1],
    "card": [None, [], "x", {"metrics": []}, {"versions": "2"}],
    "groups": [None, [], "animal", {"animal": "cat"}, {"animal": ["unicorn"]}, {"animal": [1]}, {"animal": {}}],
}


@pytest.mark.parametrize("stage", ["background", "detector", "classifier"])
@pytest.mark.parametrize(("field", "value"), [(field, value) for field, values in WRONG.items() for value in values])
def test_a_stage_s_field_that_is_something_else_is_named(stage: str, field: str, value: Any) -> None:
    content = copy.deepcopy(GOOD)
    content["stages"][stage][field] = value
    fault = fault_in(content)
    assert fault is not None
    assert fault.startswith(f"its {stage}'s “{field}” is ")
    assert ", got " in fault
    fault.encode("utf-8")


@pytest.mark.parametrize(
    ("field", "value"), [(field, value) for field, values in WRONG_ABOVE.items() for value in values]
)
def test_a_bundle_s_field_that_is_something_else_is_named(field: str, value: Any) -> None:
    fault = fault_in(GOOD | {field: value})
    assert fault is not None
    assert field.rstrip("s") in fault


@pytest.mark.parametrize("field", ["class_names", "background", "stages", "card"])
def test_what_is_missing_is_named(field: str) -> None:
    assert fault_in({name: value for name, value in GOOD.items() if name != field}) == f"its “{field}” is missing"


@pytest.mark.parametrize("field", ["architecture", "arguments", "input_size"])
def test_what_a_stage_lacks_is_named(field: str) -> None:
    content = copy.deepcopy(GOOD)
    del content["stages"]["detector"][field]
    assert fault_in(content) == f"its detector's “{field}” is missing"


@pytest.mark.parametrize("content", [None, [], "bundle", 1, [GOOD]])
def test_what_is_no_object_at_all(content: Any) -> None:
    assert str(fault_in(content)).startswith("it is an object, got ")


@pytest.mark.parametrize("outputs", [None, 3, "2", [2], 2.5])
def test_a_classifier_has_an_output_a_class(outputs: Any) -> None:
    content = copy.deepcopy(GOOD)
    content["stages"]["classifier"]["arguments"]["n_classes"] = outputs
    assert str(fault_in(content)).endswith("outputs for 2 classes")


def test_a_field_of_a_later_version_is_named() -> None:
    content = copy.deepcopy(GOOD)
    content["stages"]["detector"]["oracle"] = 1
    assert fault_in(content) == "its detector has a field “oracle” that this version does not know"


@pytest.mark.parametrize("stage", [None, [], "x", 1])
def test_a_stage_that_is_none(stage: Any) -> None:
    assert str(fault_in(GOOD | {"stages": {"detector": stage}})).startswith("its stage “detector” is an object, got ")


def test_what_smallimg_writes_is_good() -> None:
    assert fault_in(GOOD) is None
    assert list_bundles()
    for name in list_bundles():
        assert fault_in(json.loads((load_bundle(name).path / "bundle.json").read_text("utf-8"))) is None
    for reads in get_args(Reads):
        content = copy.deepcopy(GOOD)
        content["stages"]["detector"]["reads"] = reads
        assert fault_in(content) is None


def test_every_field_of_a_stage_has_its_rule() -> None:
    assert set(STAGE) == {field.name for field in fields(Stage)}


def test_a_bundle_without_classes_is_one() -> None:
    stages = {"background": GOOD["stages"]["background"]}
    assert fault_in(GOOD | {"class_names": [], "groups": {}, "stages": stages}) is None


@pytest.mark.parametrize(
    "text", ["[" * 100_000, '{"format": 1', "NaN", '{"format": [1]}', '{"format": true, "card": 1}']
)
def test_no_description_breaks_the_reader(tmp_path: Path, text: str) -> None:
    (tmp_path / "bundle.json").write_text(text)
    with pytest.raises(BundleError, match=r"bundle\.json of .* (is damaged|has format)"):
        load_bundle(tmp_path)


def test_a_detector_names_as_many_classes_as_there_are() -> None:
    content = copy.deepcopy(GOOD)
    content["stages"]["detector"]["arguments"]["n_classes"] = 2
    assert fault_in(content) is None
    content["stages"]["detector"]["arguments"]["n_classes"] = 3
    assert fault_in(content) == "its detector names 3 classes, and there are 2"
