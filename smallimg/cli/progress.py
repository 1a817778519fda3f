"""How far a verb is, and what went wrong on the way: on standard error, so that results can be piped on."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import typer
from PIL import Image
from tqdm import tqdm

from smallimg.errors import SmallimgError
from smallimg.pictures.images import open_local

if TYPE_CHECKING:
    from smallimg.pipeline import Pipeline
    from smallimg.training.loop import Progress

Result = TypeVar("Result")


def say(line: str) -> None:
    """A line on standard error, above the progress bar if there is one."""
    with tqdm.external_write_mode(file=sys.stderr):
        typer.echo(line, err=True)


@contextmanager
def progress_bar(unit: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar on standard error, moved by calling the yielded function with (done, total)."""
    with tqdm(unit=unit, file=sys.stderr, disable=None) as bar:

        def move(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield move


@contextmanager
def training_bar() -> "Iterator[Callable[[Progress], None]]":
    """A progress bar that each stage fills once, and a line with the metrics at the end of every epoch."""
    with tqdm(unit="step", file=sys.stderr, disable=None) as bar:

        def show(progress: "Progress") -> None:
            total, done = progress.epochs * progress.steps, (progress.epoch - 1) * progress.steps + progress.step
            if done < bar.n:
                bar.reset(total)
            bar.total = total
            bar.set_description(progress.stage, refresh=False)
            bar.update(done - bar.n)
            if progress.metrics:
                figures = "  ".join(f"{name} {value:.4g}" for name, value in progress.metrics.items())
                say(f"{progress.stage} {progress.epoch}/{progress.epochs}  {figures}")

        yield show


def for_each(
    pipeline: "Pipeline",
    paths: Sequence[Path],
    work: "Callable[[Pipeline, Path, Image.Image], Result]",
    *,
    tell: Callable[[Path, Result], None] | None = None,
    bar: bool = True,
    done: str | None = None,
) -> None:
    """Open each picture and do `work` on it, several at once; `tell` of each in order, then say how many are `done`.

    A picture that fails is named and the others go on; the exit code is 1 then.
    """

    def attempt(one: "Pipeline", path: Path) -> Result | SmallimgError:
        try:
            return work(one, path, open_local(path, name=str(path)))
        except SmallimgError as error:
            return error

    failed = 0
    found = zip(paths, pipeline.each(attempt, paths), strict=True)
    shown = None if bar else True
    for path, result in tqdm(found, total=len(paths), unit="image", file=sys.stderr, leave=False, disable=shown):
        if isinstance(result, SmallimgError):
            say(str(result))
            failed += 1
        elif tell is not None:
            tell(path, result)
    count = len(paths) - failed
    if done and count:
        typer.echo(f"{count} {'picture' if count == 1 else 'pictures'} {done}")
    if failed:
        raise typer.Exit(1)
