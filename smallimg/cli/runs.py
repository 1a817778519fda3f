"""`python -m smallimg runs VERB …`: training runs from the command line, the same ones that the page shows.

An id may be cut short as long as only one run begins with it. What is only read needs no torch and is there at once.
"""

import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from smallimg.cli.training_options import (
    BackgroundOption,
    BoxesFromMasksOption,
    EpochsOption,
    ReadsOption,
    RecipeOption,
    SeedOption,
    StageOption,
    StartFromOption,
    StartModeOption,
    chosen_stages,
    reading,
)
from smallimg.errors import RunError
from smallimg.runs import run as runs
from smallimg.runs.run import Run, RunConfig, list_runs, read_log, read_metrics, runs_folder
from smallimg.runs.summary import BETTER, Measured, Summary, mean_std, read_measured, summarise
from smallimg.study.intervals import share_text

LONGEST_NAME = 40


runs_app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Training runs: each goes on by itself, can be stopped and resumed, and waits in line for the one before it. "
    "They live in $SMALLIMG_RUNS, or in runs/.",
)
RunId = Annotated[str, typer.Argument(metavar="ID", help="The run's id, or its beginning.")]


@runs_app.command()
def start(
    data: Annotated[Path, typer.Argument(metavar="DATA", help="A data set: a folder, or a zip of one.")],
    *,
    name: Annotated[str, typer.Option(help="What to call it.")],
    stage: StageOption = None,
    recipe: RecipeOption = "fast",
    background: BackgroundOption = None,
    reads: ReadsOption = None,
    epochs: EpochsOption = None,
    seed: SeedOption = 42,
    boxes_from_masks: BoxesFromMasksOption = False,
    start_from: StartFromOption = None,
    start_mode: StartModeOption = "all",
) -> None:
    """Start a run that goes on by itself, and print its id."""
    from smallimg.training.start import chosen_start

    stages = chosen_stages(stage, recipe=recipe, background=background, start_from=start_from)
    began = chosen_start(start_from, start_mode, data, stages, recipe=recipe)
    config = RunConfig(
        name=name,
        data=str(data.resolve()),  # its process works in a folder of its own
        stages=stages,
        recipe=recipe,
        background=background,
        overrides=reading(reads),
        epochs=epochs,
        seed=seed,
        boxes_from_masks=boxes_from_masks,
        start_from=began.source if began else None,
        start_mode=began.mode if began else start_mode,
    )
    typer.echo(runs.start_run(runs.create_run(config).id).id)


@runs_app.command("list")
def list_all(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line instead of a table.")] = False,
) -> None:
    """All runs, the newest first."""
    found = [(run, _summary(run)) for run in list_runs()]
    if as_json:
        for run, summary in found:
            typer.echo(json.dumps(_as_dict(run, summary), ensure_ascii=False))
    elif found:
        head = ("id", "name", "status", "at", "validation", "test", "minutes")
        rows = [head, *(_row(run, summary) for run, summary in found)]
        widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
        for row in rows:
            cells = zip(row, widths, "<<<<>>>", strict=True)
            typer.echo("  ".join(f"{text:{side}{width}}" for text, width, side in cells))
    else:
        typer.echo(f"There are no runs in {runs_folder()}.", err=True)


@runs_app.command()
def show(
    run_id: RunId,
    *,
    log: Annotated[bool, typer.Option("--log", help="The end of its log as well.")] = False,
) -> None:
    """All about a run: what it was asked for, how far it is, how good it is."""
    run = _find(run_id)
    rows = [*_asked(run), *_state(run), *_figures(run)]
    width = max(len(name) for name, _ in rows)
    for name, text in rows:
        typer.echo(f"{name:{width}}  {text}")
    if log:
        typer.echo(f"\n{read_log(run.id)}")


@runs_app.command()
def stop(run_id: RunId) -> None:
    """Stop a run after the step it is at; `resume` goes on after its last whole epoch."""
    run = runs.stop_run(_find(run_id).id)
    typer.echo(f"“{run.config.name}” was asked to stop.")


