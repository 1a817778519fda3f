"""`python -m smallimg runs VERB …`: training runs from the command line, the same ones that the page shows.

An id may be cut short as long as only one run begins with it. What is only read needs no torch and is there at once.
"""

import json
from pathlib import Path
from typing import Annotated

import typer

from smallimg.cli.options import (
    ArchitectureOption,
    BoxesFromMasksOption,
    CutOutsOption,
    Data,
    EpochsOption,
    JsonOption,
    MaxPixelsOption,
    NameBoxesOption,
    ReadsOption,
    RecipeOption,
    SeedOption,
    StageOption,
    StartFromOption,
    StartModeOption,
    allow_pixels,
    chosen_stages,
    overridden,
)
from smallimg.cli.run_told import HEAD, all_about, as_dict, as_row, summary_of
from smallimg.cli.verb import Verb
from smallimg.errors import RunError
from smallimg.runs.process import begin_run, start_run, stop_run
from smallimg.runs.run import (
    Run,
    RunConfig,
    create_run,
    delete_run,
    list_runs,
    note_run,
    read_log,
    rename_run,
    runs_folder,
)

runs_app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Training runs: each goes on by itself, can be stopped and resumed, and waits in line for the one before it. "
    "They live in $SMALLIMG_RUNS, or in runs/.",
)
RunId = Annotated[str, typer.Argument(metavar="ID", help="The run's id, or its beginning.")]


@runs_app.command(cls=Verb)
def start(
    data: Data,
    *,
    name: Annotated[str, typer.Option(help="What to call it.")],
    stage: StageOption = None,
    recipe: RecipeOption = "fast",
    background: CutOutsOption = None,
    reads: ReadsOption = None,
    architecture: ArchitectureOption = None,
    name_boxes: NameBoxesOption = False,
    epochs: EpochsOption = None,
    seed: SeedOption = 42,
    boxes_from_masks: BoxesFromMasksOption = False,
    start_from: StartFromOption = None,
    start_mode: StartModeOption = "all",
    max_pixels: MaxPixelsOption = None,
) -> None:
    """Start a run that goes on by itself, and print its id; what it could not be trained on is refused."""
    allow_pixels(max_pixels)
    from smallimg.data.formats import OWN_LIMITS, read_dataset
    from smallimg.runs.refused import refuse_untrainable
    from smallimg.training.start import chosen_start

    overrides = overridden(reads, architecture, name_boxes=name_boxes)
    stages = chosen_stages(stage, recipe=recipe, background=background, start_from=start_from)
    dataset = read_dataset(data, split="train", **OWN_LIMITS)
    began = chosen_start(start_from, start_mode, dataset, stages, recipe=recipe, own_network=bool(architecture))
    config = RunConfig(
        name=name,
        data=str(data.resolve()),  # its process works in a folder of its own
        stages=stages,
        recipe=recipe,
        background=background,
        overrides=overrides,
        epochs=epochs,
        seed=seed,
        boxes_from_masks=boxes_from_masks,
        start_from=began.source if began else None,
        start_mode=began.mode if began else start_mode,
        max_pixels=max_pixels,
    )
    refuse_untrainable(config, dataset)
    typer.echo(begin_run(create_run(config)).id)


@runs_app.command("list")
def list_all(
    *,
    as_json: JsonOption = False,
) -> None:
    """All runs, the newest first."""
    found = [(run, summary_of(run)) for run in list_runs()]
    if as_json:
        for run, summary in found:
            typer.echo(json.dumps(as_dict(run, summary), ensure_ascii=False))
    elif found:
        rows = [HEAD, *(as_row(run, summary) for run, summary in found)]
        widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
        for row in rows:
            cells = zip(row, widths, "<<<<>>>", strict=True)
            typer.echo("  ".join(f"{text:{side}{width}}" for text, width, side in cells))
    else:
        typer.echo(f"There are no runs in {runs_folder()}.", err=True)


@runs_app.command(cls=Verb)
def show(
    run_id: RunId,
    *,
    log: Annotated[bool, typer.Option("--log", help="The end of its log as well.")] = False,
) -> None:
    """All about a run: what it was asked for, how far it is, how good it is."""
    run = _find(run_id)
    rows = all_about(run)
    width = max(len(name) for name, _ in rows)
    for name, text in rows:
        typer.echo(f"{name:{width}}  {text}")
    if log:
        typer.echo(f"\n{read_log(run.id)}")


@runs_app.command(cls=Verb)
def stop(run_id: RunId) -> None:
    """Stop a run after the step it is at; `resume` goes on after its last whole epoch."""
    run = stop_run(_find(run_id).id)
    typer.echo(f"“{run.config.name}” was asked to stop.")


@runs_app.command(cls=Verb)
def resume(run_id: RunId) -> None:
    """Go on with a run that was stopped, was interrupted or failed."""
    run = start_run(_find(run_id).id)
    typer.echo(f"“{run.config.name}” goes on." if run.status == "running" else f"“{run.config.name}” is in line.")


@runs_app.command("export", cls=Verb)
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


@runs_app.command("import", cls=Verb)
def import_one(
    archive: Annotated[Path, typer.Argument(metavar="ZIP", help="A bundle that `export` or the page wrote.")],
    *,
    name: Annotated[str | None, typer.Option(help="What to call it; by default as where it was made.")] = None,
) -> None:
    """Bring in a bundle as a finished run, and print its id."""
    from smallimg.runs.adopt import import_bundle

    typer.echo(import_bundle(archive, name=name).id)


@runs_app.command(cls=Verb)
def rename(run_id: RunId, name: Annotated[str, typer.Argument(metavar="NAME")]) -> None:
    """Give a run another name; its id stays."""
    run = rename_run(_find(run_id).id, name)
    typer.echo(f"{run.id} is “{run.config.name}” now.")


@runs_app.command()  # an empty note takes away what was there
def note(run_id: RunId, text: Annotated[str, typer.Argument(metavar="TEXT")]) -> None:
    """Write down what is worth remembering about a run, instead of what was there."""
    run = note_run(_find(run_id).id, text)
    typer.echo(f"Noted on “{run.config.name}”.")


@runs_app.command(cls=Verb)
def delete(run_id: RunId) -> None:
    """Delete a run and everything it made."""
    run = _find(run_id)
    delete_run(run.id)
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
