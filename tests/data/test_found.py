"""What the checks found is written beside the data, and read back."""

from pathlib import Path

from PIL import Image

from smallimg.data.found import keep_found, read_found
from smallimg.data.preview import read_preview


def test_it_is_read_as_it_was_written(tmp_path: Path) -> None:
    top = tmp_path / "data"
    for name in ("cat", "dog"):
        for number in range(3):
            path = top / "pets" / name / f"{number}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (20, 20), (number * 90, 40, 200)).save(path)
    torn = top / "pets/cat/torn.png"
    Image.effect_noise((64, 64), 90).save(torn)
    torn.write_bytes(torn.read_bytes()[:2000])
    preview = read_preview(top)
    keep_found(top, preview)
    root, found = read_found(top)
    assert root == top / "pets", "the data lies one folder below"
    assert [found[str(place)] for place in range(len(found))] == [list(one.pictures) for one in preview.findings]
    assert [path.name for path in found["0"]] == ["torn.png"]


def test_nothing_written_is_nothing_found(tmp_path: Path) -> None:
    assert read_found(tmp_path) == (tmp_path, {})
