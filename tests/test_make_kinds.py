"""What `checkpoints/making/kinds.py` makes of photos as `checkpoints.make_everyday` is given them."""

import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from checkpoints.making.data import Work
from checkpoints.making.kind_classifier import grouped
from checkpoints.making.kinds import (
    FROM_CIFAR,
    SIDE,
    Kinds,
    people,
    photos_of_kinds,
    read_kinds,
    strangers,
    with_worse_copies,
)
from smallimg.training.tensors import Tensors

CLASSES = ["tabby", "Egyptian cat", "pizza", "reel", "abacus", "lifeboat"]
ROWS = """class,kind,group
tabby,cat,animal
Egyptian cat,cat,animal
pizza,pizza,food
reel,,
abacus,,
lifeboat,boat,vehicle
"""


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Work:
    folder = tmp_path_factory.mktemp("photos")
    random = np.random.default_rng(0)

    def noise(path: Path, width: int, height: int) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(random.integers(0, 256, (height, width, 3), dtype=np.uint8)).save(path)

    (folder / "kinds").mkdir()
    (folder / "kinds" / "kinds.csv").write_text(ROWS)
    (folder / "kinds" / "classes.txt").write_text("\n".join(CLASSES) + "\n")
    for split, count in (("train", 8), ("val", 2)):
        lines = ["image,xmin,ymin,xmax,ymax,class"]
        for label in range(len(CLASSES)):
            for index in range(count):
                noise(folder / "kinds" / split / f"{label}_{index}.png", 64, 64)
                lines.append(f"{label}_{index}.png,8,8,40,56,{label}")
        (folder / "kinds" / f"{split}.csv").write_text("\n".join(lines) + "\n")
    for name in FROM_CIFAR:
        for index in range(2):
            noise(folder / "cifar10" / "train" / name / f"{index}.png", 32, 32)
    for index in range(10):
        noise(folder / "saliency" / "images" / f"person_{index:04d}.png", 120, 200)
        mask = np.zeros((200, 120), np.uint8)
        mask[20:190, 40:90] = 255
        (folder / "saliency" / "masks").mkdir(exist_ok=True)
        Image.fromarray(mask).save(folder / "saliency" / "masks" / f"person_{index:04d}.png")
    for name in ("cifar10", "saliency"):
        with zipfile.ZipFile(folder / f"{name}.zip", "w") as archive:
            for path in sorted((folder / name).rglob("*.png")):
                archive.write(path, path.relative_to(folder / name))
    return Work(folder, folder / "state", lambda _: None)


@pytest.fixture(scope="module")
def kinds(work: Work) -> Kinds:
    return read_kinds(work.folder)


def test_kinds_come_from_the_table_from_cifar_and_are_people(kinds: Kinds) -> None:
    assert kinds.names == tuple(
        sorted({"cat", "pizza", "boat", "person"} | {kind for kind, _, _ in FROM_CIFAR.values()})
    )
    assert kinds.groups["animal"] == ("bird", "cat", "deer", "dog", "frog", "horse")
    assert kinds.groups["person"] == ("person",)
    assert sorted(name for some in kinds.groups.values() for name in some) == sorted(kinds.names)
    assert kinds.of["tabby"] == kinds.of["Egyptian cat"] == "cat"
    assert kinds.strangers == (("reel",), ("abacus",))


def test_what_is_learned_from_and_what_is_kept_aside_share_no_photo(work: Work, kinds: Kinds) -> None:
    learn, aside = photos_of_kinds(work, kinds)
    assert learn.side == aside.side == SIDE
    count = {name: int((learn.labels == number).sum()) for number, name in enumerate(kinds.names)}
    kept = {name: int((aside.labels == number).sum()) for number, name in enumerate(kinds.names)}
    assert count["cat"] + kept["cat"] == 18  # two classes of eight, and CIFAR-10's two
    assert count["boat"] + kept["boat"] == 10
    assert count["airplane"] + kept["airplane"] == 2
    assert (count["person"], kept["person"]) == (24, 3)  # eight and one of ten photos, three squares each
    seen = {picture.numpy().tobytes() for picture in learn.pixels}
    assert not any(picture.numpy().tobytes() in seen for picture in aside.pixels)


def test_a_person_is_there_whole_to_the_waist_and_as_a_head(work: Work, kinds: Kinds) -> None:
    measured = people(work, kinds, "measured")
    whole, upper, head = measured.largest_boxes()
    assert len(measured) == 3
    for box in (whole, upper, head):
        assert 0 <= box.amin() < box.amax() <= SIDE
    assert (whole[3] - whole[1]) > 3 * (whole[2] - whole[0])  # 50 × 170
    assert 1.5 < (upper[3] - upper[1]) / (upper[2] - upper[0]) < 1.9  # 50 × 85
    assert 0.5 < (head[3] - head[1]) / (head[2] - head[0]) < 0.7  # 50 × 28


def test_strangers_that_are_measured_with_are_none_of_those_met(work: Work, kinds: Kinds) -> None:
    assert [len(strangers(work, kinds, met=met)) for met in (True, False)] == [8, 8]
    assert len(strangers(work, kinds, met=False, split="val")) == 2


def test_worse_copies_are_softer_and_keep_what_they_show() -> None:
    step = torch.zeros(2, 3, SIDE, SIDE, dtype=torch.uint8)
    step[..., 32:] = 200
    copied = with_worse_copies(Tensors(step, None, (torch.zeros(0, 4),) * 2, torch.tensor([0, 1])))
    assert (copied.views, len(copied)) == (3, 2)
    assert torch.equal(copied.pixels[:2], step)
    worse = copied.pixels[2:].float()
    assert (worse - step.repeat(2, 1, 1, 1).float()).abs().mean() < 20
    edge = worse[..., 32] - worse[..., 31]
    assert edge.abs().mean() < 150  # where it was 200


def test_groups_sum_up_their_kinds(kinds: Kinds) -> None:
    shares = torch.full((1, len(kinds.names)), 1 / len(kinds.names))
    sums = grouped(shares, kinds)[0].tolist()
    assert sums == pytest.approx([len(some) / len(kinds.names) for some in kinds.groups.values()])
