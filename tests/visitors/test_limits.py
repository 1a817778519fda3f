"""What a visitor may do is asked of the server, whatever the page's fields say."""

import math
import os
import time
from pathlib import Path

import pytest
from PIL import Image

from smallimg.data.by_class import add_class, add_picture, new_set
from smallimg.data.corrections import MASKS, keep_mask
from smallimg.errors import OwnerError, TrainingError
from smallimg.files import write_json
from smallimg.runs.caps import refuse_if_line_is_full
from smallimg.runs.diary import Diary
from smallimg.runs.line import try_lock
from smallimg.runs.retention import delete_all_of, delete_unseen
from smallimg.runs.run import RunConfig, create_run
from smallimg.training.plan import make_plan
from smallimg.visitors.asking import Asker, asking
from smallimg.visitors.limits import Limits, limits_here, public_limits, seconds_for
from smallimg.visitors.owner import OWNER, owned_folders
from smallimg.visitors.room import used_by

ANNA, BEN = Asker(("guest-anna",)), Asker(("guest-ben",))
PICTURE = Path(__file__).parents[2] / "assets" / "examples" / "challenge"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("SMALLIMG_RUNS", "SMALLIMG_DATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SMALLIMG_HOME", str(tmp_path))
    monkeypatch.setenv("SMALLIMG_PUBLIC", "waiting=1, waiting_in_all=2, epochs=100, batch=64, minutes=2, disk_mb=1")
    return tmp_path


@pytest.mark.parametrize("said", ["", "0", "no", "OFF"])
def test_a_page_is_open_only_where_somebody_says_so(said: str) -> None:
    assert public_limits({"SMALLIMG_PUBLIC": said, "SPACE_ID": "somebody/smallimg"}) is None
    assert public_limits({}) is None


def test_a_space_is_open_by_itself() -> None:
    assert public_limits({"SPACE_ID": "somebody/smallimg"}) == public_limits({"SMALLIMG_PUBLIC": "Yes"}) == Limits()
    assert public_limits({"SMALLIMG_PUBLIC": "kept=5, minutes = 30"}) == Limits(kept=5, minutes=30)


@pytest.mark.parametrize("said", ["maybe", "runs=5", "kept=-1", "kept=0", "kept=5;minutes=3", "kept=9999999999"])
def test_a_setting_that_makes_no_sense_is_said(said: str) -> None:
    with pytest.raises(OwnerError, match="SMALLIMG_PUBLIC is “"):
        public_limits({"SMALLIMG_PUBLIC": said})


def test_the_machine_has_no_limits() -> None:
    assert limits_here() is None
    make_plan("fast", ["classifier"], 5_000, {})


@pytest.mark.parametrize("asked", [999_999_999, 101])
def test_too_many_epochs_are_refused(asked: int) -> None:
    with asking(ANNA), pytest.raises(TrainingError, match="Training takes 100 epochs at most here"):
        make_plan("fast", ["classifier"], asked, {})
    with asking(ANNA), pytest.raises(TrainingError, match="Training takes 64 pictures at most in a batch here"):
        make_plan("fast", ["classifier"], 3, {"classifier": {"batch_size": asked}})


def test_nobody_trains_for_ever() -> None:
    for settings in ({"epochs": 999_999_999}, {"batch_size": 999_999_999}):
        with pytest.raises(TrainingError, match="at most"):
            make_plan("fast", ["classifier"], None, {"classifier": settings})


def under_way(base: Path, name: str, owner: str) -> int:
    """Somebody's run whose worker lives: the descriptor that holds its lock."""
    path = base / name
    path.mkdir(parents=True)
    (path / OWNER).write_text(owner)
    write_json(path / "status.json", {"status": "running"})
    descriptor = os.open(path / "lock", os.O_WRONLY | os.O_CREAT)
    assert try_lock(descriptor)
    return descriptor


def test_only_so_many_are_under_way(home: Path) -> None:
    locks = [under_way(home / "runs", "first", "guest-anna")]
    with asking(ANNA), pytest.raises(OwnerError, match="You have one thing under way or waiting here"):
        refuse_if_line_is_full(home / "runs")
    with asking(BEN):
        refuse_if_line_is_full(home / "runs")
    locks.append(under_way(home / "runs", "second", "guest-carl"))
    with asking(BEN):
        kept = new_set("cups")
        with pytest.raises(OwnerError, match="2 are under way or waiting here"):
            create_run(RunConfig("his", str(kept.path)))
    refuse_if_line_is_full(home / "runs")
    assert len([*(home / "runs").iterdir()]) == 2  # what was refused left nothing
    for lock in locks:
        os.close(lock)
    with asking(BEN):
        refuse_if_line_is_full(home / "runs")


def test_a_visitors_run_works_for_so_long_at_a_time(home: Path) -> None:
    with asking(ANNA):
        kept = new_set("cups")
        run = create_run(RunConfig("hers", str(kept.path)))
    assert seconds_for(run.path) == 120
    diary = Diary(run)
    diary.status["status"] = "running"
    assert not diary.should_stop()
    diary.started -= 121
    assert diary.should_stop()
    diary.status["status"] = "waiting"
    assert not diary.should_stop()
    assert seconds_for(create_run(RunConfig("the machine's", str(kept.path))).path) == math.inf


def test_a_visitor_has_so_much_room(home: Path) -> None:
    picture = next(PICTURE.glob("*.jpg"))
    content = picture.read_bytes()
    with asking(ANNA):
        kept = new_set("cups")
        add_class(kept.path, "cup")
        while used_by(ANNA) + len(content) <= 1_000_000:
            add_picture(kept.path, "cup", content, name=picture.name)
        with pytest.raises(OwnerError, match="There is no room left for this picture"):
            add_picture(kept.path, "cup", content, name=picture.name)
        noise = Image.effect_noise((400, 400), 90)
        with pytest.raises(OwnerError, match="There is no room left for this mask"):
            keep_mask(kept.path, noise)
        assert not (kept.path / MASKS).exists()


def test_what_nobody_comes_back_for_is_deleted(home: Path) -> None:
    with asking(ANNA):
        hers = new_set("cups").path
    with asking(BEN):
        his = new_set("balls").path
    own = new_set("the machine's").path
    old = time.time() - 8 * 24 * 3600
    os.utime(hers / OWNER, (old, old))
    assert delete_unseen(7) == 1
    assert (hers.exists(), his.exists(), own.exists()) == (False, True, True)


def test_all_of_a_visitors_things_are_deleted_and_no_others(home: Path) -> None:
    with asking(ANNA):
        hers = new_set("cups").path
        run = create_run(RunConfig("hers", str(hers)))
    with asking(BEN):
        his = new_set("balls").path
    lock = under_way(home / "runs", "working", "guest-anna")
    assert delete_all_of(ANNA, patience_s=0.1) == 1
    assert (hers.exists(), run.path.exists(), his.exists()) == (False, False, True)
    assert (home / "runs" / "working" / "stop").exists()
    os.close(lock)
    assert delete_all_of(ANNA) == 0
    assert [*owned_folders(ANNA)] == []
