"""The command line: `python -m smallimg VERB …`, or `smallimg VERB …` where it is installed.

Results go to standard output; progress, and a sentence for whatever went wrong, to standard error. Exit codes: 0 when
all went well, 1 when an input failed (it is named, and the others go on), 2 when the command was used wrongly.

Torch and rembg take seconds to import, so a verb imports what it needs when it runs: `--help` answers at once.
"""

import json
import math
import shlex
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from PIL import Image, ImageColor
from tqdm import tqdm
from typer.core import TyperGroup

from smallimg import DEFAULT_BUNDLE
from smallimg.cli.runs import runs_app
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
from smallimg.cli.wording import named, percent, why_unsure
from smallimg.errors import BundleError, SmallimgError
from smallimg.pictures.images import flatten, list_images, open_image

if TYPE_CHECKING:
    from smallimg.data.dataset import Dataset
    from smallimg.results import Prediction
    from smallimg.training.loop import Progress


class _Verbs(TyperGroup):
    """The verbs; an error that has a remedy ends in its sentence, never in a traceback."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except SmallimgError as error:
            sentence = str(error)
        except OSError as error:
            if error.filename is None:  # not about a path of the user's: a closed pipe, say, which typer ends quietly
                raise
            sentence = f"{error.filename}: {error.strerror}."
        except ModuleNotFoundError as error:
            package = str(error.name).split(".")[0]
            if package == "smallimg":
                raise
            extra = "rembg" if package == "rembg" else "train"
            sentence = f'This needs {package}, which is not installed: pip install "smallimg[{extra}]"'
        typer.echo(sentence, err=True)
        raise typer.Exit(1)


app = typer.Typer(
    cls=_Verbs,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Open a picture, remove its background, find the object, crop it, say what it is. "
    "The networks that do it can be trained from scratch with the same command.",
    epilog="`COMMAND --help` tells more about a command.",
)
app.add_typer(runs_app, name="runs")

Model = Annotated[str, typer.Option(help="Bundle of trained networks: a name in checkpoints/, or a folder.")]
Background = Annotated[
    str,
    typer.Option(help="Who removes the background: `own` (the bundle's network), `none`, or a rembg model: u2netp, …"),
]
Source = Annotated[Path, typer.Argument(metavar="IN", help="A picture, or a folder of them.")]
Target = Annotated[Path, typer.Argument(metavar="OUT", help="Where the result goes: a file (.png, .jpg) or a folder.")]
Format = Annotated[
    Literal["png", "jpg"] | None,
    typer.Option("--format", help="File format of the results; by default OUT's ending, else png."),
]
Data = Annotated[Path, typer.Argument(metavar="DATA", help="A data set: a folder, or a zip of one.")]


@app.command()
def predict(
    images: Annotated[list[Path], typer.Argument(metavar="IMAGE", help="Pictures, or folders of them.")],
    *,
    model: Model = DEFAULT_BUNDLE,
    background: Background = "own",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line instead of a readable one.")] = False,
) -> None:
    """Say what is in pictures, and where.

    One line a picture: what it is and how likely, box (x1, y1, x2, y2 in pixels) and score, and the time it took.
    "not sure (cat?)" names the closest class, where no class is likely enough, or the picture is like nothing known.
    """
    from smallimg.pipeline import Pipeline

    paths = [found for path in images for found in (list_images(path) if path.is_dir() else [path])]
    pipeline = Pipeline.load(model, background=background)
    pipeline.warm_up()
    name_width = max(len(str(path)) for path in paths)
    answer_width = max((len(f"not sure ({name}?)") for name in pipeline.class_names), default=0)

    def report(path: Path, image: Image.Image) -> None:
        prediction = pipeline.predict(image)
        if as_json:
            typer.echo(json.dumps(prediction.as_dict(str(path)), ensure_ascii=False))
        else:
            typer.echo(f"{path!s:{name_width}}  {_readable(prediction, answer_width)}")

    # On a terminal the lines are the progress; a bar would only cut through them.
    _for_each(paths, report, bar=not sys.stdout.isatty())


@app.command()
def challenge(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="Folder to write the data set to.")],
    *,
    train: Annotated[int, typer.Option(min=1, help="Training images.")] = 1600,
    test: Annotated[int, typer.Option(min=1, help="Test images.")] = 800,
    size: Annotated[int, typer.Option(min=32, help="Width and height in pixels.")] = 224,
    seed: Annotated[int, typer.Option(help="Same seed, same bytes.")] = 2025,
) -> None:
    """Draw the sample challenge data set.

    Eight classes of things; in training each class lies on its own kind of background, in the test images all share
    another. A network that learned the backgrounds instead of the things fails there.
    """
    from smallimg.data.challenge import write_challenge

    with _bar("image") as progress:
        write_challenge(out, train=train, test=test, size=size, seed=seed, progress=progress)
    typer.echo(f"{train} training and {test} test images written to {out}")


@app.command()
def check(
    data: Data,
    *,
    split: Annotated[str, typer.Option(help="Which part of the data set to learn from.")] = "train",
) -> None:
    """Look at a data set before training on it.

    Prints how many images of each class there are to learn from, to measure on and to test on, and names every row and
    image that is wrong. Exits with 1 when something is.
    """
    from smallimg.data.preview import read_preview, report_text

    with _bar("image") as progress:
        preview = read_preview(data, split=split, progress=progress)
    typer.echo(report_text(preview), nl=False)
    if preview.problems:
        raise typer.Exit(1)


@app.command()
def cutout(
    source: Source,
    out: Target,
    *,
    model: Model = DEFAULT_BUNDLE,
    background: Background = "own",
    fmt: Format = None,
    colour: Annotated[
        str | None,
        typer.Option(help='Plain colour behind the object, as "#ffffff" or a name; by default none (jpg: white).'),
    ] = None,
) -> None:
    """Remove the background of pictures.

    IN is a picture or a folder; a folder's tree is kept below OUT. PNG files keep the background transparent, JPEG
    files get a plain colour, because JPEG knows no transparency.
    """
    from smallimg.pipeline import Pipeline

    if background == "none":
        raise typer.BadParameter("`none` leaves nothing to do here; choose `own` or a rembg model.")
    plain = _rgb(colour)
    targets = _targets(source, out, fmt)
    pipeline = Pipeline.load(model, background=background)
    if background == "own" and pipeline.bundle.background == "none":
        raise BundleError(f"{model} has no background remover: choose a rembg model with --background.")

    def cut(path: Path, image: Image.Image) -> None:
        result = pipeline.predict(image, detect=False, classify=False).cutout
        assert result is not None, "the background stage was on"
        _save(result if plain is None else flatten(result, plain), targets[path])

    _for_each(list(targets), cut, done=f"cut out to {out}")


@app.command()
def crop(
    source: Source,
    out: Target,
    *,
    model: Model = DEFAULT_BUNDLE,
    background: Background = "own",
    fmt: Format = None,
) -> None:
    """Cut pictures to the object in them.

    Takes the box that the detector is surest of. A picture where it finds none is named, and the others go on.
    """
    from smallimg.pipeline import Pipeline

    targets = _targets(source, out, fmt)
    pipeline = Pipeline.load(model, background=background)
    if "detector" not in pipeline.bundle.stages:
        raise BundleError(f"{model} has no detector: choose another bundle with --model, or train that stage.")

    def cut(path: Path, image: Image.Image) -> None:
        box = pipeline.predict(image, classify=False).box
        if box is None:
            raise SmallimgError(f"{path}: no object was found, so there is nothing to crop.")
        # Outwards to whole pixels: a cut through the object's edge would lose some of it.
        window = (math.floor(box.x1), math.floor(box.y1), math.ceil(box.x2), math.ceil(box.y2))
        _save(image.crop(window), targets[path])

    _for_each(list(targets), cut, done=f"cropped to {out}")


@app.command()
def train(
    data: Data,
    *,
    out: Annotated[Path, typer.Option(help="Folder to write the bundle to; stages it has already are kept.")],
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
    """Train a bundle's networks, from scratch or from others.

    DATA is a folder, or a zip of one: in the challenge's form (train/ and train.csv with the columns
    image,xmin,ymin,xmax,ymax,class, and perhaps train_masks/), or folders named by class, or images/ and masks/. A
    fifth of it is kept aside to measure on. The remover learns from masks, the detector from boxes, the classifier
    from classes.
    """
    from smallimg.data.dataset import trainable
    from smallimg.training.bundle import train_bundle
    from smallimg.training.start import SCRATCH, Start, suited_start

    found = _read(data, "train")
    dataset = trainable(found)
    for problem in dataset.problems[len(found.problems) :]:
        _say(problem)
    stages = chosen_stages(stage, recipe=recipe, background=background, start_from=start_from)
    start = suited_start(dataset, stages, recipe=recipe)
    if start_from is not None:
        start = Start(start_from, start_mode) if start_from != SCRATCH else None
    with _training_bar() as report:
        bundle = train_bundle(
            dataset,
            out,
            stages=stages,
            recipe=recipe,
            background=background,
            overrides=reading(reads),
            epochs=epochs,
            seed=seed,
            boxes_from_masks=boxes_from_masks,
            start=start,
            report=report,
            command=f"python -m smallimg {shlex.join(sys.argv[1:])}",
        )
    typer.echo(f"Bundle written to {bundle}")
    if dataset.problems:
        raise typer.Exit(1)


@app.command()
def evaluate(
    data: Data,
    *,
    out: Annotated[Path, typer.Option(help="Folder for metrics.json and submission.csv.")],
    model: Model = DEFAULT_BUNDLE,
    background: Background = "own",
    split: Annotated[str, typer.Option(help="Which part of the data set to measure on.")] = "test",
) -> None:
    """Measure a bundle on a data set.

    Writes metrics.json with all figures, and submission.csv (Id,Category) as the challenge asks for it.
    """
    from smallimg.pipeline import Pipeline
    from smallimg.study.evaluation import evaluate as measure
    from smallimg.study.evaluation import write_evaluation

    dataset = _read(data, split)
    pipeline = Pipeline.load(model, background=background)
    with _bar("image") as progress:
        evaluation = measure(pipeline, dataset, progress=progress)
    write_evaluation(evaluation, dataset, out)
    for sentence in evaluation.errors:
        _say(sentence)
    figures = {name: value for name, value in evaluation.metrics.items() if isinstance(value, int | float)}
    width = max(len(name) for name in figures)
    for name, value in figures.items():
        low, high = evaluation.metrics.get(f"{name}_interval", (None, None))
        plausible = "" if low is None else f"  ({low:.4g} to {high:.4g} at 95 %, by the number of pictures)"
        typer.echo(f"{name:{width}}  {value:.4g}{plausible}")
    typer.echo(f"metrics.json and submission.csv written to {out}")
    if dataset.problems or evaluation.errors:
        raise typer.Exit(1)


def _read(data: Path, split: str) -> "Dataset":
    """One split of a data set; what is wrong with it is named, and the rest used."""
    from smallimg.data.formats import read_dataset

    # A zip from one's own disk may be larger than one that somebody sends to the page.
    dataset = read_dataset(data, split=split, max_files=200_000, max_bytes=10_000_000_000)
    for problem in dataset.problems:
        _say(problem)
    return dataset


def _readable(prediction: "Prediction", answer_width: int) -> str:
    """One prediction as columns: answer and probability, box and score, time; and why it is not sure, if so."""
    box, label = prediction.box, prediction.label
    share = percent(prediction.probabilities[label]) if label is not None else ""
    answer = f"{named(prediction) or 'not classified':{answer_width}}  {share:>6}"
    if box:
        corners = ", ".join(f"{value:.0f}" for value in box.xyxy)
        placed = f"box ({corners})".ljust(26) + f"score {box.score:.2f}"
    else:
        placed = "no object found".ljust(36)
    why = why_unsure(prediction)
    line = f"{answer}  {placed}  {prediction.milliseconds['total']:.0f} ms{f'  ({why})' if why else ''}"
    return line.replace("\u00a0", " ")


def _for_each(
    paths: Sequence[Path], work: Callable[[Path, Image.Image], None], *, bar: bool = True, done: str | None = None
) -> None:
    """Open each picture and do `work` on it, then say how many are `done`.

    A picture that fails is named and the others go on; the exit code is 1 then.
    """
    failed = 0
    for path in tqdm(paths, unit="image", file=sys.stderr, leave=False, disable=None if bar else True):
        try:
            work(path, open_image(path, name=str(path)))
        except SmallimgError as error:
            _say(str(error))
            failed += 1
    if done:
        count = len(paths) - failed
        typer.echo(f"{count} {'picture' if count == 1 else 'pictures'} {done}")
    if failed:
        raise typer.Exit(1)


def _targets(source: Path, out: Path, fmt: str | None) -> dict[Path, Path]:
    """Input picture → file for its result: `out` for one picture, the same tree below `out` for a folder.

    Raises:
        typer.BadParameter: when a result would overwrite an input, or `out` has an ending we don't write.
    """
    if source.is_dir():
        if out.resolve().is_relative_to(source.resolve()):
            raise typer.BadParameter(f"OUT ({out}) lies in IN ({source}): the next run would take results for inputs.")
        pictures = list_images(source)
        places = [path.relative_to(source) for path in pictures]
        taken = Counter(place.with_suffix("") for place in places)
        # a.jpg and a.png in one folder must not become one file: they keep their whole names, a.jpg.png and a.png.png.
        stems = [place if taken[place.with_suffix("")] > 1 else place.with_suffix("") for place in places]
        return {path: out / f"{stem}.{fmt or 'png'}" for path, stem in zip(pictures, stems, strict=True)}
    if out.is_dir() or not out.suffix:
        target = out / f"{source.stem}.{fmt or 'png'}"
    else:
        endings = {"png": {".png"}, "jpg": {".jpg", ".jpeg"}, None: {".png", ".jpg", ".jpeg"}}[fmt]
        if out.suffix.lower() not in endings:
            raise typer.BadParameter(f"OUT ({out}) must be a folder, or end in {' or '.join(sorted(endings))}.")
        target = out
    if target.resolve() == source.resolve():
        raise typer.BadParameter(f"OUT ({target}) would overwrite the picture it comes from.")
    return {source: target}


def _rgb(colour: str | None) -> tuple[int, int, int] | None:
    """`#ffffff`, `white`, … as red, green and blue of 0 … 255."""
    if colour is None:
        return None
    try:
        red, green, blue = ImageColor.getrgb(colour)[:3]
    except ValueError:
        raise typer.BadParameter(f"--colour must be like #ffffff or a name like white, not {colour!r}.") from None
    return red, green, blue


def _save(image: Image.Image, target: Path) -> None:
    """Write a picture; JPEG knows no transparency, so there it is laid on white."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.suffix.lower() == ".png":
        image.save(target)
    else:
        flatten(image).save(target, quality=95)


def _say(line: str) -> None:
    """A line on standard error, above the progress bar if there is one."""
    with tqdm.external_write_mode(file=sys.stderr):
        typer.echo(line, err=True)


@contextmanager
def _bar(unit: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar on standard error, moved by calling the yielded function with (done, total)."""
    with tqdm(unit=unit, file=sys.stderr, disable=None) as bar:

        def move(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield move


@contextmanager
def _training_bar() -> "Iterator[Callable[[Progress], None]]":
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
                _say(f"{progress.stage} {progress.epoch}/{progress.epochs}  {figures}")

        yield show


if __name__ == "__main__":
    app()
