"""`explain`: which part of a picture an answer depends on."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from smallimg import DEFAULT_BUNDLE
from smallimg.cli.data import read_split
from smallimg.cli.options import BackgroundOption, MaxPixelsOption, ModelOption, allow_pixels, may_be_folder
from smallimg.cli.progress import progress_bar, say
from smallimg.cli.wording import without_names
from smallimg.pictures.images import list_images, open_local

if TYPE_CHECKING:
    from smallimg.study.explain.explainer import Explainer, Explanation
    from smallimg.study.explain.set_table import Row

MethodName = Literal[
    "gradcam", "gradcam++", "layercam", "eigencam", "occlusion", "integrated-gradients", "drise", "box-occlusion"
]


def explain(
    images: Annotated[
        list[Path], typer.Argument(metavar="IMAGE", help="Pictures, or folders of them; with --set one data set.")
    ],
    *,
    out: Annotated[
        Path,
        typer.Option(callback=may_be_folder, help="Folder for the pictures with their heat, the maps and scores.json."),
    ],
    method: Annotated[
        MethodName,
        typer.Option(help="How the map is made; drise and box-occlusion are of the box, the others of the name."),
    ] = "gradcam",
    label: Annotated[
        str | None, typer.Option("--class", help="Why this name; by default the most probable one.")
    ] = None,
    against: Annotated[str | None, typer.Option(help="Why rather than this name.")] = None,
    whole_set: Annotated[
        bool, typer.Option("--set", help="A data set: how much heat is on the objects, right against wrong.")
    ] = False,
    split: Annotated[str, typer.Option(help="With --set: which part of the data set.")] = "test",
    most: Annotated[int, typer.Option(min=1, help="With --set: pictures at most, drawn at random.")] = 200,
    fmt: Annotated[
        Literal["npy", "png"], typer.Option("--map", help="The map as float32 in a .npy, or as a 16-bit PNG.")
    ] = "npy",
    quick: Annotated[bool, typer.Option("--quick", help="Without measuring how far a map can be trusted.")] = False,
    model: ModelOption = DEFAULT_BUNDLE,
    background: BackgroundOption = "own",
    max_pixels: MaxPixelsOption = None,
) -> None:
    """Show which part of a picture an answer depends on.

    Each picture is written with its heat on top, beside the map itself; scores.json says what a map is worth: whether
    hiding its warm places changes the answer, and whether the map goes when the network's weights are shuffled. With
    --set all pictures of a data set are asked why they got their name, and the shares of heat on the objects are
    compared: inside.csv has a row a picture, sheet-right.png and sheet-wrong.png show them.
    """
    allow_pixels(max_pixels)
    from smallimg.pipeline import Pipeline
    from smallimg.study.explain.catalogue import BOX_ABOUT
    from smallimg.study.explain.explainer import Explainer

    of_box = method in BOX_ABOUT
    if of_box and (label or against or whole_set):
        raise typer.BadParameter(f"{method} explains a box: leave --class, --against and --set away.")
    if whole_set and (len(images) > 1 or label or against):
        raise typer.BadParameter("--set takes one data set, and asks of each picture's own name.")
    explainer = Explainer(Pipeline.load(model, background=background))
    if whole_set:
        _explain_set(explainer, images[0], out, method=method, split=split, most=most)
        return
    paths = [found for path in images for found in (list_images(path) if path.is_dir() else [path])]
    _check_names(explainer, label, against)
    _explain_each(explainer, paths, out, method=method, label=label, against=against, measure=not quick, fmt=fmt)


def _explain_each(
    explainer: "Explainer",
    paths: list[Path],
    out: Path,
    *,
    method: MethodName,
    label: str | None,
    against: str | None,
    measure: bool,
    fmt: Literal["npy", "png"],
) -> None:
    from smallimg.errors import SmallimgError
    from smallimg.files import write_json
    from smallimg.study.explain.catalogue import BOX_ABOUT
    from smallimg.study.explain.files import write_explanation

    told: list[dict[str, Any]] = []
    failed = 0
    width = max(len(str(path)) for path in paths)
    for path, stem in zip(paths, _stems(paths, method), strict=True):
        try:
            image = open_local(path, name=str(path))
            prediction = explainer.pipeline.predict(image, classify=method not in BOX_ABOUT)
            if method in BOX_ABOUT:
                explanation = explainer.of_box(image, prediction, method=method)
            else:
                explanation = explainer.of_class(image, prediction, method=method, label=label, against=against)
            files = write_explanation(explanation, image, out, stem, fmt=fmt)
        except SmallimgError as error:
            say(str(error))
            failed += 1
            continue
        told.append({"image": str(path), "files": files, **explanation.as_dict(trust=measure)})
        typer.echo(f"{path!s:{width}}  {_readable(explanation, trust=measure)}")
    if told:
        write_json(out / "scores.json", {"explanations": told})
        typer.echo(f"{len(told)} {'picture' if len(told) == 1 else 'pictures'} explained to {out}")
    if failed:
        raise typer.Exit(1)


def _readable(explanation: "Explanation", *, trust: bool) -> str:
    from smallimg.cli.wording import percent

    line = f"{explanation.question}, {percent(explanation.share)}"
    if trust:
        gain = explanation.trust.faithfulness
        line += (
            f"  trust: {explanation.trust.verdict}  (gain {gain.map.gain:.2f}, at random {gain.random.gain:.2f}, "
            f"middle first {gain.middle.gain:.2f}; like a shuffled network's {explanation.trust.sameness:.2f})"
        )
    return line.replace("\u00a0", " ")


def _explain_set(explainer: "Explainer", data: Path, out: Path, *, method: MethodName, split: str, most: int) -> None:
    from smallimg.study.explain.catalogue import ABOUT
    from smallimg.study.explain.over_set import explain_set
    from smallimg.study.explain.set_table import set_table
    from smallimg.study.explain.write_set import write_set

    dataset = read_split(data, split, unlabelled=True)
    with progress_bar("image") as progress:
        found = explain_set(explainer, dataset, method=method, most=most, progress=progress)
    for sentence in found.errors:
        say(sentence)
    if found.unnamed:
        say(without_names(found.unnamed))
    rows = set_table(found.seen)
    part = f" of {found.of:,}" if found.of > len(found.seen) else ""
    typer.echo(f"{len(found.seen)}{part} pictures, {ABOUT[method].title} of the most probable name of each")
    for line in _table(rows):
        typer.echo(line)
    if not rows:
        typer.echo("No picture has a box or a mask, so nothing can be said of heat on the object.")
    written = write_set(found, rows, dataset, out, method=method)
    typer.echo(f"{', '.join(written[:-1])} and {written[-1]} written to {out}")
    if found.errors or dataset.problems:
        raise typer.Exit(1)


def _table(rows: "Iterable[Row]") -> list[str]:
    from smallimg.study.intervals import share_text

    cells = [("answer", "object", "pictures", "heat on the object", "object's area", "hottest place on it")]
    cells += [
        (
            row.answer,
            row.size,
            str(row.n),
            f"{row.share:.2f} ({row.low:.2f}–{row.high:.2f})" if row.n > 1 else f"{row.share:.2f}",
            f"{row.area:.2f}",
            share_text(row.hits, row.n).replace("\u00a0", " "),
        )
        for row in rows
    ]
    if len(cells) == 1:
        return []
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
    return ["  ".join(f"{text:{width}}" for text, width in zip(row, widths, strict=True)).rstrip() for row in cells]


def _stems(paths: list[Path], method: str) -> list[str]:
    """A file name for each picture, all different whatever folders they come from."""
    taken: set[str] = set()
    stems = []
    for path in paths:
        stem, number = f"{path.stem}-{method}", 1
        while stem.lower() in taken:
            number += 1
            stem = f"{path.stem}-{number}-{method}"
        taken.add(stem.lower())
        stems.append(stem)
    return stems


def _check_names(explainer: "Explainer", label: str | None, against: str | None) -> None:
    """A class that is not there is said once, not for every picture."""
    for name in (label, against):
        if name is not None:
            explainer.place_of(name)
