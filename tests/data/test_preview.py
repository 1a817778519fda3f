"""A look at data before training: it counts, it names all that is wrong, and says what can be learned."""

import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from command_line import run
from made_data import several_classes
from PIL import Image, ImageColor

from smallimg.data.dataset import Dataset, split_train_validation
from smallimg.data.formats import WRITE, coco, read_dataset
from smallimg.data.preview import BOX_COLOUR, contact_sheet, read_preview, report_text, unreadable
from smallimg.errors import DataError

HEADER = "image,xmin,ymin,xmax,ymax,class"


def save(path: Path, number: int, size_wh: tuple[int, int] = (40, 20)) -> Path:
    """A picture like no other of another number; noise, so that cutting its end off cuts pixels off."""
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(number).integers(0, 255, (size_wh[1], size_wh[0], 3), np.uint8)
    Image.fromarray(noise).save(path)
    return path


def draw_mask(path: Path) -> None:
    """An object in the left half of a picture."""
    path.parent.mkdir(parents=True, exist_ok=True)
    mask = Image.new("L", (40, 20))
    mask.paste(255, (0, 0, 20, 20))
    mask.save(path)


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-200])


@pytest.fixture
def pets(tmp_path: Path) -> Path:
    """Twelve cats and ten dogs to learn from, two of each to test on: sound all of it."""
    root = tmp_path / "pets"
    places = [f"train/cat/{index:02}.png" for index in range(12)] + [f"train/dog/{index:02}.png" for index in range(10)]
    places += [f"test/{name}/{index}.png" for name in ("cat", "dog") for index in range(2)]
    for number, place in enumerate(places):
        save(root / place, number)
    return root


def test_sound_data_is_counted(pets: Path) -> None:
    told: list[tuple[int, int]] = []
    preview = read_preview(pets, progress=lambda done, of: told.append((done, of)))
    assert (preview.n, preview.problems, preview.sizes) == (22, (), "40 × 20 px each")
    assert (preview.training, preview.validation) == ({"cat": 10, "dog": 8}, {"cat": 2, "dog": 2})
    assert preview.test == {"cat": 2, "dog": 2}
    assert (preview.has_boxes, preview.has_masks, preview.can_train) == (False, False, ("classifier",))
    assert told[-1] == (22, 22)


def test_the_split_is_the_one_of_training(pets: Path) -> None:
    save(pets / "train/dog/10.png", 100)
    parts = split_train_validation(read_dataset(pets), seed=3)
    preview = read_preview(pets, seed=3)
    for part, counts in zip(parts, (preview.training, preview.validation), strict=True):
        assert counts == Counter(sample.path.parent.name for sample in part.samples)


def test_a_zip_is_read_like_its_folder(pets: Path) -> None:
    archive = Path(shutil.make_archive(str(pets), "zip", pets.parent, "pets"))
    preview = read_preview(archive)
    assert (preview.n, preview.test, preview.problems) == (22, {"cat": 2, "dog": 2}, ())


def test_the_sample_challenge_can_train_everything(tiny_challenge: Path) -> None:
    preview = read_preview(tiny_challenge)
    assert (preview.has_boxes, preview.has_masks) == (True, True)
    assert preview.can_train == ("remover", "detector", "classifier")
    (few,) = preview.findings
    assert (few.id, few.severity, few.count) == ("few-pictures", "warning", 16)
    assert all(f"{name} 2" in few.message for name in preview.training)
    assert preview.problems == (f"{few.message}: expect little of them",)


@pytest.mark.parametrize("test_masks", [True, False])
def test_boxes_can_come_from_masks(test_masks: bool, tmp_path: Path) -> None:
    for index in range(10):
        save(tmp_path / f"images/{index}.png", index)
        draw_mask(tmp_path / f"masks/{index}.png")
    if not test_masks:
        (tmp_path / "masks/0.png").unlink()
    preview = read_preview(tmp_path)
    assert preview.can_train == ("remover", "detector")
    few = () if test_masks else ("0.png: its mask is missing", "the data has only 9 pictures: expect little of it")
    assert preview.problems == few
    assert sum([*preview.training.values(), *preview.validation.values()]) == preview.n == 9 + test_masks
    assert preview.test == {}


