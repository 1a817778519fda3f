"""“What did it look at?” as HTML, and the handler that makes it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from read_html import EVIL, tags_of, words

from smallimg.pipeline import Pipeline
from smallimg.study.explain.catalogue import ABOUT, BOX_ABOUT
from smallimg.study.explain.faithfulness import Curves, Faithfulness
from smallimg.study.explain.question import Question
from smallimg.study.explain.trust import Trust
from smallimg.ui.explain.panel import explanation_panel, trust_part
from smallimg.ui.pipelines import Pipelines
from smallimg.ui.try_it.looked_at import panels

TRUST = Trust(Faithfulness(Curves(0.1, 0.9), Curves(0.4, 0.5), Curves(0.3, 0.6)), 0.05)


def panel(question: Question, names: tuple[str, ...] = ("cat", "dog")) -> str:
    picture, heat = Image.new("RGB", (40, 30)), Image.new("RGBA", (40, 30))
    about = (BOX_ABOUT if question.kind == "box" else ABOUT)[question.method]
    return explanation_panel(
        picture, heat, question, said="Why cat: 90 %", about=about, class_names=names, trust=trust_part(TRUST)
    )


def chosen(html: str) -> list[str]:
    return re.findall(r'<option value="([^"]*)" selected>', html)


def test_the_choices_show_what_was_asked() -> None:
    html = panel(Question("class", "occlusion", "dog", "cat"))
    assert chosen(html) == ["occlusion", "dog", "cat"]
    assert html.count("<select") == 3
    assert "disabled" not in html
    assert chosen(panel(Question("box", "drise"))) == ["drise"]
    assert panel(Question("class", "eigencam", "dog")).count("disabled") == 2, "it asks about no name"


def test_it_says_how_far_to_trust_it_and_what_it_cannot_tell() -> None:
    said = words(panel(Question("class", "gradcam", "cat")))
    for part in (
        "Can be trusted here.",
        "Selvaraju et al., 2017",
        "Heat cannot be compared",
        "rank correlation",
        "0.80",
    ):
        assert part in said
    assert "Heat can be compared" in words(panel(Question("class", "occlusion", "cat")))


def test_names_mean_no_harm() -> None:
    html = panel(Question("class", "gradcam", EVIL, "dog"), (EVIL, "dog"))
    assert "<img src=x" not in html
    assert "onerror" not in tags_of(html)


@pytest.fixture
def look() -> Any:
    return lambda pipeline, image: pipeline.predict(image)


def asked(bundle: Path, path: Path, look: Any, **question: Any) -> list[str]:
    return list(panels(Pipelines(), str(bundle), "own", path, json.dumps(question), look=look))


def test_the_map_comes_first_and_its_trust_after(tiny_bundle: Path, tiny_challenge: Path, look: Any) -> None:
    path = tiny_challenge / "test" / "0000.jpg"
    first, second = asked(tiny_bundle, path, look, kind="class", method="layercam", label="cup", against="ball")
    assert "How far can it be trusted?" in first
    assert "How that was measured" in second
    for html in (first, second):
        assert chosen(html) == ["layercam", "cup", "ball"]
        assert "Why cup rather than ball: " in words(html)
    label = Pipeline.load(tiny_bundle).predict(Image.open(path)).label
    assert chosen(asked(tiny_bundle, path, look, kind="class")[0])[1] == label


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ({"kind": "soul"}, "There is no such question"),
        ({"kind": "class", "label": "<b>doog"}, "no class “&lt;b&gt;doog”"),
    ],
)
def test_what_cannot_be_asked_is_a_sentence(
    tiny_bundle: Path, tiny_challenge: Path, look: Any, question: dict[str, str], sentence: str
) -> None:
    (html,) = asked(tiny_bundle, tiny_challenge / "test" / "0000.jpg", look, **question)
    assert 'role="alert"' in html
    assert sentence in html


def test_a_picture_or_a_bundle_that_is_gone_is_a_sentence(tiny_bundle: Path, tmp_path: Path, look: Any) -> None:
    (html,) = asked(tiny_bundle, tmp_path / "gone.jpg", look, kind="class")
    assert "gone.jpg" in html
    (html,) = asked(tmp_path / "nowhere", tmp_path / "gone.jpg", look, kind="class")
    assert "No bundle" in html
