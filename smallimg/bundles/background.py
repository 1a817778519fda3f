"""Background removal: by a bundle's own small network, or by any of rembg's models by name.

rembg and what it brings along take a second to import, and are, only where one of its models is asked for.
"""

import os
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from smallimg.boxes import Boxes, mask_to_box, square_window
from smallimg.bundles.bundle import INT8, Stage
from smallimg.bundles.sessions import NetworkSession
from smallimg.errors import BackgroundError
from smallimg.pictures.preprocess import crop_window, letterbox

#: The bundle's own network, no removal, then models that rembg downloads on first use (4 to 180 MB).
BACKGROUND_NAMES: tuple[str, ...] = (
    "own",
    "none",
    "u2netp",
    "u2net",
    "u2net_human_seg",
    "isnet-general-use",
    "isnet-anime",
    "silueta",
    "birefnet-general-lite",
)


class Remover(Protocol):
    """Tells what of a picture is the object."""

    name: str

    def mask(self, image: Image.Image) -> Image.Image:
        """How much of each pixel of an RGB picture belongs to the object, mode L, same size."""
        ...


class OwnRemover(NetworkSession):
    """A bundle's `background.onnx`, which gives foreground logits [n, 1, side, side].

    It looks twice: at the whole picture, then at a window around what it found there, where a small object has more
    pixels and its edge comes out finer.

    Args:
        margin: how much larger than the found object the second look's window is; None for one look.
        room: around the picture in the first look, see `smallimg.pictures.preprocess.Letterbox`; none around one that
            is smaller than what the network sees, and enlarged as it is.
        side: what its bundle says of the square that it takes, if that is to be checked.
        mirrored: whether each look takes the mirror image too, and the mean of both; None where that is cheap.

    Raises:
        BundleError: when the file holds no such network.
    """

    name = "own"

    def __init__(
        self,
        file: Path,
        *,
        margin: float | None = None,
        room: float = 0.0,
        side: int | None = None,
        threads: int = 0,
        mirrored: bool | None = None,
    ) -> None:
        super().__init__(file, outputs=("logits",), side=side, threads=threads)
        self.margin = margin
        self.room = room
        # Quantised, both looks take less time than the other network takes for one.
        is_cheap = self._network.mirrors or file.name.endswith(INT8)
        self._mirrored = is_cheap if mirrored is None else mirrored

    def mask(self, image: Image.Image) -> Image.Image:
        """The object's mask, mode L."""
        room = self.room if max(image.size) >= self.side else 0.0
        canvas, place = letterbox(image, self.side, room)
        alpha = self.alpha(np.asarray(canvas)[None])[0]
        found = None if self.margin is None else mask_to_box(alpha > 127)
        if found is not None and self.margin is not None:
            window = square_window(place.to_picture(found[None])[0], margin=self.margin)
            if window[2] - window[0] < 0.8 * max(image.size):
                return self._look_closer(image, window)
        mask = Image.fromarray(alpha).crop(place.area_xyxy)
        return mask if mask.size == image.size else mask.resize(image.size, Image.Resampling.BILINEAR)

    def _look_closer(self, image: Image.Image, window_xyxy: Boxes) -> Image.Image:
        """The mask of a picture whose object lies wholly in a window."""
        x1, y1, x2, y2 = (round(float(value)) for value in window_xyxy)
        crop = crop_window(image, window_xyxy, self.side)
        alpha = Image.fromarray(self.alpha(np.asarray(crop)[None])[0])
        mask = Image.new("L", image.size)
        mask.paste(alpha.resize((max(1, x2 - x1), max(1, y2 - y1)), Image.Resampling.BILINEAR), (x1, y1))
        return mask

    def alpha(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """RGB canvases [n, side, side, 3] → foreground opacity 0 … 255 [n, side, side]."""
        looks = pixels.transpose(0, 3, 1, 2)
        if self._mirrored:
            looks = np.concatenate([looks, looks[..., ::-1]])
        (logits,) = self.run(looks)
        opacity = 255 / (1 + np.exp(-np.clip(logits[:, 0], -30, 30)))
        if self._mirrored:
            opacity = (opacity[: len(pixels)] + opacity[len(pixels) :, :, ::-1]) / 2
        return np.asarray(np.rint(opacity), np.uint8)


class RembgRemover:
    """One of rembg's models; it is downloaded when it is first asked for, with the progress on standard error.

    Raises:
        BackgroundError: when rembg is not installed, or the download fails.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        try:
            import rembg
        except ImportError as error:
            raise BackgroundError(
                f"The background model “{name}” is one of rembg's, which is not installed: "
                '`pip install "smallimg[rembg]"`, or keep the bundle\'s own model.'
            ) from error
        self._remove = rembg.remove
        try:
            self._session = rembg.new_session(name)
        except (OSError, ValueError) as error:  # requests raises OSError, pooch a ValueError on a wrong checksum
            if isinstance(error, OSError) and error.filename:  # not the web's: a folder that cannot be written, …
                raise BackgroundError(
                    f"The background model “{name}” cannot be kept in {error.filename} ({error.strerror}): make it a "
                    "folder with room that can be written, or name another one in the setting REMBG_HOME."
                ) from error
            raise BackgroundError(
                f"The background model “{name}” could not be downloaded: check the connection and choose it again, "
                "or keep the bundle's own model."
            ) from error

    def mask(self, image: Image.Image) -> Image.Image:
        """The object's mask, mode L."""
        # rembg stretches a mask to 0 … 255 and divides by zero where it is flat: NaN then becomes 0, "no object".
        with np.errstate(invalid="ignore", divide="ignore"):
            mask: Image.Image = self._remove(image, session=self._session, only_mask=True)
        return mask


def is_downloaded(name: str) -> bool:
    """Whether a background model's file is on this machine already: rembg's lie in its folder, `REMBG_HOME`."""
    if name in {"own", "none"}:
        return True
    return name in BACKGROUND_NAMES and any((folder / f"{name}.onnx").is_file() for folder in _rembg_folders(name))


def _rembg_folders(name: str) -> tuple[Path, Path]:
    """Where rembg looks for a model, by its own rules (`rembg.sessions.base`): its folder now, and formerly."""
    data = os.environ.get("XDG_DATA_HOME")
    former = _expanded(Path(os.environ.get("U2NET_HOME") or Path(data or "~") / ".u2net"))
    home = _expanded(Path(os.environ.get("REMBG_HOME") or (Path(data) / "rembg" if data else "~/.rembg")))
    return (former if os.environ.get("U2NET_HOME") else home) / "models" / name, former


def _expanded(folder: Path) -> Path:
    """With the user's home for “~”; as it is where this user, such as a container's, has none."""
    try:
        return folder.expanduser()
    except RuntimeError:
        return folder


def open_remover(name: str, *, file: Path | None = None, stage: Stage | None = None, threads: int = 0) -> Remover:
    """Whoever removes backgrounds by that name: the bundle's network for "own", otherwise rembg's model.

    Args:
        name: one of `BACKGROUND_NAMES` except "none".
        file: the bundle's `background.onnx`, for "own".
        stage: what the bundle says of that network.
        threads: most threads it takes, for "own"; 0 for one a core.

    Raises:
        BackgroundError: when the name is unknown, "own" has no file, or a download fails.
        BundleError: when the bundle's file is damaged.
    """
    if name == "own":
        if file is None or not file.is_file():
            raise BackgroundError(
                "This bundle has no background network of its own; choose another background model, or none."
            )
        margin, room = (stage.margin, stage.room) if stage else (None, 0.0)
        return OwnRemover(file, margin=margin, room=room, threads=threads)
    if name not in BACKGROUND_NAMES or name == "none":
        raise BackgroundError(f"Unknown background model “{name}”; choose one of {', '.join(BACKGROUND_NAMES)}.")
    return RembgRemover(name)


def remove_background(image: Image.Image, remover: Remover) -> Image.Image:
    """Cut the foreground out of a picture.

    A picture that is transparent already keeps its transparency on top of the found mask.

    Args:
        image: RGB or RGBA, any size.
        remover: from `open_remover`.

    Returns:
        RGBA of the same size; straight (not premultiplied) alpha.
    """
    rgb = image.convert("RGB")
    mask = remover.mask(rgb)
    if image.mode == "RGBA":
        mask = Image.fromarray(np.minimum(np.asarray(mask), np.asarray(image.getchannel("A"))))
    rgb.putalpha(mask)
    return rgb