def test_a_test_split_in_a_tools_form_and_pictures_of_several_classes(tmp_path: Path) -> None:
    for split in ("train", "test"):
        coco.write(several_classes(tmp_path, split=split), tmp_path / "out")
    preview = read_preview(tmp_path / "out")
    assert (preview.n, preview.has_boxes, preview.can_train) == (4, True, ("remover", "detector", "classifier"))
    assert preview.test == {"cup": 2, "ball": 2}
    assert Counter(preview.training) + Counter(preview.validation) == {"cup": 2, "ball": 2}
    # These pictures are drawn in one grey each, and only the brightness tells one from another.
    assert {finding.id for finding in preview.findings} == {"few-pictures", "constant-picture"}


def test_sizes_in_words(pets: Path) -> None:
    save(pets / "train/cat/12.png", 100, (10, 30))
    save(pets / "train/cat/13.png", 101, (7, 200))
    assert read_preview(pets).sizes == "longer side 30 to 200 px, half of them up to 40 px"


def test_everything_wrong_is_named(pets: Path) -> None:
    train, test = pets / "train", pets / "test"
    cut_short(train / "cat/03.png")
    (train / "dog/09.png").write_text("not a picture")
    save(train / "fox/00.png", 100)
    shutil.copy(train / "cat/00.png", train / "cat/twin.png")
    shutil.copy(train / "cat/01.png", test / "cat/known.png")
    shutil.copy(test / "dog/0.png", test / "dog/twin.png")
    cut_short(test / "dog/1.png")
    save(test / "fox/0.png", 101)
    preview = read_preview(pets)
    assert preview.problems == (
        "the class fox has a single picture and is left out: two are the least, better twenty",
        "dog/: 09.png is not a picture smallimg can read: use JPEG, PNG, WebP, GIF, BMP, TIFF, AVIF or HEIC.",
        "train/cat/03.png is a damaged or incomplete PNG picture: export it again.",
        "test/dog/1.png is a damaged or incomplete PNG picture: export it again.",
        "test/cat/known.png in the test split is the same picture as train/cat/01.png, which is learned from: "
        "take one of them out, or the test is easier than it should be",
        "train/cat/twin.png is the same picture as train/cat/00.png; "
        "test/dog/twin.png is the same picture as test/dog/0.png: take one of them out",
        "the class dog has only 9 pictures: expect little of it",
        "the class fox is in the test split, and there is nothing to learn it from: "
        "add pictures to learn from, or take these out of the test",
    )
    assert preview.n == 12 + 9
    assert preview.dataset.class_names == ("cat", "dog")


def test_a_picture_in_both_tables_is_named(tmp_path: Path) -> None:
    """The two splits may share their folder; then it is one file, not two of the same bytes."""
    for index in range(4):
        save(tmp_path / f"images/{index}.png", index)
    for split, pictures in (("train", (0, 1, 2)), ("test", (2, 3))):
        rows = [f"{index}.png,0,0,9,9,cup" for index in pictures]
        (tmp_path / f"{split}.csv").write_text("\n".join([HEADER, *rows]) + "\n")
    assert any(problem.startswith("images/2.png in the test split is") for problem in read_preview(tmp_path).problems)


def test_a_test_split_that_cannot_be_used_is_named(pets: Path) -> None:
    (pets / "test.csv").write_text(f"{HEADER}\n9.png,0,0,5,5,cup\n8.png,0,0,5,5,cup\n")
    preview = read_preview(pets)
    (problem,) = preview.problems
    assert problem.startswith("the test split cannot be used: ")
    assert "What is wrong: test.csv line 2: there is no picture 9.png; test.csv line 3: " in problem
    assert preview.test == {}


def test_unreadable_pictures_are_only_the_new_finds(pets: Path) -> None:
    (pets / "train/dog/09.png").write_text("not a picture")  # told by the header already
    cut_short(pets / "train/dog/08.png")
    assert unreadable(read_dataset(pets)) == (
        "train/dog/08.png is a damaged or incomplete PNG picture: export it again.",
    )


