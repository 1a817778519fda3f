"""Background removal, always through rembg: a bundle's own small network, or any of rembg's models by name."""

from pathlib import Path
from typing import Any

import numpy as np
import rembg
from numpy.typing import NDArray
from PIL import Image
from rembg.sessions import sessions as rembg_sessions
from rembg.sessions.base import BaseSession

from smallimg.boxes import Boxes, mask_to_box, square_window
from smallimg.bundles.sessions import ONNX_ERRORS, session_options
from smallimg.errors import BackgroundError, BundleError, first_line
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


class SmallUNetSession(BaseSession):  # type: ignore[misc]  # rembg has no type information
    """A bundle's `background.onnx` as a rembg session: no download, works offline.

    It looks twice: at the whole picture, then at a window around what it found there, where a small object has more
    pixels and its edge comes out finer.

    The network takes float32 pixels 0 … 255 [n, 3, side, side] and gives foreground logits [n, 1, side, side].

    Args:
        model_path: the ONNX file.
        margin: how much larger than the found object the second look's window is; None for one look.

    Raises:
        BundleError: when the file holds no such network.
    """

    def __init__(self, model_path: Path, *, margin: float | None = None) -> None:
        try:
            super().__init__(self.name(), session_options(), model_path=model_path, providers=["CPUExecutionProvider"])
        except ONNX_ERRORS as error:
            raise BundleError(
                f"{model_path} holds no network ({first_line(error)}): fetch or train the bundle again."
            ) from error
        self.margin = margin
        shapes = [one.shape for one in self.inner_session.get_inputs()]
        self.side: int = shapes[0][-1] if shapes and shapes[0] else 0
        if [shape[1:] for shape in shapes] != [[3, self.side, self.side]] or not isinstance(self.side, int):
            raise BundleError(
                f"{model_path} takes {shapes}, not square pictures [n, 3, side, side]: fetch or train the bundle again."
            )

    def predict(self, img: Image.Image, *_args: Any, **_kwargs: Any) -> list[Image.Image]:
        """The foreground mask of one picture, mode L, in a list as rembg expects."""
        image = img.convert("RGB")
        canvas, place = letterbox(image, self.side)
        alpha = self.alpha(np.asarray(canvas)[None])[0]
        found = None if self.margin is None else mask_to_box(alpha > 127)
        if found is not None and self.margin is not None:
            window = square_window(place.to_picture(found[None])[0], margin=self.margin)
            if window[2] - window[0] < 0.8 * max(image.size):
                return [self._look_closer(image, window)]
        mask = Image.fromarray(alpha).crop(place.area_xyxy)
        return [mask if mask.size == img.size else mask.resize(img.size, Image.Resampling.BILINEAR)]

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
        inputs = np.ascontiguousarray(pixels.transpose(0, 3, 1, 2), dtype=np.float32)
        (logits,) = self.inner_session.run(None, {self.inner_session.get_inputs()[0].name: inputs})
        opacity = 255 / (1 + np.exp(-np.clip(logits[:, 0], -30, 30)))
        return np.asarray(np.rint(opacity), np.uint8)

    @classmethod
    def download_models(cls, *_args: Any, **kwargs: Any) -> str:
        """The path handed in: the file is part of the bundle."""
        return str(kwargs["model_path"])

    @classmethod
    def name(cls, *_args: Any, **_kwargs: Any) -> str:
        return "own"


def is_downloaded(name: str) -> bool:
    """Whether a rembg model's file is already on this machine (in rembg's own folder, `REMBG_HOME`)."""
    if name in {"own", "none"}:
        return True
    return name in BACKGROUND_NAMES and rembg_sessions[name].resolve_existing(f"{name}.onnx") is not None


def open_session(name: str, *, model_path: Path | None = None, margin: float | None = None) -> BaseSession:
    """A rembg session: of the bundle's network for "own", otherwise of rembg's model of that name.

    rembg downloads a model when it is first chosen and shows the progress on standard error.

    Args:
        name: one of `BACKGROUND_NAMES` except "none".
        model_path: the bundle's `background.onnx`, for "own".
        margin: of the second look, for "own", see `SmallUNetSession`.

    Raises:
        BackgroundError: when the name is unknown, "own" has no file, or the download fails.
        BundleError: when the bundle's file is damaged.
    """
    if name == "own":
        if model_path is None or not model_path.is_file():
            raise BackgroundError(
                "This bundle has no background network of its own; choose another background model, or none."
            )
        return SmallUNetSession(model_path, margin=margin)
    if name not in BACKGROUND_NAMES or name == "none":
        raise BackgroundError(f"Unknown background model “{name}”; choose one of {', '.join(BACKGROUND_NAMES)}.")
    try:
        return rembg.new_session(name)
    except (OSError, ValueError) as error:  # requests raises OSError, pooch a ValueError on a wrong checksum
        if isinstance(error, OSError) and error.filename:  # not the web's: a folder that cannot be written, a full disk
            raise BackgroundError(
                f"The background model “{name}” cannot be kept in {error.filename} ({error.strerror}): make it a "
                "folder with room that can be written, or name another one in the setting REMBG_HOME."
            ) from error
        raise BackgroundError(
            f"The background model “{name}” could not be downloaded: check the connection and choose it again, "
            "or keep the bundle's own model."
        ) from error


def remove_background(image: Image.Image, session: BaseSession) -> Image.Image:
    """Cut the foreground out of a picture.

    A picture that is transparent already keeps its transparency on top of the found mask.

    Args:
        image: RGB or RGBA, any size.
        session: from `open_session`.

    Returns:
        RGBA of the same size; straight (not premultiplied) alpha.
    """
    rgb = image.convert("RGB")
    # rembg's sessions stretch a mask to 0 … 255 and divide by zero where it is flat: NaN then becomes 0, "no object".
    with np.errstate(invalid="ignore", divide="ignore"):
        mask = rembg.remove(rgb, session=session, only_mask=True)
    if image.mode == "RGBA":
        mask = Image.fromarray(np.minimum(np.asarray(mask), np.asarray(image.getchannel("A"))))
    rgb.putalpha(mask)
    return rgb
