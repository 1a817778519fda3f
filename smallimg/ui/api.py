"""What the page offers to programs, and to assistants as an MCP server: `/predict`, and each model's card; no more."""

from base64 import b64decode
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, TypedDict

import gradio as gr
from gradio.data_classes import FileDataMeta
from gradio.events import api
from gradio.processing_utils import save_bytes_to_cache
from gradio.utils import get_upload_folder, is_in_or_equal
from PIL import Image

from smallimg import DEFAULT_BUNDLE
from smallimg.bundles.background import BACKGROUND_NAMES
from smallimg.bundles.bundle import find_bundle, list_bundles
from smallimg.errors import BundleError, ImageError, SmallimgError
from smallimg.pictures.by_address import Fetched, fetch_picture
from smallimg.pictures.images import open_image
from smallimg.ui.pipelines import Pipelines, bundle_choices
from smallimg.ui.queues import API
from smallimg.ui.try_it.cutouts import cutout_name, to_png
from smallimg.ui.try_it.intake import open_upload
from smallimg.ui.uploads import forget

MAX_BOXES = 10
Background = Literal[BACKGROUND_NAMES]  # type: ignore[valid-type]  # mypy wants the names written out
StageName = Literal["background", "detector", "classifier"]
STAGES: tuple[StageName, ...] = ("background", "detector", "classifier")


class UploadedFile(TypedDict):
    """A file that lies on the server, as `/upload` answered for it."""

    path: str
    meta: FileDataMeta


class ObjectJson(TypedDict):
    """One of several objects: its box, and what the classifier says of it."""

    name: str | None
    box: list[float]
    score: float
    label: str | None
    probability: float


class SegmentsJson(TypedDict):
    """What pixels show, as shares of all of them."""

    background: float
    classes: dict[str, float]


class PredictionJson(TypedDict):
    """`smallimg.results.Prediction.as_dict`; objects and a file with the cut-out, where they were asked for."""

    image: str
    box: list[float] | None
    box_score: float | None
    answer: str | None
    level: Literal["kind", "group"] | None
    label: str | None
    probabilities: dict[str, float]
    milliseconds: dict[str, float]
    engine: str | None
    known: bool | None
    frame: list[int] | None
    group: str | None
    objects: list[ObjectJson]
    segments: SegmentsJson | None
    cutout: UploadedFile | None


def add_api(pipelines: Pipelines, *, fetch: Callable[[str], Fetched] = fetch_picture) -> None:
    """Add the endpoints to the `gr.Blocks` being built; `fetch` brings a picture by its address."""

    def predict(  # noqa: PLR0917  # gradio passes values by place
        picture: UploadedFile | None = None,
        url: str = "",
        model: str = DEFAULT_BUNDLE,
        background: Background = "own",
        stages: list[StageName] = list(STAGES),  # noqa: B006  # never changed; its documentation shows it
        max_boxes: int = 1,
        score_threshold: float = 0.05,
        cutout: bool = False,
        every_object: bool = False,
    ) -> PredictionJson:
        """Say what is in a picture and where: remove its background, find the object, cut it out, name it.

        Args:
            picture: the picture as an uploaded file (JPEG, PNG, WebP, GIF, BMP, TIFF, AVIF or HEIC, at most 10 MB); leave it out when url is given.
            url: the http or https address of a picture on the open internet; leave it out when picture is given.
            model: name of the trained models; "everyday" knows 142 kinds of things and people.
            background: what removes the background: "own" is the network trained with the models, "none" keeps it.
            stages: which steps run.
            max_boxes: how many boxes are looked for, 1 to 10; the best one is returned.
            score_threshold: boxes that score less are left out, 0 to 1.
            cutout: whether to return the picture without its background, too.
            every_object: whether to name each likely object by itself, too, at most 10 of them.

        Returns:
            "answer" is what it is, null where that is not sure, and "level" whether that is a kind or a group of kinds; "label" is the likeliest of all classes, with its share in "probabilities"; "box" is x1, y1, x2, y2 in pixels, null where no object was found; "objects" are all likely objects with the "name" of each, null where that is not sure, where they were asked for; "frame" is which picture of its file was looked at and how many are in it, null where it is the only one; "segments" are the shares of pixels of each class, null where the model has no network for that; "cutout" is a PNG file without the background, where it was asked for.
        """  # noqa: E501  # a parameter's description is one line
        try:
            _check(model, background, stages, max_boxes, score_threshold)
            fetched = _fetched(picture, url, fetch)
            pipeline = pipelines.get(model, background)  # which may be downloaded first
            with pipelines.turns.turn(pipeline) as free:  # waiting for a picture from elsewhere takes no place
                name, image = fetched or _uploaded(picture)
                prediction = free.predict(
                    image,
                    remove_background="background" in stages,
                    detect="detector" in stages,
                    classify="classifier" in stages,
                    score_threshold=score_threshold,
                    # JSON from JavaScript may say 1.0
                    max_boxes=MAX_BOXES if every_object is True else int(max_boxes),
                )
                if every_object is True and prediction.probabilities:
                    prediction = free.name_objects(image, prediction)
                png = to_png(prediction.cutout, name) if cutout is True else None
        except SmallimgError as error:
            raise gr.Error(str(error), print_exception=False) from error
        told = prediction.as_dict(name)
        more = {
            "frame": told.get("frame"),
            "group": prediction.sure_group,
            "objects": told.get("objects", []),
            "segments": told.get("segments"),
            "cutout": _file(png, cutout_name(name)) if png else None,
        }
        return told | more  # type: ignore[return-value]

    @gr.mcp.resource("smallimg://models/{model}", mime_type="text/markdown")  # type: ignore[untyped-decorator, unused-ignore]
    def model_card(model: str = DEFAULT_BUNDLE) -> str:
        """The card of a model as Markdown: what it knows, what it learned from, how good it is and where it fails.

        Args:
            model: name of the trained models.
        """
        try:
            _check_model(model)
            return _card(model)
        except SmallimgError as error:
            raise gr.Error(str(error), print_exception=False) from error

    api(predict, api_name="predict", **API)
    api(model_card, api_name="model_card", **API)


