"""The endpoints for programs, called as Gradio calls them; over HTTP they are asked in `tests/browser/test_api.py`."""

import asyncio
from base64 import b64encode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from gradio.processing_utils import save_bytes_to_cache
from gradio.utils import get_upload_folder
from in_loop import in_loop
from PIL import Image

from smallimg.errors import ImageError
from smallimg.pictures.addresses import read_address
from smallimg.pictures.by_address import Fetched
from smallimg.pictures.images import open_image
from smallimg.results import Prediction
from smallimg.ui.api import ObjectJson, PredictionJson, add_api
from smallimg.ui.page import Page
from smallimg.ui.pipelines import Pipelines

PICTURE = Path(__file__).parents[2] / "assets" / "examples" / "cifar10" / "cat.jpg"


def fetch(url: str) -> Fetched:
    read_address(url)
    if "cat" not in url:
        raise ImageError(f"“{url}” leads to no server on the open internet: check the address.")
    return Fetched("cat.jpg", PICTURE.read_bytes(), open_image(PICTURE))


@pytest.fixture(scope="module")
def page() -> Page:
    def build() -> Page:
        with Page() as page:
            add_api(Pipelines(), fetch=fetch)
        return page

    return in_loop(build)


def endpoint(page: Page, name: str) -> Callable[..., Any]:
    [function] = [one.fn for one in page.fns.values() if one.api_name == name]
    assert function is not None
    return function


@pytest.fixture(scope="module")
def predict(page: Page) -> Callable[..., Any]:
    return endpoint(page, "predict")


@pytest.fixture(scope="module")
def uploaded() -> dict[str, Any]:
    path = save_bytes_to_cache(PICTURE.read_bytes(), "my cat.jpg", cache_dir=get_upload_folder())
    return {"path": path, "meta": {"_type": "gradio.FileData"}}


def test_a_picture_and_its_address_give_the_same(predict: Callable[..., Any], uploaded: dict[str, Any]) -> None:
    by_file = predict(picture=uploaded, model="cifar10")
    by_url = predict(url="https://cats.example/cat.jpg", model="cifar10")
    as_assistants_do = predict(picture="https://cats.example/cat.jpg", model="cifar10")
    assert (by_file["image"], by_url["image"]) == ("my cat.jpg", "cat.jpg")
    embedded = predict(picture=f"data:image/jpeg;base64,{b64encode(PICTURE.read_bytes()).decode()}", model="cifar10")
    for one in (by_url, as_assistants_do, embedded):
        assert one | {"image": 0, "milliseconds": 0} == by_file | {"image": 0, "milliseconds": 0}
    assert by_file["answer"] == "cat"
    assert by_file["cutout"] is None


def test_the_cut_out_comes_where_it_is_asked_for(predict: Callable[..., Any]) -> None:
    cutout = predict(url="https://cats.example/cat.jpg", cutout=True)["cutout"]
    with Image.open(cutout["path"]) as image:
        assert (image.mode, image.size, image.format) == ("RGBA", open_image(PICTURE).size, "PNG")
    assert Path(cutout["path"]).name == "cat-cutout.png"
    with pytest.raises(gr.Error, match=r"cat\.jpg has no cut-out"):
        predict(url="https://cats.example/cat.jpg", cutout=True, stages=["detector"])


def test_every_object_is_named_where_that_is_asked_for(predict: Callable[..., Any]) -> None:
    asked = {"url": "https://cats.example/cat.jpg", "model": "cifar10", "score_threshold": 0}
    assert predict(**asked)["objects"] == []
    assert predict(**asked)["segments"] is None
    assert predict(**asked)["frame"] is None
    [first, *_] = predict(**asked, every_object=True)["objects"]
    assert set(first) == ObjectJson.__required_keys__
    assert (first["name"], len(first["box"])) == ("cat", 4)
    assert predict(**asked, every_object=True, stages=["detector"])["objects"] == []


def test_steps_can_be_left_out(predict: Callable[..., Any]) -> None:
    found = predict(url="https://cats.example/cat.jpg", stages=["detector"], score_threshold=0)
    assert set(found["milliseconds"]) == {"detector", "total"}
    nothing = predict(url="https://cats.example/cat.jpg", stages=["detector"], score_threshold=1)
    assert (nothing["box"], nothing["answer"], nothing["probabilities"]) == (None, None, {})


def test_many_at_once_get_each_their_own(predict: Callable[..., Any]) -> None:
    """Whichever networks a picture is taken through, and whoever else's is at the same time."""
    pictures = sorted(PICTURE.parent.glob("*.jpg"))[:5]
    sent = [
        {"path": save_bytes_to_cache(one.read_bytes(), one.name, cache_dir=get_upload_folder())} for one in pictures
    ]
    alone = [predict(picture=one, model="cifar10") for one in sent]
    assert len({(one["image"], one["label"]) for one in alone}) == len(sent)
    order = [place for start in range(4) for place in (start, 4, 2)]
    with ThreadPoolExecutor(6) as pool:
        together = [*pool.map(lambda place: predict(picture=sent[place], model="cifar10"), order)]
    for place, found in zip(order, together, strict=True):
        assert (found["image"], found["label"]) == (alone[place]["image"], alone[place]["label"])
        assert found["box"] == pytest.approx(alone[place]["box"], abs=0.2)
        assert found["probabilities"] == pytest.approx(alone[place]["probabilities"], abs=1e-3)


