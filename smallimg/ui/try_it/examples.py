"""The pictures to start with: those that come with a shipped bundle, or some that a run was measured on."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import chain, islice, zip_longest
from pathlib import Path
from typing import Any

from smallimg import DEFAULT_BUNDLE
from smallimg.bundles.bundle import list_bundles
from smallimg.errors import ImageError
from smallimg.files import shipped
from smallimg.pictures.images import IMAGE_SUFFIXES, open_image
from smallimg.results import NAMED_FROM
from smallimg.runs.outcome import read_outcome
from smallimg.ui.data_uri import data_uri
from smallimg.ui.pipelines import run_of

EXAMPLES = shipped("assets/examples")
MOST = 8
MOST_UNSURE = 2


@dataclass(frozen=True)
class Example:
    """A picture, and what to call it."""

    path: Path
    title: str


def examples_of(bundle: str) -> list[Example]:
    """At most `MOST` pictures to try a bundle with; none where it came without any.

    Args:
        bundle: the name of a shipped one, which has everyday photos if none of its own, or a run's id or folder.
    """
    if bundle in list_bundles():
        folder = EXAMPLES / bundle if (EXAMPLES / bundle).is_dir() else EXAMPLES / DEFAULT_BUNDLE
        paths = sorted(path for path in folder.glob("*") if path.suffix in IMAGE_SUFFIXES)
        return [Example(path, path.stem.replace("-", " ")) for path in paths]
    run = run_of(bundle)
    outcome = read_outcome(run.path if run else Path(bundle))
    return _measured(outcome) if outcome else []


def example_buttons(bundle: str) -> str:
    """One button with a small picture for each example; `data-index` is its place in `examples_of`."""
    buttons = []
    for index, example in enumerate(examples_of(bundle)):
        try:
            picture = data_uri(open_image(example.path), longest_side=160)
        except ImageError:  # damaged since: the others keep their places
            continue
        name = escape(example.title)
        buttons.append(
            f'<button type="button" data-index="{index}" title="{name}"><img src="{picture}" alt="{name}"></button>'
        )
    if not buttons:
        return '<section class="si-examples"><p>This model has no pictures of its own to start with.</p></section>'
    own = "" if bundle in list_bundles() else ", which it was measured on"
    return (
        f'<section class="si-examples" aria-label="Examples"><h2>Or pick one of these{own}</h2>'
        f"<div>{''.join(buttons)}</div></section>"
    )


def _measured(outcome: Mapping[str, Any]) -> list[Example]:
    """Of the pictures a run was measured on: some of many classes that it names rightly, and one or two it does not."""
    root, pictures = Path(outcome.get("root", "")), outcome["pictures"]
    sure = [one for one in pictures if one["truth"] is not None and _answer(one) == one["truth"]]
    unsure = [one for one in pictures if one["label"] is not None and _answer(one) is None]
    if not sure:  # it names nothing, or nothing with certainty
        return list(islice(_present(root, pictures), MOST))
    last = list(islice(_present(root, sorted(unsure, key=lambda one: one["probability"])), MOST_UNSURE))
    return [*islice(_present(root, _mixed(sure)), MOST - len(last)), *last]


def _answer(one: Mapping[str, Any]) -> str | None:
    """What was said aloud of a measured picture; older results have the label and its probability only."""
    label = one["label"] if (one["probability"] or 0.0) >= NAMED_FROM else None
    answer: str | None = one.get("answer", label)
    return answer


def _mixed(pictures: Sequence[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """One of each class, then another of each, the surest first."""
    classes = defaultdict(list)
    for one in sorted(pictures, key=lambda one: -one["probability"]):
        classes[one["truth"]].append(one)
    named = [classes[name] for name in sorted(classes)]
    step = max(1, len(named) // MOST)  # of very many classes, not only the first of the alphabet
    ranked = [*named[::step], *(one for index, one in enumerate(named) if index % step)]
    return (one for one in chain.from_iterable(zip_longest(*ranked)) if one is not None)


def _present(root: Path, pictures: Sequence[Mapping[str, Any]] | Iterator[Mapping[str, Any]]) -> Iterator[Example]:
    """Those that are still there; data may have been moved since."""
    for one in pictures:
        path = root / str(one["image"])
        if path.is_file():
            yield Example(path, str(one["truth"] or path.name))
