"""The "Train" tab's own HTML: how a run stands, the table of runs, and what a data set holds.

Pure functions from values to strings, like `smallimg.ui.cards`: names are escaped, colours are the style sheet's.
"""

from collections.abc import Mapping, Sequence
from html import escape

from smallimg.cli.wording import file_size
from smallimg.data.kept import name_of_data
from smallimg.data.preview import Preview, SheetPicture
from smallimg.runs.forecast import LEARNED, PARTS, doing
from smallimg.runs.run import Run
from smallimg.runs.summary import Measured, Summary, mean_std
from smallimg.study.intervals import share_text
from smallimg.ui.data_uri import data_uri
from smallimg.ui.train.findings import finding_cards, note_list

STATES = {
    "waiting": "waiting in line",
    "running": "training",
    "stopped": "stopped",
    "interrupted": "interrupted",
    "failed": "failed",
    "finished": "finished",
}
NO_RUN = (
    '<section class="si-run si-no-run"><p class="si-sentence">No run yet. Choose pictures above and press '
    "<strong>Start</strong>: the curves appear here while it learns.</p></section>"
)


def duration(seconds: float) -> str:
    """A time as people say it: "8 s", "4 min" or "1 h 20 min"."""
    if seconds < 90:
        return f"{seconds:.0f}\u00a0s"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"{minutes}\u00a0min"
    return f"{minutes // 60}\u00a0h {minutes % 60}\u00a0min"


def roughly(seconds: float) -> str:
    """A time that nobody knows to the second: `duration`, below a minute and a half in steps of five."""
    return duration(max(5, 5 * round(seconds / 5)) if seconds < 87.5 else seconds)


def run_card(run: Run) -> str:
    """How a run stands: its state in a word, its stages, how far it is, and what went wrong if anything did."""
    config = run.config
    facts = [name_of_data(config.data) if config.data else "brought in"]
    facts += [f"recipe {config.recipe}"] if config.recipe not in ("fast", "") else []
    facts += [f"trained {duration(run.seconds)}"] if run.seconds else []
    facts += [f"seed {config.seed}"] if config.data else []  # that of a bundle that was brought in is not known
    note = f'<p class="si-note">{escape(config.note)}</p>' if config.note else ""
    reason = f'<p class="si-reason" role="status">{escape(run.reason)}</p>' if run.reason else ""
    return (
        f'<section class="si-run si-{run.status}" aria-label="The run {escape(config.name)}">'
        f'<header><h3>{escape(config.name)}</h3><p class="si-state">{STATES[run.status]}</p>'
        f'<p class="si-facts">{escape(" · ".join(facts))}</p></header>'
        f"{_progress(run)}{reason}{note}</section>"
    )


def _progress(run: Run) -> str:
    """The networks as a line of chips, what is done now, the bar of it, and the time that the whole run still needs."""
    if run.status == "waiting":
        time = f" Its own turn takes about {roughly(run.seconds_left)}." if run.seconds_left is not None else ""
        if not run.ahead:  # its process has only just begun
            return f'<p class="si-sentence">It is next: it begins in a moment.{time}</p>'
        before = "One run is" if run.ahead == 1 else f"{run.ahead} runs are"
        return f'<p class="si-sentence">{before} before it; one trains at a time.{time}</p>'
    stages = run.config.stages
    place = PARTS.index(run.stage) if run.stage in PARTS else -1
    chips = ""
    for stage in stages:
        done = run.status == "finished" or (stage in PARTS and PARTS.index(stage) < place)
        kind = "si-done" if done else "si-now" if stage == run.stage else "si-later"
        chips += f'<li class="{kind}">{escape(LEARNED.get(stage, stage))}{" ✓" if done else ""}</li>'
    line = f'<ol class="si-stages" aria-label="Stages">{chips}</ol>'
    is_training = run.stage in stages
    if run.status == "finished" or not (run.status == "running" or is_training or run.step):
        return line
    words = doing(run.stage, epoch=run.epoch, epochs=run.epochs, step=run.step, steps=run.steps)
    sentence = f'<p class="si-sentence">{escape(words)}{_time_left(run)}</p>'
    if not (is_training or run.steps):
        return line + sentence
    share = (max(run.epoch - 1, 0) + (run.step / run.steps if run.steps else 0)) / max(run.epochs, 1)
    return (
        f'{line}<div class="si-progress" role="progressbar" aria-label="{escape(words)}" '
        f'aria-valuemin="0" aria-valuemax="100" aria-valuenow="{100 * share:.0f}"><i style="width:{100 * share:.1f}%">'
        f"</i></div>{sentence}"
    )


def _time_left(run: Run) -> str:
    if run.seconds_left is None:
        return ""
    return " · a few seconds left" if run.seconds_left < 5 else f" · about {roughly(run.seconds_left)} left"


