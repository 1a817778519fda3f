"""What a bundle keeps of other things: numbers of its own classifier, whoever it comes from."""

import json
import shutil
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from smallimg import DEFAULT_BUNDLE
from smallimg.bundles.bundle import CHECKPOINTS, OTHERS, load_bundle
from smallimg.errors import BundleError
from smallimg.networks.others import read_others, write_others, write_others_anew

SOME = torch.ones(2, 5, 3, dtype=torch.float16)


def said(file: Path, header: bytes, content: bytes = b"", *, length: int | None = None) -> None:
    """A file with any header, whatever length it says that has."""
    file.write_bytes(struct.pack("<Q", len(header) if length is None else length) + header + content)


def told(file: Path, content: bytes = b"", **fields: object) -> None:
    entry = {"dtype": "F16", "shape": [1, 1, 4], "data_offsets": [0, 8]} | fields
    said(file, json.dumps({"embeddings": entry}).encode(), content)


#: What somebody can write → a word of what is said of it.
HOSTILE: dict[str, tuple[Callable[[Path], object], str]] = {
    "no file of this kind": (lambda file: file.write_bytes(b"nothing"), "damaged"),
    "empty": (lambda file: file.write_bytes(b""), "damaged"),
    "a pickle": (lambda file: torch.save({"embeddings": SOME}, file), "damaged"),
    "a header longer than the file": (lambda file: said(file, b"{}", length=1 << 60), "damaged"),
    "a header that is no JSON": (lambda file: said(file, b"{" * 2000), "damaged"),
    "more than is there": (lambda file: told(file, b"12345678", shape=[8, 1 << 40, 1 << 20]), "damaged"),
    "offsets outside": (lambda file: told(file, b"12345678", data_offsets=[4, 1 << 40]), "damaged"),
    "offsets backwards": (lambda file: told(file, b"12345678", data_offsets=[8, 0]), "damaged"),
    "an unknown number format": (lambda file: told(file, b"12345678", dtype="F7"), "damaged"),
    "another number format": (lambda file: save_file({"embeddings": SOME.int()}, file), "does not hold embeddings"),
    "another name": (lambda file: save_file({"weights": SOME}, file), "does not hold embeddings"),
    "more beside it": (
        lambda file: save_file({"embeddings": SOME, "more": SOME.clone()}, file), "embeddings, and nothing else",
    ),
    "a flat one": (lambda file: save_file({"embeddings": SOME[0]}, file), r"of the shape \(5, 3\)"),
    "of no things": (lambda file: save_file({"embeddings": SOME[:, :0]}, file), r"of the shape \(2, 0, 3\)"),
    "of very many looks": (lambda file: save_file({"embeddings": torch.ones(9, 1, 3)}, file), r"shape \(9, 1, 3\)"),
    "no number": (lambda file: save_file({"embeddings": SOME / 0 * 0}, file), "no number"),
    "very large": (lambda file: save_file({"embeddings": torch.ones(2, 1000, 1000)}, file), "more than 5 MB"),
}  # fmt: skip


@pytest.mark.parametrize("kind", HOSTILE)
def test_what_is_none_is_refused_in_a_sentence(tmp_path: Path, kind: str) -> None:
    make, words = HOSTILE[kind]
    make(tmp_path / OTHERS)
    with pytest.raises(BundleError, match=words):
        read_others(tmp_path)


def test_they_are_kept_in_half_precision(tmp_path: Path) -> None:
    assert read_others(tmp_path) is None
    wanted = torch.randn(2, 5, 3)
    write_others(tmp_path, wanted)
    kept = read_others(tmp_path)
    assert kept is not None
    assert torch.equal(kept, wanted.half().float())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The default bundle, without what it knows of other things."""
    return Path(shutil.copytree(CHECKPOINTS / DEFAULT_BUNDLE, tmp_path / "bundle", ignore=lambda *_: [OTHERS]))


def test_only_the_numbers_of_its_own_classifier_are_kept(folder: Path) -> None:
    bundle = load_bundle(folder)
    write_others_anew(bundle)
    assert not (folder / OTHERS).exists()
    width = bundle.stages["classifier"].arguments["widths"][-1]
    embeddings = torch.randn(2, 4, width).half()
    save_file({"embeddings": embeddings}, folder / OTHERS, metadata={"note": "somebody's words"})
    write_others_anew(bundle)
    assert torch.equal(read_others(folder), embeddings.float())
    assert b"somebody" not in (folder / OTHERS).read_bytes()
    save_file({"embeddings": embeddings[..., 1:].contiguous()}, folder / OTHERS)
    with pytest.raises(BundleError, match=f"of {width - 1} numbers, and the classifier's have {width}"):
        write_others_anew(bundle)


def test_they_belong_to_a_classifier(folder: Path) -> None:
    content = json.loads((folder / "bundle.json").read_text())
    del content["stages"]["classifier"]
    (folder / "bundle.json").write_text(json.dumps(content))
    write_others(folder, SOME.float())
    with pytest.raises(BundleError, match="belongs to a classifier, and the bundle has none"):
        write_others_anew(load_bundle(folder))


def test_the_default_has_seen_other_things_at_every_look_that_training_takes() -> None:
    bundle = load_bundle(DEFAULT_BUNDLE)
    kept = read_others(bundle.path)
    assert kept is not None
    assert kept.shape[0] == 2
    assert kept.shape[2] == bundle.stages["classifier"].arguments["widths"][-1]
    assert (bundle.path / OTHERS).stat().st_size < 2_000_000
