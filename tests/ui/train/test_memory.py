"""What a browser remembers of the "Train" tab: given back as it was, and never trusted."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from smallimg import DEFAULT_BUNDLE
from smallimg.runs.run import RunConfig, create_run
from smallimg.training.start import IMAGENET, SUITED
from smallimg.ui.pipelines import Pipelines
from smallimg.ui.train.data_panel import CLASSES, KEPT, SOURCES, DataPanel, build_data_panel
from smallimg.ui.train.memory import STEP_1, restore
from smallimg.ui.train.settings import FIELDS, Settings, build_settings

LISTS = ("chosen", "others", "model", "kept_data")
COLUMNS = SOURCES
NOW = ([], DEFAULT_BUNDLE, SUITED, None)


@pytest.fixture(scope="module")
def panels() -> tuple[DataPanel, Settings]:
    async def build() -> tuple[DataPanel, Settings]:
        with gr.Blocks():
            data = build_data_panel(Pipelines())
            return data, build_settings([("what suits", SUITED)], data.can_train)

    with ThreadPoolExecutor(1) as thread:  # see test_app.py
        return thread.submit(asyncio.run, build()).result()


def give_back(panels: tuple[DataPanel, Settings], address: Any, now: tuple[Any, ...] = NOW) -> dict[str, Any]:
    """What the page is set to, by name; "as it is" where nothing changes."""
    names = ("tab", "message", *LISTS, *STEP_1, *COLUMNS, *FIELDS)
    answer = dict(zip(names, restore(*panels, address, *now), strict=True))
    return {name: "as it is" if value == gr.skip() else value for name, value in answer.items()}


def value(update: Any) -> Any:
    return update.constructor_args.get("value", "as it is") if isinstance(update, gr.blocks.Block) else update


KEPT_FIELDS: dict[str, Any] = {
    "name": "my pets", "stages": ["detector", "classifier"], "recipe": "paper", "background": "u2netp",
    "reads": "image", "start_from": IMAGENET, "start_mode": "last", "seed": 7, "masks": True, "flip": "no",
    "degrees": "12", "classifier_epochs": "3", "classifier_architecture": "cifar_cnn", "detector_learning_rate": "1e-3",
}  # fmt: skip


def test_steps_1_and_2_are_as_they_were(panels: tuple[DataPanel, Settings], tmp_path: Path) -> None:
    (tmp_path / "data" / "pets-1").mkdir(parents=True)
    step_1 = {"data": "pets-1", "source": KEPT, "size": "a quarter: 400 and 200", "famous": "Fashion-MNIST",
              "per_class": 250}  # fmt: skip
    back = give_back(panels, {"tab": "train", "run": None, "kept": step_1 | KEPT_FIELDS})
    assert {name: value(back[name]) for name in (step_1 | KEPT_FIELDS)} == step_1 | KEPT_FIELDS
    assert [back[name].visible for name in COLUMNS] == [name == KEPT for name in SOURCES]
    assert back["start_mode"].visible is True
    assert value(back["kept_data"]) == "pets-1"
    assert (back["tab"].selected, back["message"]) == ("train", "")
    assert back["remover_epochs"] == back["erase"] == "as it is"


@pytest.mark.parametrize("address", [None, {}, [], "x", {"kept": None}, {"kept": []}, {"tab": "try", "kept": {"x": 1}}])
def test_nothing_remembered_changes_nothing(panels: tuple[DataPanel, Settings], address: Any) -> None:
    back = give_back(panels, address)
    assert {back[name] for name in ("tab", "source", "size", "famous", "per_class")} == {"as it is"}
    assert [back[name].visible for name in COLUMNS] == [name == CLASSES for name in SOURCES]
    assert (back["data"], back["message"], value(back["start_from"])) == ("", "", SUITED)
    assert back["start_mode"].visible is False
    assert {back[name] for name in FIELDS if name not in ("start_from", "start_mode")} == {"as it is"}


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        *(("source", one) for one in ("another", 7, None, ["x"])),
        *(("per_class", one) for one in (1, 1e9, "50", True, float("nan"), None)),
        *(("stages", one) for one in (["oracle"], "classifier", {"classifier": 1}, [["classifier"]], None)),
        *(("seed", one) for one in (-1, 1e12, "7", False)),
        *(("recipe", one) for one in ("slow", "", 3)),
        *(("masks", one) for one in ("yes", 1, None)),
        *(("name", one) for one in ("x" * 81, 7, ["x"])),
        *(("degrees", one) for one in ("1" * 13, 12)),
        *(("classifier_architecture", one) for one in ("oracle", None)),
        ("start_mode", "none"),
    ],
)
def test_what_a_field_cannot_hold_is_passed_over(panels: tuple[DataPanel, Settings], name: str, wrong: Any) -> None:
    assert value(give_back(panels, {"kept": {name: wrong}})[name]) == "as it is"


@pytest.mark.parametrize("start", ["gone", "/runs/gone", "", 7, None])
def test_a_start_that_is_gone_is_none(panels: tuple[DataPanel, Settings], start: Any) -> None:
    back = give_back(panels, {"kept": {"start_from": start, "start_mode": "all"}})
    assert (value(back["start_from"]), back["start_mode"].visible) == (SUITED, False)


def test_the_address_names_the_run_and_else_the_one_looked_at_last(
    panels: tuple[DataPanel, Settings], tmp_path: Path
) -> None:
    first, second, newest = (create_run(RunConfig(name, str(tmp_path))).id for name in ("one", "two", "three"))
    for address, chosen in (
        ({"run": first, "kept": {"run": second}}, first),
        ({"run": None, "kept": {"run": second}}, second),
        ({"run": "", "kept": {"run": "gone"}}, newest),
        ({"kept": {"run": ["x"]}}, newest),
    ):
        back = give_back(panels, address)
        assert (value(back["chosen"]), back["message"]) == (chosen, "")


def test_a_link_to_a_run_that_is_gone_falls_back_with_a_sentence(
    panels: tuple[DataPanel, Settings], tmp_path: Path
) -> None:
    link = {"tab": "train", "run": "<b>gone</b>-0101"}
    back = give_back(panels, link)
    assert "There is no run “&lt;b&gt;gone&lt;/b&gt;-0101” here any more: start one" in back["message"]
    run = create_run(RunConfig("one", str(tmp_path)))
    back = give_back(panels, link)
    assert "the newest one is shown instead" in back["message"]
    assert value(back["chosen"]) == run.id


def test_what_the_lists_have_chosen_stays(panels: tuple[DataPanel, Settings]) -> None:
    back = give_back(panels, {}, ([], "challenge", SUITED, None))
    assert {value(back[name]) for name in ("others", "model")} == {"as it is"}
