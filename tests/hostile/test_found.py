"""What hypothesis finds: readers are given whatever it comes up with, and end in a result or in a sentence."""

import json
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_data import save
from wrong import ends_well

from smallimg.bundles.bundle import FORMAT, read_description
from smallimg.bundles.fields import STAGE
from smallimg.data.formats import list_splits, read_dataset
from smallimg.data.formats.table_rows import COLUMNS, SPELLINGS
from smallimg.pictures.archives import extract_zip
from smallimg.pictures.images import open_image

#: The same inputs each time, so that a test that passed still passes.
QUICK = settings(
    max_examples=60, deadline=10_000, derandomize=True, database=None, suppress_health_check=[HealthCheck.too_slow]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(st.text(max_size=8), inside, max_size=4),
    max_leaves=12,
)
CELL = (
    st.sampled_from(("a.png", "b.png", "", "1", "0.5", "5", "cup", "=1+1", '"', "nan", "1e999"))
    | st.text(max_size=6)
    | st.floats().map(str)
)
#: How pictures begin.
BEGINNINGS = (
    b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"BM", b"II*\x00", b"MM\x00*", b"RIFF\x00\x01\x00\x00WEBP",
)  # fmt: skip
HEADER = st.sampled_from([*COLUMNS, *(spelling for spellings in SPELLINGS.values() for spelling in spellings), "x y"])


def read_folder(files: dict[str, bytes]) -> None:
    """A data set of two pictures, and what lies beside them."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        for picture in ("a.png", "b.png"):
            save(root / "train" / picture)
        for place, content in files.items():
            (root / place).write_bytes(content)
        list_splits(root)
        read_dataset(root, unlabelled=True)


@QUICK
@given(st.lists(HEADER, max_size=7), st.lists(st.lists(CELL, max_size=7), max_size=8), st.sampled_from(",;\t|"))
def test_tables(header: list[str], rows: list[list[str]], separator: str) -> None:
    text = "\n".join(separator.join(row) for row in (header, *rows))
    ends_well(lambda: read_folder({"train.csv": text.encode("utf-8", "surrogatepass")}))


@QUICK
@given(st.binary(max_size=300))
def test_tables_of_bytes(content: bytes) -> None:
    ends_well(lambda: read_folder({"train.csv": content}))
    ends_well(lambda: read_folder({"train.csv": b"image,class\n" + content}))


@QUICK
@given(
    st.fixed_dictionaries(
        {},
        optional={
            "images": st.lists(st.dictionaries(st.sampled_from(("id", "file_name", "width", "height")), JSON)) | JSON,
            "annotations": st.lists(
                st.dictionaries(st.sampled_from(("id", "image_id", "category_id", "bbox", "segmentation")), JSON)
            )
            | JSON,
            "categories": st.lists(st.dictionaries(st.sampled_from(("id", "name")), JSON)) | JSON,
        },
    )
)
def test_coco(content: dict[str, Any]) -> None:
    ends_well(lambda: read_folder({"_annotations.coco.json": json.dumps(content).encode()}))


@QUICK
@given(JSON)
def test_labels_of_any_json(content: Any) -> None:
    ends_well(lambda: read_folder({"labels.json": json.dumps([content]).encode()}))
    ends_well(lambda: read_folder({"labels.json": json.dumps(content).encode()}))


@QUICK
@given(st.text(max_size=200), st.text(max_size=100))
def test_yolo_and_voc(labels: str, names: str) -> None:
    as_bytes = labels.encode("utf-8", "surrogatepass")
    ends_well(lambda: read_folder({"a.txt": as_bytes, "data.yaml": names.encode("utf-8", "surrogatepass")}))
    ends_well(lambda: read_folder({"a.xml": b"<annotation>" + as_bytes + b"</annotation>"}))


@QUICK
@given(
    st.fixed_dictionaries(
        {"format": st.just(FORMAT)},
        optional={
            "class_names": st.lists(st.text(max_size=4), max_size=3) | JSON,
            "background": JSON,
            "groups": JSON,
            "card": JSON,
            "stages": st.dictionaries(
                st.sampled_from(("background", "detector", "classifier", "oracle")),
                st.dictionaries(st.sampled_from(sorted(STAGE)), JSON) | JSON,
                max_size=2,
            )
            | JSON,
        },
    )
)
def test_descriptions(content: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "bundle.json").write_text(json.dumps(content))
        ends_well(lambda: read_description(Path(name)))


@QUICK
@given(st.binary(max_size=400), st.sampled_from((b"", b"PK\x03\x04", b"PK\x05\x06" + bytes(18))))
def test_zips(content: bytes, beginning: bytes) -> None:
    with tempfile.TemporaryDirectory() as name:
        archive = Path(name) / "it.zip"
        for whole in (beginning + content, content + beginning):
            archive.write_bytes(whole)
            ends_well(lambda: extract_zip(archive, suffixes={".png"}, max_files=10, max_bytes=10_000))


@QUICK
@given(
    st.sampled_from(
        (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"BM", b"II*\x00", b"MM\x00*", b"RIFF\x00\x01\x00\x00WEBP")
    ),
    st.binary(max_size=200),
)
def test_pictures(beginning: bytes, content: bytes) -> None:
    ends_well(lambda: open_image(beginning + content))
