"""Background removal through rembg: with a network of our own, with one of rembg's, and without a network at all."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from smallimg.bundles.background import (
    BACKGROUND_NAMES,
    OwnRemover,
    is_downloaded,
    open_remover,
    remove_background,
)
from smallimg.errors import BackgroundError
from smallimg.pictures.preprocess import FILL

SHARED_REMBG = Path(__file__).parents[3] / "shared" / "rembg"


class Brightness(torch.nn.Module):
    """A stand-in for a trained remover: whatever is brighter than mid-grey is foreground."""

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        return (pixels.mean(dim=1, keepdim=True) - 128) / 4


@pytest.fixture(scope="module")
def bright_onnx(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`Brightness` as ONNX with a side of 64, exported as the project exports its own."""
    from smallimg.networks.onnx_files import write_network

    file = tmp_path_factory.mktemp("onnx") / "background.onnx"
    write_network(Brightness(), file, stage="background", side=64)
    return file


def picture(size_wh: tuple[int, int], box: tuple[int, int, int, int]) -> Image.Image:
    image = Image.new("RGB", size_wh, (20, 30, 40))
    ImageDraw.Draw(image).rectangle((box[0], box[1], box[2] - 1, box[3] - 1), fill=(250, 240, 230))
    return image


@pytest.mark.parametrize(("margin", "room"), [(None, 0.0), (0.3, 0.0), (None, 0.2), (0.3, 0.2)])
@pytest.mark.parametrize(
    ("size_wh", "box"),
    [((64, 64), (10, 20, 40, 50)), ((640, 480), (300, 200, 420, 280)), ((200, 500), (0, 0, 60, 40))],
)
def test_own_network_cuts_the_object_out(
    bright_onnx: Path, size_wh: tuple[int, int], box: tuple[int, int, int, int], margin: float | None, room: float
) -> None:
    cutout = remove_background(picture(size_wh, box), OwnRemover(bright_onnx, margin=margin, room=room))
    assert (cutout.mode, cutout.size) == ("RGBA", size_wh)
    truth = np.zeros(size_wh[::-1], bool)
    truth[box[1] : box[3], box[0] : box[2]] = True
    found = np.asarray(cutout)[..., 3] > 127
    assert (found & truth).sum() / (found | truth).sum() > 0.85


