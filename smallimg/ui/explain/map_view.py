"""What is shown of a finished map, read from its files: the figure, and the pictures that somebody asks for."""

import json
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from smallimg.cli.wording import listed, without_names
from smallimg.errors import DataError, ImageError, SmallimgError
from smallimg.pictures.images import open_local
from smallimg.runs.mapping import MAPS, Mapped
from smallimg.study.mapping import SetMap, features_of, read_features
from smallimg.study.set_map import nearest, nearest_to
from smallimg.ui.cards import notice
from smallimg.ui.data_choice import sentence
from smallimg.ui.data_uri import data_uri
from smallimg.ui.explain.map_figure import BY_CLASS, BY_MODEL, groups, map_figure, point_words
from smallimg.ui.explain.map_words import BY, FILE_WORDS
from smallimg.ui.jobs.actions import read_finished
from smallimg.ui.jobs.files import file_buttons
from smallimg.ui.pipelines import Pipelines

MOST_SHOWN = 24


def show_map(map_id: str) -> tuple[Any, ...]:
    """A finished map.

    Returns:
        The words above it, what colours may tell, with whose eyes it can be seen, the figure, the groups that can be
        opened, the files, and nothing opened.
    """
    one = read_finished(MAPS, map_id)
    try:
        drawn = _read(one) if one else None
    except DataError as error:
        return notice(str(error)), gr.skip(), gr.skip(), None, gr.Dropdown([], value=None), "", ""
    if one is None or drawn is None:
        return "", gr.skip(), gr.skip(), None, gr.Dropdown([], value=None), "", ""
    several = len(drawn.models) > 1
    by = BY_MODEL if several else BY_CLASS
    return (
        _head(drawn),
        gr.Radio(BY if several else [name for name in BY if name != BY_MODEL], value=by),
        gr.Radio([(model.name, at) for at, model in enumerate(drawn.models)], value=0, visible=several),
        _figure(drawn, by, 0),
        _groups(drawn, by, 0),
        file_buttons(one, FILE_WORDS),
        "",
    )


def recolour(map_id: str | None, by: str, model: int | None) -> tuple[str | None, Any]:
    """The figure with other colours, or as another model sees it; and the groups that can be opened."""
    one = read_finished(MAPS, map_id)
    try:
        drawn = _read(one) if one else None
    except DataError:  # said where it was chosen
        drawn = None
    if drawn is None:
        return None, gr.Dropdown([], value=None)
    at = _model(drawn, model)
    return _figure(drawn, by, at), _groups(drawn, by, at)


def open_pictures(map_id: str | None, model: int | None, chosen: gr.SelectData) -> str:
    """The pictures within a lasso, or those most like one that was clicked."""
    asked, _, rest = str(chosen.value).partition(" ")
    places = [int(word) for word in rest.split(",") if word.isdecimal()]
    one = read_finished(MAPS, map_id)
    if one is None:
        return notice("The map is no longer there: choose another one.")
    try:
        drawn = _read(one)
        places = [place for place in places if place < len(drawn.points)]
        if not places:
            return ""
        if asked == "near":
            at = _model(drawn, model)
            others, cosines = nearest(read_features(one.path, at), places[0])
            title = f"Most like {Path(drawn.points[places[0]].image).name}{_eyes(drawn, at)}"
            return _gallery(one, drawn, [places[0], *others.tolist()], title, likeness=[1.0, *cosines.tolist()])
    except DataError as error:
        return notice(str(error))
    words = "1 picture" if len(places) == 1 else f"{len(places):,} pictures"
    return _gallery(one, drawn, places, f"{words} in the lasso")


def open_group(map_id: str | None, by: str, model: int | None, name: str | None) -> str:
    """The pictures of one colour."""
    one = read_finished(MAPS, map_id)
    if one is None or not name:
        return ""
    try:
        drawn = _read(one)
    except DataError as error:
        return notice(str(error))
    places = groups(drawn, by=by, model=_model(drawn, model)).get(name, [])
    return _gallery(one, drawn, places, f"{name}: {len(places):,} of {len(drawn.points):,}")


