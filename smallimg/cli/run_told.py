"""A training run as the command line tells it: for programs, as a line of a table, and with all about it."""

import json
import time
from dataclasses import asdict
from typing import Any

from smallimg.runs.run import Run, read_metrics
from smallimg.runs.summary import BETTER, Measured, Summary, mean_std, read_measured, summarise
from smallimg.study.intervals import share_text

LONGEST_NAME = 40
#: Above the table of runs.
HEAD = ("id", "name", "status", "at", "validation", "test", "minutes")


def summary_of(run: Run) -> Summary:
    return summarise(run, read_metrics(run.id), read_measured(run))


def as_dict(run: Run, summary: Summary) -> dict[str, Any]:
    """A run for programs."""
    told = ("stage", "epoch", "epochs", "seconds", "seconds_left", "position", "created")
    return {
        "id": run.id,
        "name": run.config.name,
        "status": run.status,
        "reason": run.reason,
        **{name: getattr(run, name) for name in told},
        "best": dict(summary.best),
        "best_epoch": dict(summary.best_epoch),
        **{
            name: value
            for split in ("validation", "test")
            for name, value in _measured_figures(split, summary.measured_on(split)).items()
        },
        "bytes": summary.size,
    }


def _measured_figures(split: str, measured: Measured | None) -> dict[str, Any]:
    """The finished bundle's accuracy on a split; None where it was not measured there."""
    if measured is None:
        return {f"{split}_accuracy": None, f"{split}_accuracy_interval": None, f"{split}_n": None}
    return {
        f"{split}_accuracy": round(measured.accuracy, 6),
        f"{split}_accuracy_interval": [round(end, 6) for end in measured.interval],
        f"{split}_n": measured.n,
    }


def as_row(run: Run, summary: Summary) -> tuple[str, ...]:
    """A run as a line of the table, its cells as in `HEAD`."""
    name, test = run.config.name, summary.measured_on("test")
    return (
        run.id,
        name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…",
        run.status,
        _at(run) or "–",
        _validated(run, summary),
        share_text(test.right, test.n) if test else "–",
        f"{run.seconds / 60:.1f}",
    )


def _validated(run: Run, summary: Summary) -> str:
    """The bundle's accuracy on the validation pictures; before that and beside a test, the classifier's best there."""
    if measured := summary.measured_on("validation"):
        return share_text(measured.right, measured.n)
    best = summary.best.get("classifier")
    if best is None:
        return "–"
    return share_text(round(best * run.validation), run.validation) if run.validation else f"{best:.1%}"


def _at(run: Run) -> str:
    """What a run is at: its epoch where a network is trained, otherwise its pictures; "" of one that is at nothing.

    A finished run's last count was written a moment before its end, and reads as if pictures were missing.
    """
    if not run.stage or run.status == "finished":
        return ""
    is_network = run.stage in run.config.stages
    done, of = (run.epoch, run.epochs) if is_network else (run.step, run.steps)
    return f"{run.stage} {done}/{of}" if is_network or of else run.stage


def all_about(run: Run) -> list[tuple[str, str]]:
    """What a run was asked for, how far it is, how good it is: names and texts, in rows."""
    return [*_asked(run), *_state(run), *_figures(run)]


def _asked(run: Run) -> list[tuple[str, str]]:
    """What a run was asked for; what nobody asked for is left out."""
    asked = asdict(run.config) | {
        "stages": ", ".join(run.config.stages),
        "overrides": json.dumps(run.config.overrides, ensure_ascii=False) if run.config.overrides else "",
        "start_mode": run.config.start_mode if run.config.start_from else "",
        "boxes_from_masks": "yes" if run.config.boxes_from_masks else "",
    }
    if not run.config.data:  # it was brought in: how it was trained is in its bundle
        asked |= {"split": "", "seed": ""}
    return [
        ("id", run.id),
        *((name.replace("_", " "), str(value)) for name, value in asked.items() if value not in (None, "")),
        ("created", time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(run.created))),
    ]


def _state(run: Run) -> list[tuple[str, str]]:
    """How far a run is."""
    status: str = run.status
    if run.status == "waiting":
        status += f", place {run.position} in line" if run.ahead else ", it begins in a moment"
    if run.seconds_left is not None:
        status += f", about {run.seconds_left / 60:.1f} minutes left"
    return [
        ("status", f"{status}. {run.reason}" if run.reason else status),
        *([("at", at)] if (at := _at(run)) else []),
        ("trained", f"{run.seconds / 60:.1f} minutes"),
    ]


def _figures(run: Run) -> list[tuple[str, str]]:
    """How good a run is: each stage's last epoch and its best, and the finished bundle."""
    summary = summary_of(run)
    rows = []
    for stage, line in {line["stage"]: line for line in read_metrics(run.id)}.items():
        figures = "  ".join(f"{name} {value:.4g}" for name, value in line["metrics"].items())
        rows.append((stage, f"{line['epoch']}/{line['epochs']}  {figures}"))
        if stage in summary.best:
            rows.append(
                (f"best {stage}", f"epoch {summary.best_epoch[stage]}  {BETTER[stage]} {summary.best[stage]:.4g}")
            )
    over_epochs = {"accuracy": (summary.accuracy, run.validation), "precision": (summary.precision, 0)}
    rows += [
        (f"classifier {name}", f"{mean_std(shares, n)} on validation (second half of its epochs)")
        for name, (shares, n) in over_epochs.items()
        if shares
    ]
    if measured := summary.measured:
        rows.append((f"{measured.split} accuracy", f"{share_text(measured.right, measured.n)} (the whole bundle)"))
    if summary.size:
        rows.append(("size", f"{summary.size / 1e6:.1f} MB"))
    return rows
