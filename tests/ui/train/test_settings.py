"""The fields of the "Train" tab, and the run that they ask for."""

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from PIL import Image

from smallimg.bundles.bundle import CHECKPOINTS
from smallimg.errors import TrainingError
from smallimg.networks.classifiers import CLASSIFIERS
from smallimg.networks.detectors import DETECTORS
from smallimg.runs.run import RunConfig, create_run, rename_run
from smallimg.training.plan import EVERY_STAGE, STAGES, make_plan
from smallimg.training.recipes import RECIPES
from smallimg.training.start import IMAGENET, SCRATCH, SUITED, Start
from smallimg.ui.train.settings import (
    AUGMENT,
    FIELDS,
    NUMBERS,
    THE_RECIPES,
    Settings,
    allow_stages,
    architectures_html,
    build_settings,
    choose_start,
    learned_rows,
    made_up_name,
    run_config,
)

DATA = "/data/pets"


def ask(data: str = DATA, **answers: Any) -> RunConfig:
    """The run that the fields ask for, with what the page shows at first in all that is not named.

    Fields of a stage are called by both, "detector_epochs"; random changes by their own name, "degrees".
    """
    shown: dict[str, Any] = {
        "name": "", "stages": ["classifier"], "recipe": "fast", "background": "none", "reads": "",
        "start_from": SCRATCH, "start_mode": "features", "seed": 42, "masks": False, "names_boxes": False,
        "segments": False, "flip": THE_RECIPES,
    }  # fmt: skip
    shown |= dict.fromkeys(AUGMENT, "")
    for stage in EVERY_STAGE:
        shown |= {f"{stage}_architecture": THE_RECIPES, **{f"{stage}_{field}": "" for field in NUMBERS}}
    assert answers.keys() <= shown.keys() == set(FIELDS)
    return run_config(data, *(shown | answers).values())


def plan(config: RunConfig) -> Any:
    start = Start(config.start_from, config.start_mode) if config.start_from else None
    return make_plan(
        config.recipe, config.stages, config.epochs, config.overrides, background=config.background, start=start
    )


# --- fields to config -----------------------------------------------------------------------------------------------


def test_what_the_page_shows_at_first_changes_nothing() -> None:
    config = ask()
    assert (config.stages, config.recipe, config.background, config.overrides) == (("classifier",), "fast", "none", {})
    assert (config.data, config.start_from, config.seed, config.boxes_from_masks) == (DATA, None, 42, False)
    assert plan(config).classifier == RECIPES["fast"].classifier


def test_the_fields_themselves_give_the_same(tiny_challenge: Path) -> None:
    """The page sends its fields' values in the order in which `run_config` takes them."""

    async def build() -> Settings:
        with gr.Blocks():
            return build_settings([("what suits", SUITED), ("mine", "runs/mine")], gr.State(()))

    with ThreadPoolExecutor(1) as thread:  # see test_app.py
        settings = thread.submit(asyncio.run, build()).result()
    data = str(tiny_challenge)
    assert run_config(data, *(field.value for field in settings.fields)) == ask(data)
    assert len(FIELDS) == len(set(FIELDS)) == len(settings.fields)
    labels = {name: field.label for name, field in zip(FIELDS, settings.fields, strict=True)}
    assert (labels["stages"], labels["seed"], labels["degrees"]) == ("What it learns", "Seed", AUGMENT["degrees"])
    assert labels["detector_learning_rate"] == "Learning rate"
    assert labels["classifier_architecture"] == "Classifier: architecture"
    assert [value for _, value in settings.start_from.choices] == [SUITED, "runs/mine"]


def test_a_network_that_is_not_trained_asks_for_no_numbers() -> None:
    def seen(*stages: str, segments: bool = False) -> list[str]:
        return [stage for stage, row in zip(EVERY_STAGE, learned_rows(stages, segments), strict=True) if row.visible]

    assert seen("classifier") == ["classifier"]
    assert seen("classifier", "remover", segments=True) == ["remover", "classifier", "segmenter"]
    assert seen() == []


