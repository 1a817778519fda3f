"""A visitor's things are theirs: for another they are not there, and answer exactly like what never was."""

import json
import os
import re
import time
from pathlib import Path
from typing import Any

import pytest

from smallimg.bundles.bundle import find_bundle
from smallimg.data.by_class import new_set
from smallimg.data.kept import delete_data, find_data, list_data, rename_data
from smallimg.data.sources import draw_sample, keep_upload
from smallimg.errors import BundleError, DataError, OwnerError, RunError, SmallimgError
from smallimg.files import write_json
from smallimg.runs.evaluation import EVALUATIONS, EvaluationConfig
from smallimg.runs.jobs import Kind
from smallimg.runs.mapping import MAPS
from smallimg.runs.run import RunConfig, adopt_run, create_run, delete_run, list_runs, read_run, rename_run
from smallimg.runs.study import STUDIES
from smallimg.visitors.asking import NOBODY, Asker, asking
from smallimg.visitors.owner import keep_longer, owned_folders, owner_of, unseen_s
from smallimg.visitors.room import used_by

ANNA, BEN = Asker(("guest-anna",)), Asker(("guest-ben",))
DATA_GONE = "There is no data set"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("SMALLIMG_RUNS", "SMALLIMG_DATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SMALLIMG_HOME", str(tmp_path))
    monkeypatch.setenv("SMALLIMG_PUBLIC", "kept=3")
    return tmp_path


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """What can be found as a bundle; nobody reads it."""
    (tmp_path / "elsewhere").mkdir()
    write_json(tmp_path / "elsewhere" / "bundle.json", {})
    return tmp_path / "elsewhere"


def refusal(function: object, *arguments: object) -> str:
    """The sentence, with the id that was asked for left out."""
    with pytest.raises(SmallimgError) as caught:
        function(*arguments)  # type: ignore[operator]
    return str(caught.value).replace(str(arguments[0]), "…")


def test_a_run_is_there_for_its_owner_and_the_machine_alone(bundle: Path) -> None:
    files = {"bundle.json": bundle / "bundle.json"}
    with asking(ANNA):
        run = adopt_run(RunConfig("Anna's secret", ""), files)
        assert [one.id for one in list_runs()] == [run.id]
    with asking(BEN):
        assert list_runs() == []
        for act in (read_run, delete_run, lambda run_id: rename_run(run_id, "mine now")):
            assert refusal(act, run.id) == refusal(act, "never-0101-000000")
        assert refusal(find_bundle, str(run.path)) == refusal(find_bundle, str(run.path.with_name("never")))
        assert find_bundle("everyday").name == "everyday"
        with pytest.raises(BundleError):
            find_bundle(f"../{run.path.relative_to(run.path.parents[1])}")
    assert read_run(run.id).config.name == "Anna's secret"
    assert find_bundle(run.path) == run.path


def test_what_lies_on_the_machine_is_no_visitors(tmp_path: Path, bundle: Path) -> None:
    with asking(ANNA), pytest.raises(BundleError):
        find_bundle(bundle)
    (tmp_path / "data" / "host").mkdir(parents=True)
    with asking(ANNA):
        assert list_data() == []
        with pytest.raises(DataError, match=DATA_GONE):
            find_data("host")
        with pytest.raises(RunError, match=DATA_GONE):
            create_run(RunConfig("sly", str(tmp_path / "data" / "host")))
        with pytest.raises(RunError, match="Choose the pictures first"):
            EVALUATIONS.create(EvaluationConfig("everyday", str(tmp_path / "data" / "host")))
    assert find_data("host").id == "host"


def test_a_set_is_there_for_its_owner_alone() -> None:
    with asking(ANNA):
        kept = new_set("Anna's cups")
    with asking(BEN):
        assert list_data() == []
        for act in (find_data, delete_data, lambda data_id: rename_data(data_id, "mine now")):
            assert refusal(act, kept.id) == refusal(act, "never")
        assert new_set("Anna's cups").name == "Anna's cups"  # no number tells him that there is another
    assert {owner_of(data.path) for data in list_data()} == {"guest-anna", "guest-ben"}


