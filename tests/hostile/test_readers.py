"""What strangers send: pictures, zips, tables, labels and descriptions, each of them wrong in some way.

Each ends in a result or in a sentence of ours, within ten seconds; any other exception fails the test. The inputs are
made here; what hypothesis finds beyond them is in `test_found`.
"""

import io
import json
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made_data import save
from PIL import Image
from wrong import ends_well, variants

from smallimg.bundles.bundle import CHECKPOINTS, read_description
from smallimg.data.formats import TEXT_SUFFIXES, list_splits, read_dataset
from smallimg.errors import DataError
from smallimg.pictures.archives import extract_zip
from smallimg.pictures.images import IMAGE_SUFFIXES, open_image

BOX = {"x": 5.0, "y": 5.0, "width": 4.0, "height": 4.0}
#: Labels of a picture called a.png, 20 × 10, in the forms that are JSON: where they lie, and what they say.
LABELS: dict[str, tuple[str, Any]] = {
    "coco": ("_annotations.coco.json", {
        "images": [{"id": 1, "file_name": "a.png", "width": 20, "height": 10}],
        "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 1, 5, 5], "area": 25, "iscrowd": 0,
                         "segmentation": [[1, 1, 6, 1, 6, 6]]}],
        "categories": [{"id": 1, "name": "cup"}],
    }),
    "coco, drawn": ("labels.json", {
        "images": [{"id": 1, "file_name": "a.png", "width": 20, "height": 10}],
        "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 1, 5, 5],
                         "segmentation": {"size": [10, 20], "counts": [20, 30, 150]}}],
        "categories": [{"id": 1, "name": "cup"}],
    }),
    "create ml": ("labels.json", [{"image": "a.png", "annotations": [{"label": "cup", "coordinates": BOX}]}]),
    "label studio": ("labels.json", [{
        "data": {"image": "/data/upload/1/a.png"},
        "annotations": [{"was_cancelled": False, "result": [{
            "from_name": "label", "to_name": "image", "type": "rectanglelabels", "original_width": 20,
            "original_height": 10, "image_rotation": 0,
            "value": {**BOX, "rotation": 0, "rectanglelabels": ["cup"]}}]}],
    }]),
    "classes": ("challenge.json", {"classes": ["cup", "ball"], "seed": 1}),
}  # fmt: skip


def read_all(root: Path) -> None:
    list_splits(root)
    read_dataset(root, unlabelled=True)


@pytest.mark.parametrize("form", LABELS)
def test_labels_in_json(tmp_path: Path, form: str) -> None:
    name, right = LABELS[form]
    save(tmp_path / "a.png")
    if form == "classes":
        (tmp_path / "train.csv").write_text("image,xmin,ymin,xmax,ymax,class\na.png,1,1,5,5,cup\n")
        save(tmp_path / "train" / "a.png")
    (tmp_path / name).write_text(json.dumps(right))
    read_dataset(tmp_path)  # as it is, it is read
    for what, content in variants(right):
        (tmp_path / name).write_text(json.dumps(content))
        ends_well(lambda: read_all(tmp_path), f"{form}: {what}")