def test_every_field_of_a_stage_reaches_its_recipe() -> None:
    config = ask(
        stages=["classifier", "remover", "detector"],
        recipe="paper",
        remover_epochs="1", remover_batch_size="2", remover_learning_rate="0.001",
        detector_epochs="3", detector_batch_size="4", detector_learning_rate="2e-3",
        detector_architecture="compact_fasterrcnn",
        classifier_epochs="5", classifier_batch_size="6", classifier_learning_rate=".5",
        classifier_architecture="cifar_cnn",
    )  # fmt: skip
    assert config.stages == STAGES, "in the order of training, whatever the order of choosing"
    made = plan(config)
    assert [
        [getattr(getattr(made, stage), field) for field in NUMBERS] for stage in STAGES
    ] == [[1, 2, 0.001], [3, 4, 0.002], [5, 6, 0.5]]  # fmt: skip
    assert made.remover.architecture == RECIPES["paper"].remover.architecture
    assert made.detector.architecture == "compact_fasterrcnn"
    assert made.classifier.architecture == "cifar_cnn"


def test_a_segmenter_is_trained_where_it_is_ticked() -> None:
    asked = {
        "segmenter_architecture": "unet_unpooling",
        "segmenter_epochs": "3",
        "reads": "cutout",
        "background": "own",
    }
    assert ask(**asked).overrides == {"classifier": {"reads": "cutout"}}, "nobody ticked it"
    config = ask(segments=True, **asked)
    assert config.stages == ("classifier", "segmenter")
    made = plan(config).segmenter
    assert (made.architecture, made.epochs, made.reads) == ("unet_unpooling", 3, "image")
    assert ask(stages=[], segments=True).stages == ("segmenter",)


def test_every_random_change_reaches_every_stage_that_is_trained() -> None:
    changes = dict(zip(AUGMENT, ("30", "0.5", "0,25", "0.1", "0.2", "0.3", "1", "0.4", "0.6"), strict=True))
    config = ask(stages=["remover", "classifier"], flip="no", **changes)
    expected = dict(zip(AUGMENT, (30, 0.5, 0.25, 0.1, 0.2, 0.3, 1, 0.4, 0.6), strict=True)) | {"flip": False}
    assert config.overrides == {"remover": {"augment": expected}, "classifier": {"augment": expected}}
    made = plan(config)
    assert vars(made.remover.augment) == vars(made.classifier.augment) == expected
    assert made.detector == RECIPES["fast"].detector
    assert ask(flip="yes").overrides == {"classifier": {"augment": {"flip": True}}}


def test_only_chosen_stages_are_overridden() -> None:
    config = ask(stages=["detector"], detector_epochs="2", remover_epochs="3", classifier_epochs="4")
    assert config.overrides == {"detector": {"epochs": 2}}


def test_the_other_fields() -> None:
    config = ask(name="  mine ", background="", start_from="challenge", start_mode="last", seed=7.0, masks=True)
    assert (config.name, config.background, config.start_from, config.start_mode) == ("mine", None, "challenge", "last")
    assert (config.seed, config.boxes_from_masks) == (7, True)
    assert ask(stages=["detector"], names_boxes=True).overrides == {"detector": {"names_boxes": True}}
    assert ask(names_boxes=True).overrides == {}, "a classifier has no boxes"
    assert isinstance(config.seed, int)
    assert ask(seed=None).seed == 42