@runs_app.command()
def resume(run_id: RunId) -> None:
    """Go on with a run that was stopped, was interrupted or failed."""
    run = runs.start_run(_find(run_id).id)
    typer.echo(f"“{run.config.name}” goes on." if run.status == "running" else f"“{run.config.name}” is in line.")


@runs_app.command("export")
def export_one(
    run_id: RunId, out: Annotated[Path, typer.Argument(metavar="OUT", help="The zip to write, or a folder for it.")]
) -> None:
    """Write a run's bundle to a zip."""
    from smallimg.bundles.zipped import export_bundle

    run = _find(run_id)
    if not run.bundle_ready:
        raise RunError(f"“{run.config.name}” has no trained network yet: let it finish its first stage.")
    target = export_bundle(run.path, out / f"{run.id}.zip" if out.is_dir() else out, name=run.config.name)
    typer.echo(f"Bundle of “{run.config.name}” written to {target}")


@runs_app.command("import")
def import_one(
    archive: Annotated[Path, typer.Argument(metavar="ZIP", help="A bundle that `export` or the page wrote.")],
    *,
    name: Annotated[str | None, typer.Option(help="What to call it; by default as where it was made.")] = None,
) -> None:
    """Bring in a bundle as a finished run, and print its id."""
    from smallimg.runs.adopt import import_bundle

    typer.echo(import_bundle(archive, name=name).id)


@runs_app.command()
def rename(run_id: RunId, name: Annotated[str, typer.Argument(metavar="NAME")]) -> None:
    """Give a run another name; its id stays."""
    run = runs.rename_run(_find(run_id).id, name)
    typer.echo(f"{run.id} is “{run.config.name}” now.")


@runs_app.command()
def note(run_id: RunId, text: Annotated[str, typer.Argument(metavar="TEXT")]) -> None:
    """Write down what is worth remembering about a run, instead of what was there."""
    run = runs.note_run(_find(run_id).id, text)
    typer.echo(f"Noted on “{run.config.name}”.")


@runs_app.command()
def delete(run_id: RunId) -> None:
    """Delete a run and everything it made."""
    run = _find(run_id)
    runs.delete_run(run.id)
    typer.echo(f"“{run.config.name}” ({run.id}) is deleted.")


def _find(beginning: str) -> Run:
    """The one run whose id is this, or begins like this.

    Raises:
        RunError: when there is none, or several.
    """
    known = list_runs()
    found = [run for run in known if run.id == beginning] or [
        run for run in known if beginning and run.id.startswith(beginning)
    ]
    if not found:
        raise RunError(f"No run in {runs_folder()} has an id like “{beginning}”: `runs list` shows them all.")
    if len(found) > 1:
        ids = ", ".join(run.id for run in found[:5])
        raise RunError(
            f"{len(found)} runs begin with “{beginning}” ({ids}{', …' if len(found) > 5 else ''}): add more."
        )
    return found[0]


def _summary(run: Run) -> Summary:
    return summarise(run, read_metrics(run.id), read_measured(run))


def _as_dict(run: Run, summary: Summary) -> dict[str, Any]:
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


def _row(run: Run, summary: Summary) -> tuple[str, ...]:
    """A run as a line of the table."""
    name, test = run.config.name, summary.measured_on("test")
    return (
        run.id,
        name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…",
        run.status,
        _at(run) if run.stage else "–",
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
    """What a run is at: its epoch where a network is trained, otherwise its pictures."""
    is_network = run.stage in run.config.stages
    done, of = (run.epoch, run.epochs) if is_network else (run.step, run.steps)
    return f"{run.stage} {done}/{of}" if is_network or of else run.stage


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
        *([("at", _at(run))] if run.stage else []),
        ("trained", f"{run.seconds / 60:.1f} minutes"),
    ]


def _figures(run: Run) -> list[tuple[str, str]]:
    """How good a run is: each stage's last epoch and its best, and the finished bundle."""
    summary = _summary(run)
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