TABLES: dict[str, bytes] = {
    "nothing": b"",
    "a blank": b"\n",
    "a header": b"image,xmin,ymin,xmax,ymax,class\n",
    "zeros": bytes(1000),
    "no text": bytes(range(256)) * 4,
    "one long line": b"a" * 2_000_000,
    "many columns": b",".join([b"x"] * 50_000) + b"\n" + b",".join([b"1"] * 50_000),
    "a field beyond csv's own limit": b"image,class\na.png," + b"x" * 200_000,
    "a quote that never ends": b'image,xmin,ymin,xmax,ymax,class\na.png,1,1,5,5,"cup\n' + b"x,1\n" * 1000,
    "carriage returns alone": b"image,class\ra.png,cup\r",
    "quotes alone": b'"' * 10_001,
    "half of UTF-16": "image,class\na.png,cup".encode("utf-16")[:-1],
    "UTF-16 without a mark": "image,class\na.png,cüp".encode("utf-16-le"),
    "UTF-32": "image,class\na.png,cup".encode("utf-32"),
    "Windows": "image;class\na.png;Käse\n".encode("cp1252"),
    "numbers that are none": b"image,xmin,ymin,xmax,ymax,class\na.png,nan,inf,-inf,1e999,cup\n",
    "numbers without end": b"image,xmin,ymin,xmax,ymax,class\na.png," + b"9" * 5000 + b",1,5,5,cup\n",
    "huge numbers": b"image,xmin,ymin,xmax,ymax,class\n" + b"a.png,1e308,1e308,-1e308,1e308,cup\n" * 9,
    "tiny numbers": b"image,xmin,ymin,xmax,ymax,class\na.png,1e-320,1e-320,1e-310,5,cup\n",
    "digits of other scripts": "image,xmin,ymin,xmax,ymax,class\na.png,١,١,٥,٥,٣\n".encode(),
    "an index in other digits": "image,class\na.png,²\na.png,１\n".encode(),
    "a path out": b"image,class\n../../../../etc/passwd,cup\n/etc/passwd,cup\n",
    "a name of zeros": b"image,class\n\x00,cup\na\x00.png,cup\n",
    "a name that is too long": b"image,class\n" + b"n" * 5000 + b".png,cup\n",
    "names of folders": b"image,class\n.,cup\n..,cup\n/,cup\n,cup\n",
    "all columns alike": b"image,image,image\na.png,a.png,a.png\n",
    "a formula": b"image,class\n=cmd|' /C calc'!A0,=1+1\n",
    "half a character": b"image,class\na.png,\xed\xa0\x80\n",
    "as many classes as rows": b"image,class\n" + b"".join(b"a.png,c%d\n" % one for one in range(20_000)),
    "as many pictures that are not there": b"image,class\n" + b"".join(b"%d.png,c\n" % one for one in range(20_000)),
    "spellings of one": b"image,class\n" + b"".join(b"a.png,%s\n" % (b"Cup" + b" " * one) for one in range(3000)),
}


@pytest.mark.parametrize("kind", TABLES)
def test_tables(tmp_path: Path, kind: str) -> None:
    save(tmp_path / "train" / "a.png")
    for name in ("train.csv", "train.tsv", "labels.csv", "annotations.csv"):
        (tmp_path / name).write_bytes(TABLES[kind])
        ends_well(lambda: read_all(tmp_path), f"{name}: {kind}")
        (tmp_path / name).unlink()


TEXTS: dict[str, dict[str, bytes]] = {
    "labels/a.txt": {
        "nothing": b"", "words": b"cup cup cup cup cup", "too few": b"0 0.5 0.5", "NaN": b"0 nan nan nan nan",
        "infinite": b"0 inf 0.5 0.5 0.5", "huge": b"0 1e308 1e308 1e308 1e308", "class": b"99999999999999 .5 .5 .1 .1",
        "negative": b"-1 .5 .5 .1 .1", "many": b"0 .5 .5 .1 .1\n" * 20_000, "zeros": bytes(99),
        "latin": b"\xff\xfe\xfd",
        "outline": b"0 " + b"0.1 " * 4001, "outline of one point": b"0 " + b"0.5 0.5 " * 9, "float": b"0.0 .5 .5 .1 .1",
    },
    "data.yaml": {
        "nothing": b"", "a list": b"- a\n- b\n", "a word": b"cup", "names as words": b"names: cup\n",
        "none": b"names:\n",
        "numbers": b"names: {a: b, c: d}\n", "deep": b"names: " + b"[" * 3000, "laughs": b"a: &a [x,x,x,x,x,x,x,x,x]\n"
        + b"".join(b"%c: &%c [*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c]\n" % (98 + i, 98 + i, *[97 + i] * 8) for i in range(8))
        + b"names: *i\n", "python": b"names: !!python/object/apply:os.system ['true']\n", "tabs": b"names:\n\t- cup\n",
        "a path out": b"names: [cup]\ntrain: ../../../etc\nval: /etc\n",
        "dates": b"names: [2020-01-01, on, 1e3, null]\n",
        "binary": b"\x00\x01", "keys": b"names: {0: cup, 2: ball}\n", "huge key": b"names: {99999999999: cup}\n",
    },
    "annotations/a.xml": {
        "nothing": b"", "open": b"<annotation>", "entities": b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
        b"<annotation><filename>&x;</filename></annotation>",
        "laughs": b'<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
        b'<annotation><filename>&b;</filename></annotation>', "deep": b"<annotation>" + b"<a>" * 5000,
        "no box": b"<annotation><filename>a.png</filename><object><name>cup</name></object></annotation>",
        "words": b"<annotation><filename>a.png</filename><object><name>cup</name><bndbox><xmin>a</xmin><ymin>b</ymin>"
        b"<xmax>c</xmax><ymax>d</ymax></bndbox></object></annotation>",
        "encoding": b'<?xml version="1.0" encoding="x"?><a/>',
        "another": b"<svg/>", "a size of words": b"<annotation><filename>a.png</filename><size><width>x</width></size>"
        b"</annotation>", "half": b"<annotation><filename>a.png</filename><object><name>cu",
    },
}  # fmt: skip