def test_a_path_of_the_working_folder_is_made_whole(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert ask("pets").data == str(tmp_path / "pets"), "the worker runs in a folder of its own choice"


@pytest.mark.parametrize("text", ["0,004", "0.004", " 4e-3 "])
def test_a_comma_and_spaces_are_fine(text: str) -> None:
    assert ask(classifier_learning_rate=text).overrides == {"classifier": {"learning_rate": 0.004}}


def test_spaces_alone_are_the_recipes() -> None:
    assert ask(classifier_epochs="  ", degrees=" ").overrides == {}


@pytest.mark.parametrize("number", ["many", "1.5", "1,5", "1e3", "--1", "nan"])
@pytest.mark.parametrize(("field", "label"), [("epochs", "epochs"), ("batch_size", "batch size")])
def test_what_is_no_whole_number_is_named(field: str, label: str, number: str) -> None:
    with pytest.raises(TrainingError, match=f"“classifier: {label}” must be a whole number or empty, not “{number}”"):
        ask(**{f"classifier_{field}": number})


@pytest.mark.parametrize("number", ["fast", "1.2.3", "1e", "nan", "inf", "-inf"])
@pytest.mark.parametrize(("field", "label"), [("detector_learning_rate", "detector: learning rate"), *AUGMENT.items()])
def test_what_is_no_number_is_named(field: str, label: str, number: str) -> None:
    with pytest.raises(TrainingError, match=f"“{label}” must be a number or empty, not “{number}”"):
        ask(**{field: number})


def test_nonsense_is_named_in_a_stage_that_is_off_too() -> None:
    with pytest.raises(TrainingError, match="remover: epochs"):
        ask(remover_epochs="x")


# --- config to plan -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("recipe", RECIPES)
@pytest.mark.parametrize(
    ("stage", "architecture"),
    [*(("detector", name) for name in DETECTORS), *(("classifier", name) for name in CLASSIFIERS)],
)
def test_every_architecture_offered_makes_a_plan(recipe: str, stage: str, architecture: str) -> None:
    made = getattr(plan(ask(stages=[stage], recipe=recipe, **{f"{stage}_architecture": architecture})), stage)
    assert (made.architecture, made.arguments) == (architecture, {})
    expected = 224 if architecture == "paper_cnn" else getattr(RECIPES[recipe], stage).input_size
    assert made.input_size == expected


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        ({"classifier_epochs": "0"}, "at least"),
        ({"classifier_batch_size": "-1"}, "at least"),
        ({"classifier_learning_rate": "7"}, "learning rate lies between 0 and 1"),
    ],
)
def test_numbers_that_make_no_sense_are_found_before_training(answers: dict[str, str], sentence: str) -> None:
    with pytest.raises(TrainingError, match=sentence):
        plan(ask(**answers))


def test_a_start_makes_a_plan() -> None:
    made = plan(ask(start_from=IMAGENET, start_mode="features"))
    assert made.classifier.architecture == "mobilenet_v3_small"
    assert plan(ask(start_from="challenge", start_mode="all", background="own")).background == "own"


# --- fields that depend on others -----------------------------------------------------------------------------------


def test_what_is_looked_at_can_be_chosen_and_the_remover_looks_at_pictures() -> None:
    config = ask(stages=["remover", "detector", "classifier"], reads="cutout")
    assert config.overrides == {"detector": {"reads": "cutout"}, "classifier": {"reads": "cutout"}}
    made = plan(config)
    assert (made.remover.reads, made.detector.reads, made.classifier.reads) == ("image", "cutout", "cutout")


@pytest.fixture
def pets(tmp_path: Path) -> Path:
    """Two folders named by class, with three pictures each."""
    for name, colour in (("cats", "red"), ("dogs", "blue")):
        (tmp_path / "pets" / name).mkdir(parents=True)
        for number in range(3):
            Image.new("RGB", (40 + number, 30), colour).save(tmp_path / "pets" / name / f"{number}.png")
    return tmp_path / "pets"


def test_few_pictures_of_ones_own_start_from_what_everyday_sees(pets: Path, tiny_challenge: Path) -> None:
    config = ask(str(pets), start_from=SUITED)
    assert (config.start_from, config.start_mode, config.background) == ("everyday", "features", "own")
    assert "from everyday" in config.name
    assert plan(config).classifier.architecture == "compact_resnet"
    for other in (
        ask(str(tiny_challenge), start_from=SUITED),  # its objects have boxes
        ask(str(pets), start_from=SUITED, recipe="paper"),
        ask(str(pets), start_from=SUITED, classifier_architecture="cifar_cnn"),
        ask(str(pets), start_from=SCRATCH),
        ask("/nowhere/pets", start_from=SUITED),  # whoever starts the run says that there is nothing
    ):
        assert other.start_from is None


@pytest.mark.parametrize(
    ("start", "stages", "asks_how", "background"),
    [
        (SUITED, ["classifier"], False, "none"),
        (SUITED, ["remover", "classifier"], False, "own"),
        (SCRATCH, ["classifier"], False, "none"),
        (SCRATCH, ["remover", "classifier"], False, "own"),
        (IMAGENET, ["classifier"], True, "none"),
        (IMAGENET, ["remover", "classifier"], True, "own"),
        ("challenge", ["classifier"], True, "own"),
        (str(CHECKPOINTS / "challenge"), [], True, "own"),
    ],
)
def test_a_start_is_asked_about_and_brings_its_remover(
    start: str, stages: list[str], asks_how: bool, background: str
) -> None:
    mode, chosen = choose_start(start, stages)
    assert (mode.visible, chosen) == (asks_how, background)


