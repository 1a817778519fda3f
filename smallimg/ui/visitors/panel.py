"""“Your things”: what an open page keeps for a visitor, for how long, and how to be rid of it."""

from typing import Any

import gradio as gr

from smallimg.runs.retention import delete_all_of
from smallimg.ui.cards import notice
from smallimg.ui.visitors.desk import Desk, accounts_are_on
from smallimg.visitors.asking import who_asks
from smallimg.visitors.limits import Limits
from smallimg.visitors.owner import owned_folders
from smallimg.visitors.room import MB, used_by

CONFIRM = """() => confirm("Delete all that you made here? Pictures, models and figures are gone for good then.")"""
RELOAD = """(is_done) => { if (is_done) location.assign(location.pathname); }"""


def build_your_things(blocks: gr.Blocks, desk: Desk) -> None:
    """Lay it out inside the `gr.Blocks` being built, and connect it."""
    with gr.Column(elem_classes="si-part", elem_id="your-things"):
        gr.HTML("<h3>Your things</h3>", apply_default_css=False)
        words = gr.HTML(your_things(desk.limits), elem_id="your-things-words", apply_default_css=False)
        with gr.Row():
            if accounts_are_on():
                gr.LoginButton("Keep them with your Hugging Face account", size="sm", scale=0, min_width=300)
            delete = gr.Button("Delete my things", size="sm", scale=0, min_width=180, elem_id="delete-my-things")
        message = gr.HTML(elem_id="your-things-message", apply_default_css=False)
        gr.HTML(what_is_allowed(desk.limits), apply_default_css=False)
    meant, done = gr.Checkbox(visible=False), gr.Checkbox(visible=False)

    def delete_mine(is_meant: Any) -> tuple[str, bool]:
        if is_meant is not True:
            return "", False
        left = delete_all_of(who_asks())
        desk.files.delete(who_asks())
        if not left:
            return "", True
        one = left == 1
        return notice(
            f"{'One of your trainings or evaluations is' if one else f'{left} of your trainings or evaluations are'} "
            "still stopping; the rest is deleted. Press the button again in a minute."
        ), False

    private: dict[str, Any] = {"api_visibility": "private"}
    blocks.load(lambda: your_things(desk.limits), None, words, show_progress="hidden", **private)
    delete.click(delete_mine, meant, [message, done], js=CONFIRM, **private).then(None, done, js=RELOAD, **private)


def your_things(limits: Limits) -> str:
    """What is kept for who asks, in a sentence or two."""
    asker = who_asks()
    count = sum(1 for _ in owned_folders(asker))
    megabytes = f"{used_by(asker) / MB:,.0f} of {limits.disk_mb:,} MB"
    there = "There is nothing of yours here yet."
    if count:
        there = f"{'1 thing is' if count == 1 else f'{count} things are'} here, {megabytes}."
    return (
        '<p class="si-sentence">The pictures that you bring, the models that you train and their figures are yours: no '
        f"other visitor sees them. {there} What you made is deleted <strong>{limits.days} days</strong> after you last "
        "opened this page: download what you want to keep.</p>"
    )


def what_is_allowed(limits: Limits) -> str:
    """The limits, for who wants to know."""
    lines = (
        f"{limits.kept} data sets, {limits.kept} trainings, {limits.kept} evaluations; together {limits.disk_mb:,} MB",
        f"a data set of {limits.set_mb:,} MB",
        f"{limits.waiting} trainings under way or waiting, and as many evaluations; each works for {limits.minutes} "
        "minutes at a time, and can be resumed",
        f"{limits.epochs:,} epochs, {limits.batch:,} pictures in a batch",
        f"{limits.requests} requests of a kind waiting for an answer",
    )
    items = "".join(f"<li>{line}</li>" for line in lines)
    return (
        '<details class="si-about"><summary>What each visitor can have</summary>'
        f'<ul class="si-verdicts">{items}</ul><p class="si-sentence">On your own computer there are none. You '
        "are known again by a cookie that says nothing but that it is you; in another browser you are another visitor."
        "</p></details>"
    )