@pytest.mark.parametrize("name", TEXTS)
def test_labels_in_other_texts(tmp_path: Path, name: str) -> None:
    for folder in ("images", "."):
        save(tmp_path / folder / "a.png")
    file = tmp_path / name
    file.parent.mkdir(exist_ok=True)
    (tmp_path / "data.yaml").write_text("names: [cup, ball]\n")
    for what, content in TEXTS[name].items():
        file.write_bytes(content)
        ends_well(lambda: read_all(tmp_path), f"{name}: {what}")


def encoded() -> Iterator[tuple[str, bytes]]:
    """A picture in every form that is read, and in most of the modes that each has."""
    noise = np.random.default_rng(0).integers(0, 256, (24, 32, 4), np.uint8)
    whole = Image.fromarray(noise)
    exif = Image.Exif()
    exif[274] = 6
    for form, modes in {
        "JPEG": ("RGB", "L", "CMYK"), "PNG": ("RGB", "RGBA", "L", "LA", "P", "1", "I;16"), "WEBP": ("RGB", "RGBA"),
        "GIF": ("P", "L"), "BMP": ("RGB", "L", "1"), "TIFF": ("RGB", "L", "F", "I;16", "CMYK"), "AVIF": ("RGB",),
    }.items():  # fmt: skip
        for mode in modes:
            wide = np.linspace(-3.4e38 if mode == "F" else 0, 3.4e38 if mode == "F" else 65535, 24 * 32).reshape(24, 32)
            picture = (
                Image.fromarray(wide.astype(np.float32 if mode == "F" else np.uint16))
                if mode in ("F", "I;16")
                else whole.convert("RGB").convert(mode) if mode in ("P", "CMYK", "1") else whole.convert(mode)
            )  # fmt: skip
            buffer = io.BytesIO()
            picture.save(buffer, form, **({"exif": exif} if form in ("JPEG", "PNG", "WEBP") else {}))
            yield f"{form} {mode}", buffer.getvalue()


@pytest.mark.parametrize(("kind", "content"), [*encoded()], ids=[name for name, _ in encoded()])
def test_pictures_cut_short_and_changed(kind: str, content: bytes) -> None:
    assert open_image(content).size == (24, 32) if "JPEG" in kind else open_image(content).size
    rng = np.random.default_rng(1)
    # A marker begins with 0xFF in JPEG; in the others the beginnings of their parts are among the first bytes.
    marks = [at for at, byte in enumerate(content) if byte == 0xFF][:12] if kind.startswith("JPEG") else []
    for at in {*marks, *range(0, 60, 4), *np.linspace(0, len(content) - 1, 8).astype(int).tolist()}:
        ends_well(lambda at=at: open_image(content[:at]), f"{kind} cut at {at}")  # type: ignore[misc]
    for at in rng.integers(0, min(len(content), 400), 25):
        changed = bytearray(content)
        changed[at] ^= int(rng.integers(1, 256))
        ends_well(lambda changed=changed: open_image(bytes(changed)), f"{kind} changed at {at}")  # type: ignore[misc]