def test_nothing_usable_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="found an empty folder"):
        read_preview(tmp_path)


# --- the sheet ----------------------------------------------------------------------------------------------------


def coloured(root: Path, counts: dict[str, int]) -> Dataset:
    """Pictures as wide as two squares, of their class's own colour, with a box around the right half."""
    rows = [HEADER]
    for colour, count in counts.items():
        for index in range(count):
            path = root / "train" / f"{colour}{index:02}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (80, 40), colour).save(path)
            rows.append(f"{path.name},40,0,80,40,{colour}")
    (root / "train.csv").write_text("\n".join(rows) + "\n")
    return read_dataset(root)


def test_the_sheet_shows_every_class_evenly(tmp_path: Path) -> None:
    dataset = coloured(tmp_path, {"red": 20, "lime": 3, "blue": 20})
    sheet = contact_sheet(dataset, count=12, side=40)
    assert [one.class_name for one in sheet] == ["blue"] * 5 + ["lime"] * 3 + ["red"] * 4
    for one in sheet:
        assert one.picture.size == (40, 20)
        assert one.picture.getpixel((10, 10)) == ImageColor.getrgb(str(one.class_name))
        assert one.name.startswith(str(one.class_name))
    assert len({one.name for one in sheet}) == 12


def test_the_sheet_draws_boxes_where_they_are(tmp_path: Path) -> None:
    (one,) = contact_sheet(coloured(tmp_path, {"white": 1}), side=100)
    rows, columns = np.nonzero((np.asarray(one.picture) == ImageColor.getrgb(BOX_COLOUR)).all(-1))
    assert (columns.min(), columns.max(), rows.min(), rows.max()) == (50, 99, 0, 49), "all four sides of it"


def test_the_sheet_passes_over_what_does_not_open(tmp_path: Path) -> None:
    dataset = coloured(tmp_path, {"red": 3, "blue": 2})
    for sample in dataset.samples[:2]:
        sample.path.write_bytes(sample.path.read_bytes()[:60])
    assert [one.class_name for one in contact_sheet(dataset, count=3, side=40)] == ["blue", "blue", "red"]
    for sample in dataset.samples:
        sample.path.unlink()
    assert contact_sheet(dataset, side=40) == ()


def test_pictures_without_a_class_have_no_caption(tmp_path: Path) -> None:
    save(tmp_path / "images" / "a.png", 1)
    save(tmp_path / "masks" / "a.png", 1)
    assert [one.class_name for one in contact_sheet(read_dataset(tmp_path))] == [None]


def test_the_seed_chooses_the_pictures(pets: Path) -> None:
    dataset = read_dataset(pets)
    first, again, other = ([one.name for one in contact_sheet(dataset, count=4, seed=seed)] for seed in (0, 0, 1))
    assert first == again != other


# --- the report, and the verb that prints it ----------------------------------------------------------------------


REPORT = """\
pets: 23 pictures to learn from, 40 × 20 px each, without boxes or masks
can train: classifier

class  training  validation   test
cat          10           3      2
dog           8           2      2

1 problem
- train/cat/twin.png is the same picture as train/cat/00.png: take one of them out
"""


def test_the_report_has_it_all(pets: Path) -> None:
    shutil.copy(pets / "train/cat/00.png", pets / "train/cat/twin.png")
    assert report_text(read_preview(pets)) == REPORT


def test_check_prints_the_report_and_tells_by_its_exit_code(pets: Path) -> None:
    sound = run("check", pets)
    assert (sound.exit_code, sound.stdout.splitlines()[-1]) == (0, "no problems")
    shutil.copy(pets / "train/cat/00.png", pets / "train/cat/twin.png")
    faulty = run("check", pets)
    assert (faulty.exit_code, faulty.stdout) == (1, REPORT)


def test_check_reads_another_split(pets: Path) -> None:
    (pets / "train").rename(pets / "val")
    missing = run("check", pets)
    assert (missing.exit_code, missing.stdout) == (1, "")
    assert "no data smallimg knows for 'train'" in missing.stderr
    found = run("check", pets, "--split", "val")
    assert (found.exit_code, found.stdout.splitlines()[0].split(",")[0]) == (0, "pets: 22 pictures to learn from")


