"""`check` for people, for programs and for CI; its findings are those that the README lists."""

import ast
import json
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import ROOT, run
from PIL import Image

from smallimg.data.formats import WRITE

KEYS = ["form", "classes", "splits", "pictures", "boxes", "masks", "negatives", "can_train", "findings"]
HEADER = "image,xmin,ymin,xmax,ymax,class"


def noise(path: Path, number: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(number).integers(0, 255, (40, 60, 3), np.uint8)
    Image.fromarray(pixels).resize((120, 80), Image.Resampling.BICUBIC).save(path)
    return path


@pytest.fixture
def cups(tmp_path: Path) -> Path:
    """Twelve pictures of each of two classes with boxes, one without an object, and two to test on: sound all of it."""
    root, number = tmp_path / "cups", 0
    for split, count in (("train", 12), ("test", 1)):
        rows = [HEADER]
        for name in ("cup", "hat"):
            for index in range(count):
                number += 1
                rows.append(f"{noise(root / split / f'{name}{index:02}.png', number).name},10,10,60,70,{name}")
        if split == "train":
            rows.append(f"{noise(root / split / 'nothing.png', 99).name},,,,,")
        (root / f"{split}.csv").write_text("\n".join(rows) + "\n")
    return root


def read_json(*arguments: object, code: int = 0) -> dict[str, Any]:
    result = run("check", *arguments, "--json")
    assert result.exit_code == code, result.stdout + result.stderr
    (line,) = result.stdout.splitlines()
    answer = json.loads(line)
    assert list(answer) == KEYS
    for finding in answer["findings"]:
        assert list(finding) == ["id", "severity", "message", "remedy", "count", "pictures"]
    return dict(answer)


def ids(answer: dict[str, Any]) -> dict[str, str]:
    return {finding["id"]: finding["severity"] for finding in answer["findings"]}


def test_the_object_has_it_all(cups: Path) -> None:
    answer = read_json(cups)
    notes = answer.pop("findings")
    assert answer == {
        "form": "csv", "classes": ["cup", "hat"], "splits": {"train": 25, "test": 2}, "pictures": 27, "boxes": 26,
        "masks": 0, "negatives": 1, "can_train": ["detector", "classifier"],
    }  # fmt: skip
    assert {(note["id"], note["severity"]) for note in notes} == {("how-it-was-read", "note")}


def test_a_validation_part_of_its_own_is_a_split(cups: Path) -> None:
    rows = [HEADER, *(f"{noise(cups / 'val' / f'{number}.png', 200 + number).name},1,1,9,9,cup" for number in range(3))]
    (cups / "val.csv").write_text("\n".join(rows) + "\n")
    assert read_json(cups)["splits"] == {"train": 25, "validation": 3, "test": 2}


def test_forms_go_by_the_names_that_convert_writes_them_by(tiny_challenge: Path, tmp_path: Path) -> None:
    for form in WRITE:
        assert run("convert", tiny_challenge, tmp_path / form, "--to", form).exit_code == 0
        expected = {"table": "csv"}.get(form, form)
        assert read_json(tmp_path / form, code=int(form != "masks"))["form"] == expected, "two of a class are few"


def test_a_fault_of_the_data_fails_and_a_doubt_only_when_it_is_asked_for(cups: Path) -> None:
    assert run("check", cups, "--strict").exit_code == 0
    Image.open(cups / "train/cup03.png").convert("RGB").save(cups / "test/again.jpg", quality=90)
    with (cups / "test.csv").open("a") as table:
        table.write("again.jpg,10,10,60,70,cup\n")
    doubtful = read_json(cups)
    assert ids(doubtful)["near-duplicate-between-splits"] == "warning"
    (leak,) = (one for one in doubtful["findings"] if one["id"] == "near-duplicate-between-splits")
    assert (leak["count"], leak["pictures"]) == (1, ["train/cup03.png"])
    assert run("check", cups).exit_code == 0
    assert run("check", cups, "--strict").exit_code == 1
    (cups / "train/hat05.png").write_bytes((cups / "train/hat05.png").read_bytes()[:-400])
    faulty = read_json(cups, code=1)
    assert [one["severity"] for one in faulty["findings"]] == ["error", "warning", "note"], "the most severe first"
    assert faulty["findings"][0]["pictures"] == ["train/hat05.png"]
    assert run("check", cups).exit_code == 1


def test_the_report_says_each_finding_with_its_remedy(cups: Path) -> None:
    with (cups / "train.csv").open("a") as table:
        table.write("cup00.png,10,10,60,71,cup\n")
    result = run("check", cups)
    assert result.exit_code == 0
    assert (
        "1 problem\n- 1 box lies on another of the same class, with an overlap above 0.95 (train/cup00.png): "
        "take one of the two boxes out\n" in result.stdout
    )
    assert "\nhow it was read\n- 1 picture was taken as showing nothing" in result.stdout


def test_the_order_of_severity_is_that_of_the_report(cups: Path) -> None:
    shutil.copy(cups / "train/cup00.png", cups / "train/hat99.png")
    with (cups / "train.csv").open("a") as table:
        table.write("hat99.png,10,10,60,70,hat\nmissing.png,1,1,5,5,hat\n")
    result = run("check", cups)
    assert result.exit_code == 1
    problems = [line for line in result.stdout.splitlines() if line.startswith("- ")]
    assert problems[0] == "- train.csv line 28: there is no picture missing.png"
    assert "is said to show hat, and train/cup00.png, the same picture, cup" in problems[1]


@pytest.mark.parametrize("what", ["nowhere", "empty", "damaged.zip", "lonely"])
def test_data_that_cannot_be_read_is_one_error(what: str, tmp_path: Path) -> None:
    data = tmp_path / what
    if what == "empty":
        data.mkdir()
    elif what == "damaged.zip":
        data.write_bytes(b"PK\x03\x04 and no more")
    elif what == "lonely":
        noise(data / "images/1.png", 1)
        noise(data / "masks/1.png", 1)
    answer = read_json(data, code=1)
    (finding,) = answer["findings"]
    assert (finding["id"], finding["severity"], finding["count"]) == ("unreadable-data", "error", 1)
    assert what in finding["message"]
    assert (answer["form"], answer["splits"], answer["can_train"]) == (None, {}, [])


def test_many_pictures_are_named_up_to_a_hundred(tmp_path: Path) -> None:
    for number in range(120):
        path = tmp_path / "data" / "ab"[number % 2] / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8, 8), (number, 0, 0)).save(path)
    (finding,) = (one for one in read_json(tmp_path / "data")["findings"] if one["id"] == "constant-picture")
    assert (finding["count"], len(finding["pictures"])) == (120, 100)


def test_every_finding_is_in_the_readme_and_none_else() -> None:
    """Ids are the strings with hyphens in what makes findings."""
    files = [*(ROOT / "smallimg/data/checks").glob("*.py"), *(ROOT / "smallimg/study").glob("wrong_labels.py")]
    files += [ROOT / "smallimg/data" / name for name in ("preview.py", "report.py")]
    written = {
        node.value
        for file in files
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if re.fullmatch(r"[a-z]+(-[a-z]+)+|left-out", node.value) and node.value not in ("utf-8",)
    }
    table = re.findall(
        r"^\| `([a-z-]+)` \| (?:error|warning|note)", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE
    )
    assert len(set(table)) == len(table)
    assert set(table) == written
