"""A picture put right where it is seen, in sets of any form, and found again wherever it lies since."""

from pathlib import Path

import pytest
from made_data import save, write_table

from smallimg.data.by_class import OUT, add_picture, delete_class, move_pictures, new_set, open_set, rename_class
from smallimg.data.corrections import Correction, correct, read_corrections
from smallimg.data.formats import read_dataset
from smallimg.data.put_right import Standings, changed_since, put_right, take_out
from smallimg.errors import DataError


@pytest.fixture(autouse=True)
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SMALLIMG_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("SMALLIMG_RUNS", str(tmp_path / "runs"))
    return tmp_path / "data"


@pytest.fixture
def built(data: Path) -> Path:
    """A set that the page may change: two cats and two dogs of the same names."""
    for name in ("cat/0.png", "cat/1.png", "dog/0.png", "dog/1.png"):
        save(data / "pets-1" / name)
    return open_set("pets-1").path


@pytest.fixture
def table(data: Path) -> Path:
    """Pictures with a box each, in a table."""
    write_table(data / "table-1", "0.jpg,0,0,5,5,cat", "1.jpg,0,0,5,5,cat", "2.jpg,0,0,5,5,dog")
    return data / "table-1"


def labels(root: Path) -> dict[str, str]:
    """What each picture is learned as, by its file's name."""
    dataset = read_dataset(root)
    return {one.path.name: dataset.class_names[one.label] for one in dataset.samples if one.label is not None}


def test_of_folders_the_picture_moves_and_is_found_by_its_old_name(built: Path) -> None:
    put_right(built, "cat/1.png", "dog")
    since = Standings(built).of("cat/1.png")
    assert (since.class_name, since.is_out, since.path.parent.name) == ("dog", False, "dog")
    assert since.path.name == "00002.png", "there is a dog/1.png already"
    assert sorted(path.name for path in (built / "cat").glob("*.png")) == ["0.png"]
    take_out(built, "cat/1.png")
    assert Standings(built).of("cat/1.png").is_out
    put_right(built, "cat/1.png", "cat")
    assert Standings(built).of("cat/1.png").class_name == "cat"
    assert {len(list((built / name).glob("*.png"))) for name in ("cat", "dog")} == {2}


def test_no_other_picture_gets_a_name_that_one_had(built: Path) -> None:
    """Else what a run said of the first would be shown beside the second."""
    put_right(built, "cat/0.png", "dog")
    assert move_pictures(built, ["dog/0.png"], "cat") != ["cat/0.png"]
    first = Standings(built).of("cat/0.png").path
    assert first.parent.name == "dog"
    assert Standings(built).of("dog/0.png").path.parent.name == "cat"
    rename_class(built, "dog", "wolf")
    assert Standings(built).of("cat/0.png").path == built / "wolf" / first.name
    [out, *_] = delete_class(built, "wolf")
    (built / out).unlink()
    numbers = {add_picture(built, "cat", (built / "cat" / "1.png").read_bytes(), name="x.png") for _ in range(3)}
    assert Path(out).name not in numbers
    assert OUT in out


def test_in_any_other_form_the_files_stay_and_what_is_read_changes(table: Path) -> None:
    before = {path.name: path.read_bytes() for path in table.rglob("*") if path.is_file()}
    put_right(table, "train/1.jpg", "dog")
    take_out(table, "train/0.jpg")
    assert labels(table) == {"1.jpg": "dog", "2.jpg": "dog"}
    standings = Standings(table)
    assert standings.of("train/1.jpg").class_name == "dog"
    assert standings.of("train/0.jpg").is_out
    assert standings.of("train/2.jpg").class_name is None
    assert {name: content for name, content in before.items() if (table / "train" / name).is_file()} == {
        path.name: path.read_bytes() for path in (table / "train").iterdir()
    }
    # Taken back, it is as it was.
    put_right(table, "train/1.jpg", "cat")
    put_right(table, "train/0.jpg", None)
    assert labels(table) == {"0.jpg": "cat", "1.jpg": "cat", "2.jpg": "dog"}
    assert list(read_corrections(table)) == ["train/1.jpg"], "what only counts again has nothing said of it"
    assert not (table / "left-out.txt").exists()


def test_boxes_that_were_drawn_stay_and_take_the_class_of_the_picture(table: Path) -> None:
    import numpy as np

    correct(table, {"train/1.jpg": Correction(boxes=np.array([[1, 1, 4, 4]], np.float32), names=("cat",))})
    put_right(table, "train/1.jpg", "dog")
    assert labels(table)["1.jpg"] == "dog"
    [sample] = [one for one in read_dataset(table).samples if one.path.name == "1.jpg"]
    assert sample.boxes.tolist() == [[1, 1, 4, 4]]


def test_whether_a_set_changed_is_told_of_every_kind_of_change(built: Path, table: Path) -> None:
    for root, act in (
        (table, lambda: put_right(table, "train/1.jpg", "dog")),
        (built, lambda: put_right(built, "cat/1.png", "dog")),
    ):
        assert not changed_since(root, 4e9)
        act()
        assert changed_since(root, 1e9)
    assert not changed_since(new_set("empty").path, 4e9)


@pytest.mark.parametrize("picture", ["", "..", "../x.png", "/etc/passwd", "cat", "cat/9.png", "cat/../../x.png"])
def test_a_name_leads_nowhere_else(built: Path, table: Path, picture: str, data: Path) -> None:
    save(data / "x.png")
    for root in (built, table):
        for act in (lambda root=root: put_right(root, picture, "dog"), lambda root=root: take_out(root, picture)):
            with pytest.raises(DataError, match="is not in this set any more"):
                act()
    with pytest.raises(DataError, match="There is no class"):
        put_right(built, "cat/0.png", "../../etc")
    with pytest.raises(DataError, match="choose a class"):
        put_right(built, "cat/0.png", None)