# --- what nobody may overlook ------------------------------------------------------------------------------------


def test_nothing_to_train_is_a_problem(tmp_path: Path) -> None:
    for index in range(12):
        save(tmp_path / f"data/cat/{index}.png", index)
    preview = read_preview(tmp_path / "data", split="train")
    assert preview.can_train == ()
    (problem,) = preview.problems
    assert problem.startswith("nothing can be trained on this")
    assert "is one class (cat) alone" in problem


def test_a_given_validation_part_is_the_one_that_is_counted(pets: Path) -> None:
    for number, name in enumerate(("cat", "dog", "dog")):
        save(pets / "valid" / name / f"{number}.png", 200 + number)
    preview = read_preview(pets)
    assert (preview.training, preview.validation) == ({"cat": 12, "dog": 10}, {"cat": 1, "dog": 2})
    assert preview.notes == ("3 pictures of the data's own validation part are kept aside, and no others",)
    assert report_text(preview).endswith("how it was read\n- " + preview.notes[0] + "\n")


def test_an_unlabelled_test_set_is_no_problem(pets: Path) -> None:
    shutil.rmtree(pets / "test")
    for number in range(3):
        save(pets / "test" / f"{number}.png", 300 + number)
    preview = read_preview(pets)
    assert (preview.problems, preview.test) == ((), {})
    assert "3 pictures of which nothing is known" in preview.notes[0]


@pytest.mark.parametrize("how", ["the same file", "saved again"])
def test_an_unlabelled_test_set_is_searched_for_what_was_learned(how: str, pets: Path) -> None:
    shutil.rmtree(pets / "test")
    (pets / "test").mkdir()
    learned = save(pets / "train/cat/00.png", 7, (64, 48))
    if how == "the same file":
        shutil.copyfile(learned, pets / "test/x.png")
    else:
        Image.open(learned).resize((128, 96), Image.Resampling.BICUBIC).save(pets / "test/x.png")
    save(pets / "test/other.png", 301)
    (finding,) = (one for one in read_preview(pets).findings if one.severity == "warning")
    assert finding.id == ("duplicate-between-splits" if how == "the same file" else "near-duplicate-between-splits")
    assert finding.message.startswith("test/x.png in the test split is ")
    assert finding.pictures == (learned,)


@pytest.mark.parametrize("form", ["yolo", "coco", "voc"])
def test_so_is_one_beside_the_labels_of_a_tool(form: str, tmp_path: Path) -> None:
    root = tmp_path / "data"
    WRITE[form](several_classes(tmp_path), root)
    learned = next(path for path in root.rglob("*both.jpg"))
    bare = root / ("images/test" if form == "yolo" else "test")
    bare.mkdir(parents=True)
    shutil.copyfile(learned, bare / "again.jpg")
    preview = read_preview(root)
    assert [one.pictures for one in preview.findings if one.id == "duplicate-between-splits"] == [(learned,)]
    assert "the test split has 1 picture of which nothing is known: `evaluate` predicts them" in preview.notes


def test_a_zips_report_names_the_zip(tmp_path: Path) -> None:
    save(tmp_path / "in/cat/a.png", 1)
    save(tmp_path / "in/cat/b.png", 1)
    save(tmp_path / "in/dog/c.png", 1)
    save(tmp_path / "in/labels/d.png", 1)
    archive = Path(shutil.make_archive(str(tmp_path / "pets"), "zip", tmp_path / "in"))
    with pytest.raises(DataError) as caught:
        read_preview(archive)
    assert str(caught.value).startswith("pets.zip has labels/ beside")
    assert "smallimg-" not in str(caught.value)
    (tmp_path / "in/labels/d.png").unlink()
    sound = Path(shutil.make_archive(str(tmp_path / "sound"), "zip", tmp_path / "in"))
    assert report_text(read_preview(sound)).startswith("sound: 2 pictures")