def runs_table(rows: Sequence[tuple[Run, Summary]]) -> str:
    """All runs, the newest first, with the figures to compare them by."""
    if not rows:
        return ""
    heads = (
        ("Run", "", ""),
        ("State", "", ""),
        ("Data", "", ""),
        ("Recipe", "", ""),
        (
            "Best epoch",
            "si-number",
            "of the last stage trained, by its figure on the validation pictures, of few by that in training",
        ),
        (
            "Classifier, by epoch",
            "si-number",
            "its accuracy alone, from the true boxes of the validation pictures: mean ± standard deviation over the "
            "second half of its epochs",
        ),
        ("Precision, by epoch", "si-number", "the same, for the precision averaged over classes"),
        (
            "Validation",
            "si-number",
            "pictures that the finished bundle named rightly, of those kept aside in training; only where the data has "
            "no test pictures; in brackets the 95 % interval",
        ),
        (
            "Test",
            "si-number",
            "pictures that the finished bundle named rightly, of test pictures it never saw; in brackets the 95 % "
            "interval",
        ),
        ("Trained", "si-number", ""),
        ("Size", "si-number", "of the bundle's files"),
    )
    head = "".join(f'<th scope="col" class="{kind}" title="{title}">{name}</th>' for name, kind, title in heads)
    names = [name for name, _, _ in heads]
    return (
        '<section class="si-runs" aria-label="All runs"><h2>All runs</h2><p class="si-sentence">“By epoch” is naming '
        "alone, told where the object is, on pictures kept aside: mean ± deviation. Validation and Test are all "
        "networks together, with the 95 % interval of their accuracy.</p>"
        '<div class="si-scroll"><table>'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(_row(run, summary, names) for run, summary in rows)}</tbody>"
        "</table></div></section>"
    )


def _row(run: Run, summary: Summary, heads: Sequence[str]) -> str:
    config = run.config
    stage = next((stage for stage in reversed(config.stages) if stage in summary.best_epoch), None)
    cells = (
        ("", config.name),
        (f"si-cell-{run.status}", STATES[run.status]),
        ("", name_of_data(config.data) if config.data else "brought in"),
        ("", config.recipe),
        ("si-number", f"{summary.best_epoch[stage]} ({LEARNED.get(stage, stage)})" if stage else "–"),
        ("si-number", mean_std(summary.accuracy, run.validation) if summary.accuracy else "–"),
        ("si-number", mean_std(summary.precision) if summary.precision else "–"),
        *(("si-number", _measured(summary.measured_on(split))) for split in ("validation", "test")),
        ("si-number", duration(run.seconds) if run.seconds else "–"),
        ("si-number", file_size(summary.size) if summary.size else "–"),
    )
    # On a phone each row is a list, and its heads stand in it.
    return (
        "<tr>"
        + "".join(
            f'<td class="{kind}{" si-none" if text == "–" else ""}" data-head="{head}" title="{escape(text)}">'
            f"{escape(text)}</td>"
            for head, (kind, text) in zip(heads, cells, strict=True)
        )
        + "</tr>"
    )


def _measured(measured: Measured | None) -> str:
    return share_text(measured.right, measured.n) if measured else "–"


def preview_card(
    preview: Preview, sheet: Sequence[SheetPicture], *, name: str = "", left_out: int = 0, closer: bool = False
) -> str:
    """What a data set holds: counts by class and part, a sheet of its pictures, and all that is wrong with it.

    Its `name` is what people call it, by default as its folder; of it, `left_out` pictures are not used. For
    `closer` see `finding_cards`.
    """
    dataset = preview.dataset
    counted = {"training": preview.training, "validation": preview.validation, "test": preview.test}
    sums = {part: sum(counts.values()) for part, counts in counted.items()}
    known = [name for name, there in (("boxes", preview.has_boxes), ("masks", preview.has_masks)) if there]
    holds = f"with {' and '.join(known)}" if known else "without boxes or masks"
    test = (
        f"{sums['test']} to test on" if sums["test"] else "no test pictures: the finished run is measured on validation"
    )
    own = bool(dataset.validation)
    drawn = "the data's own validation part" if own else "a fifth of every class, drawn with seed 42"
    return (
        '<section class="si-preview" aria-label="Preview of the data">'
        f"<header><h3>{escape(name or dataset.root.name)}</h3>"
        f'<p class="si-facts">{len(dataset.samples)} pictures {holds} · {escape(preview.sizes)}</p></header>'
        f'<p class="si-sentence">Of these, {sums["training"]} are learned from, {sums["validation"]} kept aside to '
        f"measure each epoch on ({drawn}); {test}.</p>"
        f'<div class="si-preview-body">{_counts(counted)}{_sheet(sheet)}</div>'
        f"{finding_cards(preview.findings, can_start=bool(preview.can_train), left_out=left_out, closer=closer)}"
        f"{note_list(preview.findings)}</section>"
    )


def _sheet(sheet: Sequence[SheetPicture]) -> str:
    """Pictures side by side, as many a line as there is room for, each with its class below it as text."""
    items = ""
    for one in sheet:
        kind = one.class_name or ""
        picture = f'<img src="{data_uri(one.picture)}" alt="{escape(one.name)}" title="{escape(one.name)}">'
        items += f'<li>{picture}<p title="{escape(kind)}">{escape(kind)}</p></li>'
    return f'<ul class="si-sheet" aria-label="Some of the pictures, with their boxes">{items}</ul>'


def _counts(counted: Mapping[str, Mapping[str, int]]) -> str:
    names = list(dict.fromkeys(name for counts in counted.values() for name in counts))
    most = max((sum(counts.get(name, 0) for counts in counted.values()) for name in names), default=1)
    rows = "".join(
        f'<tr><th scope="row">{escape(name)}</th>'
        + "".join(f'<td class="si-number">{counts.get(name, 0)}</td>' for counts in counted.values())
        + '<td class="si-share"><span class="si-bar" aria-hidden="true">'
        + f'<i style="width:{100 * sum(counts.get(name, 0) for counts in counted.values()) / max(most, 1):.0f}%"></i>'
        + "</span></td></tr>"
        for name in names
    )
    head = "".join(f'<th scope="col" class="si-number">{part}</th>' for part in counted)
    return (
        '<div class="si-scroll"><table class="si-counts"><thead><tr><th scope="col">class</th>'
        f"{head}<th></th></tr></thead>"
        f"<tbody>{rows}</tbody></table></div>"
    )