def open_like(pipelines: Pipelines, map_id: str | None, model: int | None, file: str | None) -> str:
    """The pictures of the map that a model sees most like one that somebody dropped."""
    one = read_finished(MAPS, map_id)
    if one is None or not file:
        return ""
    try:
        drawn = _read(one)
        at = _model(drawn, model)
        bundle = [one.config.model, *one.config.others][at]
        others, cosines = nearest_to(read_features(one.path, at), features_of(pipelines.get(bundle, "own"), Path(file)))
    except SmallimgError as error:
        return notice(str(error))
    title = f"Most like {Path(file).name}{_eyes(drawn, at)}"
    return _gallery(one, drawn, others.tolist(), title, likeness=cosines.tolist())


def _read(one: Mapped) -> SetMap:
    return SetMap.from_dict(one.figures)


def _model(drawn: SetMap, chosen: int | None) -> int:
    return chosen if isinstance(chosen, int) and 0 <= chosen < len(drawn.models) else 0


def _figure(drawn: SetMap, by: str, model: int) -> str:
    return json.dumps(map_figure(drawn, by=by, model=model), allow_nan=False, separators=(",", ":"))


def _groups(drawn: SetMap, by: str, model: int) -> gr.Dropdown:
    found = groups(drawn, by=by, model=model)
    return gr.Dropdown([(f"{name} ({len(places):,})", name) for name, places in found.items()], value=None)


def _eyes(drawn: SetMap, model: int) -> str:
    return f", as {drawn.models[model].name} sees it" if len(drawn.models) > 1 else ""


def _head(drawn: SetMap) -> str:
    """How many pictures, how many each model is right about, and what could not be read."""
    n = len(drawn.points)
    part = f"{n:,} of {drawn.of:,} pictures, drawn at random" if n < drawn.of else f"{n:,} pictures"
    told = []
    for at, model in enumerate(drawn.models):
        known = [right for one in drawn.points if (right := drawn.is_right(one, at)) is not None]
        told.append(f"“{model.name}” is right about {sum(known):,} of {len(known):,}" if known else "")
    words = listed([one for one in told if one])
    trouble = "".join(
        notice(without_names(drawn.unnamed(at), f"“{model.name}”")) for at, model in enumerate(drawn.models)
    )
    trouble += notice(f"{len(drawn.errors)} could not be read: {drawn.errors[0]}") if drawn.errors else ""
    return sentence(f"{part}. {words}." if words else f"{part}.") + trouble


def _gallery(one: Mapped, drawn: SetMap, places: Sequence[int], title: str, *, likeness: Sequence[float] = ()) -> str:
    """Small pictures with what is said of them; each is a button that asks for its neighbours."""
    root = Path(str(one.about.get("root", "")))
    items = ""
    for index, place in enumerate(places[:MOST_SHOWN]):
        point = drawn.points[place]
        lines = [*point_words(drawn, point), *([f"{likeness[index]:.2f} alike"] if len(likeness) else [])]
        name = escape(Path(point.image).name)
        items += (
            f'<li><button type="button" data-asked="near {place}" aria-label="Pictures like {name}">'
            f"{_thumbnail(root / point.image, name)}</button><p>{'<br>'.join(map(escape, lines))}</p></li>"
        )
    rest = len(places) - MOST_SHOWN
    more = f'<p class="si-sentence">… and {rest:,} more.</p>' if rest > 0 else ""
    return f'<section class="si-gallery"><h3>{escape(title)}</h3><ul>{items}</ul>{more}</section>'


def _thumbnail(path: Path, name: str) -> str:
    """A small picture; data that was moved or deleted since leaves its name in its place; `name` is HTML."""
    try:
        picture = data_uri(open_local(path, at_least=224), longest_side=112)
    except ImageError:
        return f'<span class="si-gone">{name} is gone</span>'
    return f'<img src="{picture}" alt="{name}" title="{name}">'