def _check(model: Any, background: Any, stages: Any, max_boxes: Any, score_threshold: Any) -> None:
    """Everything that a request can say wrongly; its values have any type that JSON has.

    Raises:
        ImageError, BundleError: which is wrong, and what it can be.
    """
    _check_model(model)
    if not isinstance(background, str) or background not in BACKGROUND_NAMES:
        raise ImageError(f"background is {_said(background)}, and can be {', '.join(BACKGROUND_NAMES)}.")
    if not isinstance(stages, list) or not all(isinstance(one, str) and one in STAGES for one in stages):
        raise ImageError(f"stages is {_said(stages)}, and can be a list of {', '.join(STAGES)}.")
    if not _is_number(max_boxes) or max_boxes not in range(1, MAX_BOXES + 1):
        raise ImageError(f"max_boxes is {_said(max_boxes)}, and can be a whole number from 1 to {MAX_BOXES}.")
    if not _is_number(score_threshold) or not 0 <= score_threshold <= 1:
        raise ImageError(f"score_threshold is {_said(score_threshold)}, and can be a number from 0 to 1.")


def _check_model(model: Any) -> None:
    if not isinstance(model, str) or model not in [value for _, value in bundle_choices()]:
        raise BundleError(f"model is {_said(model)}, and can be {', '.join(list_bundles())}.")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _said(value: Any) -> str:
    """A value as a message repeats it."""
    text = "".join(letter if letter.isprintable() else "?" for letter in str(value))
    return f"“{text if len(text) <= 40 else text[:39] + '…'}”"


def _fetched(picture: Any, url: Any, fetch: Callable[[str], Fetched]) -> tuple[str, Image.Image] | None:
    """Name and picture of an address; None where a file was uploaded instead."""
    if isinstance(picture, str):  # as assistants give it
        if picture.startswith("data:"):
            return "picture", _embedded(picture)
        picture, url = None, picture or url
    if not isinstance(url, str):
        raise ImageError(f"url is {_said(url)}, and can be the address of a picture.")
    if picture is not None and url:
        raise ImageError("There are a picture and a url: give one of the two.")
    if picture is None and not url:
        raise ImageError("There is no picture: give one as an uploaded file, or its address as url.")
    if picture is not None:
        return None
    fetched = fetch(url)
    return fetched.name, fetched.image


def _embedded(text: str) -> Image.Image:
    """The picture of a `data:` URL."""
    head, _, content = text.partition(",")
    try:
        return open_image(b64decode(content, validate=True) if head.endswith(";base64") else b"", name="the picture")
    except ValueError as error:
        raise ImageError("The picture is a damaged data: address: encode it again as base64.") from error


def _uploaded(picture: Any) -> tuple[str, Image.Image]:
    """Name and picture of an uploaded file.

    Gradio looks whether it is one only where a request marks it as such.
    """
    if not isinstance(picture, dict) or not isinstance(picture.get("path"), str):
        raise ImageError(
            f"picture is {_said(picture)}, and can be an uploaded file: "
            '{"path": what /upload answered, "meta": {"_type": "gradio.FileData"}}.'
        )
    path = Path(picture["path"])
    if "\0" in picture["path"] or not is_in_or_equal(path, get_upload_folder()) or not path.is_file():
        raise ImageError("The picture was not uploaded here, or is gone by now: upload it first.")
    try:
        return path.name, open_upload(path)
    except ImageError:
        forget([path])
        raise


def _file(content: bytes, name: str) -> UploadedFile:
    path: str = save_bytes_to_cache(content, name, cache_dir=get_upload_folder())
    return {"path": path, "meta": {"_type": "gradio.FileData"}}


def _card(model: str) -> str:
    """The text of a model's card."""
    try:
        return (find_bundle(model) / "README.md").read_text("utf-8")
    except OSError as error:
        raise BundleError(f"The models “{model}” have no card.") from error