@pytest.mark.parametrize(
    ("allowed", "chosen", "offered", "kept"),
    [
        ((), ["classifier"], STAGES, ["classifier"]),
        (STAGES, ["remover", "classifier"], STAGES, ["remover", "classifier"]),
        (("remover",), ["classifier"], ("remover",), ["remover"]),
        (("detector", "classifier"), ["remover", "detector"], ("detector", "classifier"), ["detector"]),
        (("remover", "detector"), [], ("remover", "detector"), ["detector"]),
    ],
)
def test_only_what_the_data_allows_is_offered(
    allowed: tuple[str, ...], chosen: list[str], offered: tuple[str, ...], kept: list[str]
) -> None:
    group, background, note = allow_stages(allowed, chosen, SCRATCH)
    assert (tuple(stage for _, stage in group.choices), group.value) == (offered, kept)
    assert (note == "") == (set(offered) == set(STAGES))
    if kept == chosen:
        assert background == gr.skip(), "what an expert chose stays"
    else:
        assert background == ("own" if "remover" in kept else "none")


def test_what_is_not_offered_is_told_with_its_reason() -> None:
    note = allow_stages(("classifier",), ["classifier"], SCRATCH)[2]
    assert "cutting out from masks" in note
    assert "finding from boxes" in note
    assert "naming" not in note


EXPERT_WORDS = r"bundle|recipe|\bown\b|remover|u2net|mini-?resnet|detector|classifier|imagenet|scratch"


def test_the_first_view_has_no_words_for_experts() -> None:
    """They stand in the expert settings, which are closed at first."""

    async def build() -> list[str]:
        with gr.Blocks() as blocks:
            build_settings([("what suits", SUITED), ("mine", "runs/mine")], gr.State(()))
        expert = next(block for block in blocks.blocks.values() if isinstance(block, gr.Accordion))
        assert expert.open is False

        def is_inside(block: Any) -> bool:
            return block.parent is not None and (block.parent is expert or is_inside(block.parent))

        shown = [block for block in blocks.blocks.values() if not is_inside(block)]
        return [
            text
            for block in shown
            for text in (
                *(str(getattr(block, name, None) or "") for name in ("label", "info", "placeholder", "value")),
                *(label for label, _ in getattr(block, "choices", None) or ()),
            )
            if not isinstance(block, gr.State)
        ]

    with ThreadPoolExecutor(1) as thread:  # see test_app.py
        texts = thread.submit(asyncio.run, build()).result()
    assert "Name things" in texts
    wrong = [text for text in texts if text != "['classifier']" and re.search(EXPERT_WORDS, text, re.IGNORECASE)]
    assert wrong == []


@pytest.mark.parametrize(
    ("stages", "recipe", "started", "name"),
    [
        (("classifier",), "fast", None, "pets: naming"),
        (("remover", "detector"), "fast", None, "pets: cutting out, finding"),
        (STAGES, "paper", "everyday", "pets: cutting out, finding, naming (recipe paper, from everyday)"),
        (("classifier",), "fast", "/runs/cups-1", "pets: naming (from cups-1)"),
    ],
)
def test_a_name_is_made_up_of_the_choices(stages: tuple[str, ...], recipe: str, started: str | None, name: str) -> None:
    assert made_up_name(DATA, stages, recipe, started) == name
    assert ask(stages=list(stages), recipe=recipe, start_from=started or SCRATCH).name == name


def test_a_made_up_name_says_what_data_and_start_are_called(tmp_path: Path) -> None:
    (tmp_path / "data" / "pets-1").mkdir(parents=True)
    (tmp_path / "data" / "pets-1" / ".about.json").write_text('{"name": "My Pets"}')
    run = create_run(RunConfig("cups", str(tmp_path)), folder=tmp_path / "runs")
    rename_run(run.id, "better cups", folder=tmp_path / "runs")
    name = made_up_name(str(tmp_path / "data" / "pets-1"), ("classifier",), "fast", str(run.path.resolve()))
    assert name == "My Pets: naming (from better cups)"


def test_a_name_is_never_too_long_for_a_run() -> None:
    assert len(ask(f"/data/{'x' * 200}").name) == 80


def test_what_a_network_costs_is_told_with_what_was_measured() -> None:
    html = architectures_html()
    assert "<td>fast. Measured on 1,600 drawn pictures, 12 epochs: mAP50 0.95, 5 ms a picture.</td>" in html
    assert "<td>very slow on processors, for comparing</td>" in html
