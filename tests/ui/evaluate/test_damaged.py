"""An evaluation's files with wrong types in them: the page says so, or shows what is left."""

import json
from types import SimpleNamespace
from typing import Any

import gradio as gr
import pytest
from read_html import words
from wrong import variants

from smallimg.runs.evaluation import Evaluated
from smallimg.ui.evaluate import show

#: Of long lists the first few are changed: the others are read by the same lines.
MOST_PLACES = 20


def click(value: str) -> gr.SelectData:
    return SimpleNamespace(index=0, value=value)  # type: ignore[return-value]


def short(content: Any) -> Any:
    """The same with two of each list and mapping, which still fit one another."""
    if isinstance(content, dict):
        return {name: short(value) for name, value in content.items()}
    return [short(value) for value in content[:2]] if isinstance(content, list) else content


def look(one: Evaluated) -> str:
    figures, *_ = show.show_figures(one.id)
    show.show_pictures(one.id)
    show.open_cell(one.id, click("cup|cup"))
    show.move_threshold(one.id, 0.5)
    return str(figures)


@pytest.mark.parametrize("name", ["metrics.json", "comparison.json", "lesson.json", "about.json"])
def test_no_value_breaks_the_page(one: Evaluated, name: str) -> None:
    file = one.path / name
    whole = short(json.loads(file.read_text("utf-8")))
    changed = list(variants(whole))
    for _, content in changed[:: max(1, len(changed) // (10 * MOST_PLACES))]:
        file.write_text(json.dumps(content), encoding="utf-8")
        look(one)


def test_damaged_figures_are_said_to_be(one: Evaluated) -> None:
    file = one.path / "metrics.json"
    whole = json.loads(file.read_text("utf-8"))
    file.write_text(json.dumps(whole | {"accuracy": "x"}), encoding="utf-8")
    assert words(look(one)) == "The figures of this evaluation are damaged: evaluate once more."
    file.write_text(json.dumps(whole), encoding="utf-8")
    assert "box IoU" in words(look(one))
