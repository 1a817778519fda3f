"""How a job stands: waiting, under way, finished, or why not."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from smallimg.runs.jobs import Job
from smallimg.ui.train.cards import duration


@dataclass(frozen=True)
class Words:
    """What a kind of jobs is called on the page.

    Attributes:
        name: the beginning of its components' ids, and its word in the address.
        label: of the list, such as “Evaluation”.
        running: what it does, such as “measuring”.
        units: what it counts, such as “objects”.
        ready: what it reads before it begins.
        none_yet: HTML: what to do where there is none.
    """

    name: str
    label: str
    running: str
    units: str
    ready: str
    none_yet: str


def none_yet(words: Words) -> str:
    """What stands in the card's place where there is no job."""
    return f'<section class="si-run si-no-run"><p class="si-sentence">{words.none_yet}</p></section>'


def job_card(one: Job[Any], words: Words, facts: Sequence[str] = ()) -> str:
    """Its state in a word, what it is of, how far it is, and what went wrong if anything did.

    Args:
        facts: what else has to be known of it.
    """
    title = escape(one.config.title)
    told = [*facts, *([f"took {duration(one.seconds)}"] if one.status == "finished" else [])]
    state = {"waiting": "waiting in line", "running": words.running}.get(one.status, one.status)
    reason = f'<p class="si-reason" role="status">{escape(one.reason)}</p>' if one.reason else ""
    return (
        f'<section class="si-run si-{one.status}" aria-label="The {words.label.lower()} {title}">'
        f'<header><h3>{title}</h3><p class="si-state">{state}</p>'
        f'<p class="si-facts">{escape(" · ".join(told))}</p></header>{_progress(one, words)}{reason}</section>'
    )


def _progress(one: Job[Any], words: Words) -> str:
    if one.status == "waiting":
        before = "It begins in a moment." if not one.ahead else f"{one.ahead} more before it; one works at a time."
        return f'<p class="si-sentence">{before}</p>'
    if one.status != "running":
        return ""
    if not one.of:
        return f'<p class="si-sentence">Getting ready: reading {words.ready}.</p>'
    share = one.done / one.of
    is_told = (
        one.done > 20 and not one.doing
    )  # what does several things one after the other takes another time for each
    left = f" · about {duration(one.seconds / share - one.seconds)} left" if is_told else ""
    said = f"{f'{one.doing}: ' if one.doing else ''}{one.done:,} of {one.of:,} {words.units}{left}"
    return (
        f'<div class="si-progress" role="progressbar" aria-label="{escape(said)}" aria-valuemin="0" '
        f'aria-valuemax="100" aria-valuenow="{100 * share:.0f}"><i style="width:{100 * share:.1f}%"></i></div>'
        f'<p class="si-sentence">{escape(said)}</p>'
    )