@pytest.mark.parametrize("kind", [EVALUATIONS, STUDIES, MAPS], ids=lambda kind: kind.what)
def test_a_job_is_there_for_its_owner_alone(kind: Kind[Any]) -> None:
    with asking(ANNA):
        data = new_set("cups")
        one = kind.create(kind.config("everyday", str(data.path)))
        assert [kept.id for kept in kind.all()] == [one.id]
    with asking(BEN):
        assert kind.all() == []
        for act in (kind.read, kind.start, kind.stop, kind.delete):
            assert refusal(act, one.id) == refusal(act, "never")


def test_a_visitor_with_an_account_finds_what_they_made_as_a_guest() -> None:
    with asking(ANNA):
        kept = new_set("cups")
    with asking(Asker(("hub-7", *ANNA.ids))):
        assert find_data(kept.id).id == kept.id
        assert owner_of(new_set("balls").path) == "hub-7"


def test_without_a_cookie_nothing_is_kept(tmp_path: Path) -> None:
    with asking(NOBODY):
        for make in (lambda: new_set("cups"), lambda: draw_sample(train=4, test=2)):
            with pytest.raises(OwnerError, match="allow cookies"):
                make()
    assert not [*tmp_path.rglob("*.jpg")]


def test_each_has_a_copy_of_the_sample_that_takes_no_room(home: Path) -> None:
    with asking(ANNA):
        hers = draw_sample(train=4, test=2)
        assert draw_sample(train=4, test=2) == hers
        assert used_by(ANNA) < 10_000 < sum(path.stat().st_size for path in hers.rglob("*.jpg"))
        find_data(hers.name)
    with asking(BEN):
        his = draw_sample(train=4, test=2)
        delete_data(his.name)
        with pytest.raises(DataError, match=DATA_GONE):
            find_data(hers.name)
    assert len([*hers.rglob("*.jpg")]) == 6
    assert draw_sample(train=4, test=2) == home / "data" / "challenge-4-2"


def test_uploads_are_the_visitors(tiny_challenge: Path) -> None:
    pictures = sorted((tiny_challenge / "train").glob("*.jpg"))[:4]
    places = [f"{place % 2}s/{place}.jpg" for place in range(4)]
    with asking(ANNA):
        path = keep_upload(pictures, name="mine", relative=places)
    assert owner_of(path) == "guest-anna"
    with asking(BEN), pytest.raises(DataError):
        find_data(path.name)


def test_only_so_many_are_kept() -> None:
    with asking(ANNA):
        for number in range(3):
            new_set(str(number))
        with pytest.raises(OwnerError, match="Each visitor can keep 3"):
            new_set("4")
    with asking(BEN):
        new_set("his")
    new_set("the machine's")


def test_being_here_keeps_ones_things(home: Path) -> None:
    with asking(ANNA):
        path = new_set("cups").path
    (mark,) = (folder / ".owner" for folder in owned_folders())
    old = time.time() - 1e6
    os.utime(mark, (old, old))
    keep_longer(BEN)
    assert unseen_s(path) > 9e5
    keep_longer(ANNA)
    assert unseen_s(path) < 60


def test_a_damaged_mark_is_nobodys(home: Path) -> None:
    with asking(ANNA):
        path = new_set("cups").path
        (path / ".owner").write_bytes(b"\xff\xfe")
        assert list_data() == []
    assert [data.path for data in list_data()] == [path]


def test_ids_are_asked_of_the_folder_and_not_of_the_words(home: Path) -> None:
    """An owner who is written into other files owns nothing by it."""
    with asking(ANNA):
        path = new_set("cups").path
    write_json(path / "owner.json", {"owner": "guest-ben"})
    (path / ".about.json").write_text(json.dumps({"owner": "guest-ben", "name": "x"}))
    with asking(BEN):
        assert list_data() == []
    assert re.fullmatch(r"guest-anna", str(owner_of(path)))