def zip_of(**files: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def unpack(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "it.zip").write_bytes(content)
    folder = extract_zip(
        tmp_path / "it.zip", suffixes=IMAGE_SUFFIXES | TEXT_SUFFIXES, max_files=2000, max_bytes=2_000_000
    )
    assert all(path.resolve().is_relative_to(folder.resolve()) for path in folder.rglob("*"))


def test_zips_cut_short_and_changed(tmp_path: Path) -> None:
    content = zip_of(**{"a/1.png": b"x" * 300, "a/2.csv": b"image,class\n" * 9, "ü.txt": b"y"})
    unpack(tmp_path, content)
    for at in range(0, len(content), 7):
        ends_well(lambda at=at: unpack(tmp_path, content[:at]), f"cut at {at}")  # type: ignore[misc]
    for at in range(0, len(content), 3):
        for flip in (0xFF, 0x01):
            changed = content[:at] + bytes([content[at] ^ flip]) + content[at + 1 :]
            ends_well(lambda changed=changed: unpack(tmp_path, changed), f"changed at {at}")  # type: ignore[misc]


NAMES = (
    "../x.png", "/x.png", "a/../../x.png", "..\\x.png", "C:\\x.png", "C:x.png", "a\\..\\..\\x.png", "\\\\host\\x.png",
    "a//x.png", "./x.png", "x.png/", "con.png", "a\x00b.png", "x" * 300 + ".png", "é" * 200 + ".png", "\ud83d.png",
    "a/" * 300 + "x.png", ".png", " .png", "x.png ", "__MACOSX/x.png", "x.PNG", "%2e%2e/x.png", "a/b/", "~/x.png",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES, ids=[str(number) for number in range(len(NAMES))])
def test_names_in_zips(tmp_path: Path, name: str) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        entry = zipfile.ZipInfo("x.png")
        entry.filename = name.encode("utf-8", "replace").decode("utf-8")
        archive.writestr(entry, b"x")
    ends_well(lambda: unpack(tmp_path, buffer.getvalue()), repr(name))
    assert not (tmp_path / "x.png").exists()
    assert not (tmp_path.parent / "x.png").exists()


def test_zips_that_lie_about_their_sizes_or_are_bombs(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    bomb = zip_of(**{"0.png": bytes(1_900_000)})
    with pytest.raises(DataError, match="100 times its size"):
        unpack(tmp_path, bomb)
    with pytest.raises(DataError, match="limit of 2 MB"):
        unpack(tmp_path, zip_of(**{f"{number}.png": rng.bytes(900_000) for number in range(3)}))
    at = bomb.index(b"PK\x01\x02")
    for size in (0, 1, 10, 0xFFFFFFFF):
        lying = bomb[: at + 24] + struct.pack("<I", size) + bomb[at + 28 :]
        ends_well(lambda lying=lying: unpack(tmp_path, lying), f"says {size} bytes")  # type: ignore[misc]
    ends_well(lambda: unpack(tmp_path, zip_of(**{f"{number}.png": b"" for number in range(2001)})), "many files")
    inside = bomb
    for depth in range(5):
        inside = zip_of(**{f"{depth}.zip": inside})
        ends_well(lambda inside=inside: unpack(tmp_path, inside), f"{depth} deep")  # type: ignore[misc]


def test_descriptions_of_bundles(tmp_path: Path) -> None:
    right = json.loads((CHECKPOINTS / "challenge" / "bundle.json").read_text("utf-8"))
    right["class_names"], right["groups"] = right["class_names"][:2], {"all": ["plug"]}
    right["stages"]["classifier"] |= {"energy_marks": [1.0, 2.0], "arguments": {"n_classes": 2}, "likeness_marks": []}
    right["card"] = {"data": "x", "seed": 1, "metrics": {"a": 0.5}, "versions": {"torch": "2"}}
    (tmp_path / "bundle.json").write_text(json.dumps(right))
    assert read_description(tmp_path).class_names == ("plug", "phone")
    for what, content in variants(right):
        (tmp_path / "bundle.json").write_text(json.dumps(content))
        ends_well(lambda: read_description(tmp_path), what)
