"""What the class-by-class view asks of the server: nothing that is sent is trusted, and errors are sentences."""

import base64
import io
import shutil
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image
from train_tab import training as under_way

from smallimg.data.by_class import read_classes
from smallimg.data.kept import find_data
from smallimg.files import shipped
from smallimg.pictures.images import read_size
from smallimg.results import Prediction
from smallimg.runs.run import Run, RunConfig, adopt_run, create_run
from smallimg.ui.pipelines import Pipelines
from smallimg.ui.train.by_class.server import server_functions, why_no_name


@pytest.fixture
def server() -> SimpleNamespace:
    return SimpleNamespace(**{one.__name__: one for one in server_functions(Pipelines())})


def sent(content: bytes, name: str = "camera.jpg", **rest: str) -> Any:
    """A picture as Gradio hands it on."""
    return SimpleNamespace(data=rest, files=[(name, content)])


def encoded(seed: int = 0) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.random.default_rng(seed).integers(0, 255, (48, 64, 3), np.uint8)).save(buffer, "JPEG")
    return buffer.getvalue()


def fill(server: SimpleNamespace, *names: str) -> str:
    """The id of a new set of such classes, two pictures each."""
    data_id = ""
    for name in names:
        made = server.call_class({"set": data_id, "name": name})
        data_id = made.get("set", data_id)
        for seed in range(2):
            server.put_picture(sent(encoded(seed + 10 * len(name)), set=data_id, **{"class": name}))
    return data_id


def contents(data_id: str) -> dict[str, tuple[str, ...]]:
    return {one.name: one.files for one in read_classes(find_data(data_id).path)}


def adopt(data_id: str) -> Run:
    """A finished run on a set; what it learned is another thing, which matters to nobody here."""
    files = {file.name: file for file in (shipped("checkpoints") / "challenge").iterdir()}
    return adopt_run(RunConfig("learned", str(find_data(data_id).path), stages=("classifier",)), files)


def test_a_set_is_there_with_its_first_class_and_opens_as_it_was_left(server: SimpleNamespace) -> None:
    made = server.call_class({"set": "", "old": "", "name": " a  cup "})
    assert made == {"class": "a cup", "set": "classes-1", "called": "My classes"}
    put = server.put_picture(sent(encoded(), set="classes-1", **{"class": "a cup"}))
    assert put["at"] == "a cup/00001.jpg"
    small = base64.b64decode(put["small"].removeprefix("data:image/webp;base64,"))
    assert Image.open(io.BytesIO(small)).size == (64, 48)
    assert server.call_class({"set": "classes-1", "old": "a cup", "name": "mug"}) == {"class": "mug"}
    assert server.call_set({"set": "classes-1", "name": "Kitchen"}) == {"name": "Kitchen"}
    opened = server.open_classes({"set": "classes-1"})
    assert opened == {
        "set": "classes-1",
        "name": "Kitchen",
        "classes": [{"name": "mug", "pictures": [{"at": "mug/00001.jpg", "small": put["small"]}]}],
    }
    assert server.look({"set": "classes-1", "picture": "mug/00001.jpg"})["large"].startswith("data:image/webp")


def test_pictures_and_classes_go_out_and_come_back(server: SimpleNamespace) -> None:
    data_id = fill(server, "cup", "ball")
    [out] = server.move({"set": data_id, "pictures": ["cup/00001.jpg"], "to": ""})["pictures"]
    assert contents(data_id)["cup"] == ("00002.jpg",)
    assert server.move({"set": data_id, "pictures": [out], "to": "ball"}) == {"pictures": ["ball/00001.jpg"]}
    gone = server.drop_class({"set": data_id, "class": "ball"})["pictures"]
    assert list(contents(data_id)) == ["cup"]
    server.call_class({"set": data_id, "old": "", "name": "ball"})
    server.move({"set": data_id, "pictures": gone, "to": "ball"})
    assert len(contents(data_id)["ball"]) == 3


def test_a_picture_that_no_longer_opens_is_still_listed(server: SimpleNamespace) -> None:
    data_id = fill(server, "cup")
    (find_data(data_id).path / "cup" / "00003.jpg").write_text("no picture")
    [cup] = server.open_classes({"set": data_id})["classes"]
    assert cup["pictures"][2] == {"at": "cup/00003.jpg", "small": ""}


def test_samples_are_drawn_for_who_has_no_camera(server: SimpleNamespace) -> None:
    data_id = fill(server, "cup")
    answer = server.draw_picture({"set": data_id, "class": "cup", "thing": "cup"})
    assert answer["at"] == "cup/00003.jpg"
    assert read_size(find_data(data_id).path / answer["at"]) == (224, 224)
    assert (
        "choose cup, ball and scissors" in server.draw_picture({"set": data_id, "class": "cup", "thing": "x"})["error"]
    )