WRONG: list[tuple[dict[str, Any], str]] = [
    ({}, "There is no picture"),
    ({"picture": None, "url": ""}, "There is no picture"),
    ({"url": "https://elsewhere.example/"}, "leads to no server"),
    *(({"url": value}, "url is") for value in (None, 3, ["https://cats.example"], {"a": 1}, True)),
    ({"picture": "data:image/png;base64,%%%"}, "damaged data: address"),
    ({"picture": "data:image/png;base64,QUJD"}, "is not a picture"),
    ({"picture": "data:,x"}, "is empty"),
    ({"picture": "/etc/passwd"}, "does not begin with https://"),
    *(({"picture": value}, "picture is") for value in (3, [], True, {}, {"path": 3}, {"path": None}, {"url": "x"})),
    *(
        ({"picture": {"path": value}}, "was not uploaded here")
        for value in ("", "/etc/passwd", str(PICTURE), "../cat.jpg", "a\0b", "/proc/self/environ", "x" * 5000)
    ),
    *(
        ({"model": value}, "model is")
        for value in (None, "", "nothing", "..", "/etc", "\n\x1b[31m", 3, ["everyday"], {})
    ),
    *(({"background": value}, "background is") for value in (None, "", "bria-rmbg", "../u2net", 0, ["own"], {})),
    *(({"stages": value}, "stages is") for value in (None, "detector", ["train"], [None], {"a": 1}, [["detector"]], 1)),
    *(
        ({"max_boxes": value}, "max_boxes is")
        for value in (None, 0, 11, -1, 1.5, "1", True, [], float("nan"), float("inf"), 10**400)
    ),
    *(
        ({"score_threshold": value}, "score_threshold is")
        for value in (None, -0.01, 1.01, "0.5", False, [], {}, float("nan"), float("inf"), -float("inf"), 10**400)
    ),
]


@pytest.mark.parametrize(("wrong", "words"), WRONG, ids=repr)
def test_what_is_wrong_is_told_in_a_sentence(predict: Callable[..., Any], wrong: dict[str, Any], words: str) -> None:
    given = (
        wrong if wrong.keys() & {"picture", "url"} or not wrong else {"url": "https://cats.example/cat.jpg", **wrong}
    )
    with pytest.raises(gr.Error) as refused:
        predict(**given)
    sentence = str(refused.value.message)
    assert words in sentence
    assert sentence.endswith(".")
    assert sentence.isprintable()
    assert len(sentence) < 400
    assert refused.value.print_exception is False


def test_a_picture_and_an_address_are_one_too_many(predict: Callable[..., Any], uploaded: dict[str, Any]) -> None:
    with pytest.raises(gr.Error, match="give one of the two"):
        predict(picture=uploaded, url="https://cats.example/cat.jpg")


def test_the_documentation_tells_types_defaults_and_results(page: Page) -> None:
    endpoints = page.get_api_info()["named_endpoints"]
    assert set(endpoints) == {"/predict", "/model_card"}
    parameters = {one["parameter_name"]: one for one in endpoints["/predict"]["parameters"]}
    assert {name: one["parameter_default"] for name, one in parameters.items()} == {
        "picture": None, "url": "", "model": "everyday", "background": "own",
        "stages": ["background", "detector", "classifier"], "max_boxes": 1, "score_threshold": 0.05, "cutout": False,
        "every_object": False,
    }  # fmt: skip
    assert all(one["parameter_has_default"] for one in parameters.values())
    assert "u2netp" in parameters["background"]["type"]["enum"]
    [prediction] = endpoints["/predict"]["returns"]
    assert prediction["type"]["properties"]["answer"] == {"oneOf": [{"type": "null"}, {"type": "string"}]}
    assert "path" in str(prediction["type"]["properties"]["cutout"])
    assert "its background" in endpoints["/predict"]["description"]


def test_the_documented_result_is_the_command_lines() -> None:
    told = Prediction((2, 2), None, (), None, {"cat": 1.0}, groups={"animal": 1.0}).as_dict("cat.jpg")
    assert PredictionJson.__required_keys__ == told.keys() | {"cutout", "frame", "objects", "segments"}


def test_a_card_tells_what_a_model_knows(page: Page) -> None:
    card = endpoint(page, "model_card")
    assert "142" in card("everyday")
    assert card("cifar10").startswith("#")
    for wrong in ("../..", "", None, 3):
        with pytest.raises(gr.Error, match=r"^.?model is"):
            card(wrong)


@pytest.mark.parametrize("path", ["http://127.0.0.1/x.png", "https://cats.example/cat.jpg"])
def test_gradio_fetches_nothing_by_itself(page: Page, path: str) -> None:
    [function] = [one for one in page.fns.values() if one.api_name == "predict"]
    inputs = [{"path": path, "meta": {"_type": "gradio.FileData"}}, "", "everyday", "own", [], 1, 0.05, False]
    with pytest.raises(gr.Error, match="has to be uploaded"):
        asyncio.run(page.preprocess_data(function, inputs, None))
    inputs[0] = {"nested": [{"path": path}]}
    with pytest.raises(gr.Error, match="has to be uploaded"):
        asyncio.run(page.preprocess_data(function, inputs, None))
