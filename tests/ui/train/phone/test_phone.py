"""A phone that has scanned a set's code puts pictures into that set, for a while, and does nothing else."""

import io
import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient

from smallimg.data import invited
from smallimg.data.by_class import add_class, new_set, read_classes
from smallimg.data.invited import INVITED, OVER, invite, take_back_invitation
from smallimg.data.kept import KeptData
from smallimg.errors import DataError, SmallimgError
from smallimg.files import read_json, write_json
from smallimg.pictures.images import MAX_BYTES
from smallimg.ui.train.phone.code import code_svg
from smallimg.ui.train.phone.door import Door
from smallimg.ui.train.phone.routes import phone_routes
from smallimg.visitors.asking import Asker, asking
from smallimg.visitors.room import used_by

ANNA = Asker(("guest-anna",))


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SMALLIMG_HOME", str(tmp_path))
    monkeypatch.delenv("SMALLIMG_DATA", raising=False)


@pytest.fixture
def desk() -> KeptData:
    return classes("My desk")


@pytest.fixture
def client() -> Iterator[TestClient]:
    with TestClient(Starlette(routes=phone_routes())) as client:
        yield client


def classes(name: str) -> KeptData:
    kept = new_set(name)
    for label in ("cup", "ball"):
        add_class(kept.path, label)
    return kept


def photo(seed: int = 0) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.random.default_rng(seed).integers(0, 255, (48, 64, 3), np.uint8)).save(buffer, "JPEG")
    return buffer.getvalue()


def counts(kept: KeptData) -> dict[str, int]:
    return {one.name: len(one.files) for one in read_classes(kept.path)}


@pytest.mark.parametrize("prefix", ["", "/gradio_api"])
def test_pictures_go_into_the_class_at_hand(client: TestClient, desk: KeptData, prefix: str) -> None:
    address = f"{prefix}/phone/{invite(desk, 'ball')}"
    page = client.get(address)
    assert page.headers["referrer-policy"] == "no-referrer"
    assert "Take a picture" in page.text
    now = client.get(f"{address}/now").json()
    assert (now["name"], now["class"], now["classes"]) == ("My desk", "ball", ["cup", "ball"])
    assert 0 < now["seconds"] <= invited.VALID_S
    assert client.post(f"{address}/pictures?class=ball", content=photo()).status_code == 200
    assert counts(desk) == {"cup": 0, "ball": 1}


@pytest.mark.parametrize("label", ["", "plug", "../cup", ".new", ".out", "x" * 500])
def test_only_classes_of_the_set_take_pictures(client: TestClient, desk: KeptData, label: str) -> None:
    answer = client.post(f"/phone/{invite(desk, 'cup')}/pictures", params={"class": label}, content=photo())
    assert answer.status_code == 400
    assert "There is no class" in answer.json()["error"]
    assert counts(desk) == {"cup": 0, "ball": 0}


def test_what_is_no_picture_or_too_large_is_told(client: TestClient, desk: KeptData) -> None:
    address = f"/phone/{invite(desk, 'cup')}/pictures?class=cup"
    assert "not a picture" in client.post(address, content=b"milk, eggs").json()["error"]
    assert "more than 10 MB" in client.post(address, content=bytes(MAX_BYTES + 1)).json()["error"]
    assert counts(desk) == {"cup": 0, "ball": 0}


def test_a_code_opens_its_own_set_until_it_is_over(client: TestClient, desk: KeptData) -> None:
    def refused(code: str) -> bool:
        answers = [client.get(f"/phone/{code}/now"), client.post(f"/phone/{code}/pictures?class=cup", content=photo())]
        return [(one.status_code, one.json().get("error")) for one in answers] == [(410, OVER)] * 2

    other = classes("Another")
    first, secret = invite(desk, "cup"), "/" + invite(other, "cup").split("/")[1]
    assert not refused(f"{other.id}{secret}")
    assert refused(f"{desk.id}{secret}")
    assert refused(f"nothing-1{secret}")
    assert refused(f"{desk.id}/ü")
    second = invite(desk, "cup")
    assert refused(first), "a new code takes the place of the old"
    said = read_json(desk.path / INVITED)
    for until in (said["until"] - invited.VALID_S - 1, said["until"] + 60, "soon", None):
        write_json(desk.path / INVITED, {**said, "until": until})
        assert refused(second)
    third = invite(desk, "cup")
    take_back_invitation(desk)
    assert refused(third)
    with pytest.raises(DataError, match="Give the class a name first"):
        invite(desk, "plug")


def test_on_an_open_page_they_are_the_owners_and_count_as_theirs(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMALLIMG_PUBLIC", "disk_mb=1")
    with asking(ANNA):
        kept = classes("Anna's")
        code = invite(kept, "cup")
    before = used_by(ANNA)
    address = f"/phone/{code}/pictures?class=cup"
    assert client.post(address, content=photo()).status_code == 200
    assert used_by(ANNA) > before
    (kept.path / "cup" / "large.jpg").write_bytes(bytes(1_000_000))
    assert "delete some first" in client.post(address, content=photo(1)).json()["error"]


def test_the_code_can_be_read() -> None:
    svg = code_svg("http://192.168.0.7:7860/gradio_api/phone/classes-1/abcdefghijkl")
    assert svg.startswith("<svg")
    assert "#fff" in svg, "light around it in either theme"


def test_a_page_for_this_machine_only_gets_a_door_for_phones(monkeypatch: pytest.MonkeyPatch, desk: KeptData) -> None:
    monkeypatch.setattr("smallimg.ui.train.phone.door._in_network", lambda: "127.0.0.1")
    door = Door()
    assert door.address("https://me-smallimg.hf.space") == "https://me-smallimg.hf.space"
    assert door.address("http://192.168.0.7:7860") == "http://192.168.0.7:7860"
    for wrong in ("", "javascript:alert(1)", "file:///etc/passwd"):
        with pytest.raises(SmallimgError, match="reload"):
            door.address(wrong)
    address = door.address("http://localhost:7860")
    assert door.address("http://127.0.0.1:7860") == address, "one is enough"
    with urllib.request.urlopen(f"{address}/phone/{invite(desk, 'cup')}/now", timeout=10) as answer:
        assert json.load(answer)["class"] == "cup"
    with pytest.raises(OSError, match="404"):
        urllib.request.urlopen(f"{address}/", timeout=10)
    door.close()