@pytest.mark.parametrize("data", [None, 7, "cup", [], {}, {"set": None}, {"set": 7}, {"set": "x" * 9999},
                                  {"set": "../data"}, {"set": "gone"}, {"set": ["a"]}])  # fmt: skip
def test_whatever_is_sent_the_answer_is_a_sentence(server: SimpleNamespace, data: Any) -> None:
    for ask in (server.open_classes, server.call_set, server.drop_class, server.move, server.look, server.training,
                server.put_picture, server.draw_picture, server.name_picture):  # fmt: skip
        error = ask(data)["error"]
        assert error[0].isupper()
        assert len(error) < 400


@pytest.mark.parametrize("pictures", [None, "cup/00001.jpg", [7], [None], ["../x"], ["cup/00001.jpg"] * 5001])
def test_odd_lists_of_pictures_move_nothing(server: SimpleNamespace, pictures: Any) -> None:
    data_id = fill(server, "cup")
    assert "error" in server.move({"set": data_id, "pictures": pictures, "to": ""})
    assert len(contents(data_id)["cup"]) == 2


def test_odd_uploads_are_sentences(server: SimpleNamespace) -> None:
    data_id = fill(server, "cup")
    rest = {"set": data_id, "class": "cup"}
    assert "<b>.jpg is not a picture" in server.put_picture(sent(b"x", "C:\\me\\<b>.jpg", **rest))["error"]
    assert "no class “mug”" in server.put_picture(sent(encoded(), set=data_id, **{"class": "mug"}))["error"]
    for files in ([], [("a", encoded()), ("b", encoded())]):
        assert "no picture" in server.put_picture(SimpleNamespace(data=rest, files=files))["error"]
    assert len(contents(data_id)["cup"]) == 2


def test_while_a_run_learns_pictures_may_come_and_none_may_go(server: SimpleNamespace) -> None:
    data_id = fill(server, "cup", "ball")
    run = create_run(RunConfig("slow", str(find_data(data_id).path), stages=("classifier",)))
    with under_way(run):
        assert server.put_picture(sent(encoded(5), set=data_id, **{"class": "cup"}))["at"] == "cup/00005.jpg"
        for answer in (
            server.move({"set": data_id, "pictures": ["cup/00001.jpg"], "to": ""}),
            server.drop_class({"set": data_id, "class": "cup"}),
            server.call_class({"set": data_id, "old": "cup", "name": "mug"}),
        ):
            assert "“slow” is learning from “My classes” now: stop that run first." in answer["error"]
        told = server.training({"set": data_id})
    assert (told["run"], told["alive"], told["ready"]) == (run.id, True, False)
    assert told["words"].startswith("Learning – ")
    assert told["share"] == 0.5


def test_what_was_learned_names_pictures_at_once(server: SimpleNamespace) -> None:
    data_id = fill(server, "cup", "ball")
    picture = (shipped("assets/examples") / "challenge" / "cup.jpg").read_bytes()
    assert server.training({"set": data_id}) == {"run": "", "alive": False, "ready": False, "words": ""}
    assert "press Train first" in server.name_picture(sent(picture, set=data_id))["error"]
    run = adopt(data_id)
    told = server.training({"set": data_id})
    assert (told["run"], told["alive"], told["ready"]) == (run.id, False, True)
    assert told["words"].startswith("Learned.")
    answer = server.name_picture(sent(picture, set=data_id))
    assert answer["why"] == ""
    shares = [bar["share"] for bar in answer["bars"]]
    assert answer["answer"] == answer["bars"][0]["name"] == "cup"
    assert len(shares) == 5
    assert shares == sorted(shares, reverse=True)
    assert "is not a picture" in server.name_picture(sent(b"x", set=data_id))["error"]
    server.put_picture(sent(encoded(5), set=data_id, **{"class": "cup"}))
    assert "The pictures have changed since" in server.training({"set": data_id})["words"]
    shutil.rmtree(run.path)
    assert server.training({"set": data_id})["ready"] is False


def test_a_long_bar_beside_not_sure_is_explained() -> None:
    def told(*shares: float, familiarity: float = 0.5) -> str:
        names = dict(zip(("cup", "ball", "plug"), shares, strict=False))
        return why_no_name(Prediction((9, 9), None, (), None, names, familiarity=familiarity))

    strange = told(0.97, 0.03, familiarity=0.0)
    assert strange.startswith("It is unlike the pictures that were learned.")
    assert "cup is the likeliest of them" in strange
    assert told(0.52, 0.48) == "Two of these classes are too close to call."
    assert told(0.4, 0.3, 0.3) == "None of these classes is likely enough to be said aloud."
    assert told(0.97, 0.03) == told() == ""