@pytest.mark.parametrize(("side", "seen"), [(63, 64), (64, 32), (200, 32)])
def test_room_is_left_around_what_is_not_enlarged(
    bright_onnx: Path, monkeypatch: pytest.MonkeyPatch, side: int, seen: int
) -> None:
    remover, looks = OwnRemover(bright_onnx, room=1.0), []
    ask = remover.alpha
    monkeypatch.setattr(remover, "alpha", lambda pixels: looks.append(pixels) or ask(pixels))
    mask = remover.mask(Image.new("RGB", (side, side), (250, 240, 230)))
    assert (looks[0][0, :, 32] != FILL).all(axis=1).sum() == seen
    assert np.asarray(mask)[side // 2, side // 2] > 127


def test_a_second_look_is_finer(bright_onnx: Path) -> None:
    image, box = picture((1280, 1280), (611, 587, 700, 655)), (611, 587, 700, 655)
    errors = []
    for margin in (None, 0.3):
        mask = np.asarray(remove_background(image, OwnRemover(bright_onnx, margin=margin)))[..., 3] > 127
        truth = np.zeros_like(mask)
        truth[box[1] : box[3], box[0] : box[2]] = True
        errors.append((mask ^ truth).sum())
    assert errors[1] < errors[0] / 3


def test_nothing_found_is_an_empty_mask(bright_onnx: Path) -> None:
    cutout = remove_background(Image.new("RGB", (50, 30)), OwnRemover(bright_onnx, margin=0.3))
    assert np.asarray(cutout)[..., 3].max() == 0


def test_what_was_transparent_stays_transparent(bright_onnx: Path) -> None:
    image = picture((64, 64), (0, 0, 64, 64)).convert("RGBA")
    image.paste((250, 240, 230, 0), (0, 0, 32, 64))
    alpha = np.asarray(remove_background(image, OwnRemover(bright_onnx)))[..., 3]
    assert alpha[:, :32].max() == 0
    assert alpha[:, 32:].min() > 200


def test_a_pipelines_picture_is_not_changed(bright_onnx: Path) -> None:
    image = picture((64, 64), (10, 20, 40, 50))
    before = image.tobytes()
    remove_background(image, OwnRemover(bright_onnx))
    assert image.tobytes() == before


@pytest.mark.parametrize("name", ["none", "u2nett", "bria-rmbg", "", "../own"])
def test_unknown_names_are_refused_with_the_known_ones(name: str) -> None:
    with pytest.raises(BackgroundError, match="choose one of own, none, u2netp"):
        open_remover(name)
    assert is_downloaded(name) is (name == "none")


def test_own_without_a_file() -> None:
    with pytest.raises(BackgroundError, match="no background network of its own"):
        open_remover("own", file=Path("nowhere.onnx"))


def test_a_download_that_fails_says_what_to_do(
    no_internet: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("REMBG_HOME", str(tmp_path))
    monkeypatch.delenv("U2NET_HOME", raising=False)
    with pytest.raises(BackgroundError, match=r"“silueta” could not be downloaded: .* keep the bundle's own model"):
        open_remover("silueta")


def test_a_folder_that_cannot_be_written_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("U2NET_HOME", raising=False)
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("REMBG_HOME", str(tmp_path / "file" / "rembg"))
    with pytest.raises(BackgroundError, match=r"“silueta” cannot be kept in .*rembg .* in the setting REMBG_HOME"):
        open_remover("silueta")


@pytest.mark.skipif(not SHARED_REMBG.is_dir(), reason="u2netp is not beside the project (shared/rembg)")
@pytest.mark.skipif("U2NET_HOME" in os.environ, reason="U2NET_HOME points rembg elsewhere")
def test_rembgs_own_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REMBG_HOME", str(SHARED_REMBG))
    assert is_downloaded("u2netp")
    remover = open_remover("u2netp")
    image = picture((320, 240), (100, 60, 220, 180))
    found = np.asarray(remove_background(image, remover))[..., 3] > 127
    truth = np.zeros_like(found)
    truth[60:180, 100:220] = True
    assert (found & truth).sum() / (found | truth).sum() > 0.9
    flat = np.asarray(remove_background(Image.new("RGB", (64, 64), (9, 9, 9)), remover))
    assert flat.dtype == np.uint8
    assert flat.shape == (64, 64, 4)


def test_every_name_is_one_of_rembgs() -> None:
    from rembg.sessions import sessions

    assert set(BACKGROUND_NAMES) - {"own", "none"} <= set(sessions)
    assert all(sessions[name].is_local() for name in BACKGROUND_NAMES if name in sessions)


@pytest.mark.parametrize(
    "settings",
    [{}, {"REMBG_HOME": "a"}, {"XDG_DATA_HOME": "b"}, {"U2NET_HOME": "c"}, {"U2NET_HOME": "c", "REMBG_HOME": "a"}],
)
def test_models_are_looked_for_where_rembg_does(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, settings: dict[str, str]
) -> None:
    from rembg.sessions import sessions

    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("REMBG_HOME", "XDG_DATA_HOME", "U2NET_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in settings.items():
        monkeypatch.setenv(name, str(tmp_path / value))
    rembgs = sessions["silueta"]
    for folder in map(Path, (rembgs.model_dir(), rembgs.legacy_home())):
        assert not is_downloaded("silueta")
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / "silueta.onnx"
        file.touch()
        assert is_downloaded("silueta")
        assert rembgs.resolve_existing("silueta.onnx") is not None
        file.unlink()
