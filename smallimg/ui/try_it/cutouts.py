"""Cut-outs as files, made when somebody asks for them: a PNG of the picture's own size, or a zip of all.

Nothing is kept from when the page showed them, so eight large pictures take no memory; one is cut out at a time.
"""

import re
import shutil
import tempfile
import zipfile
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from gradio.processing_utils import save_bytes_to_cache
from gradio.utils import get_upload_folder
from PIL import Image

from smallimg.cli.wording import percent
from smallimg.errors import ImageError, SmallimgError
from smallimg.pictures.images import open_image
from smallimg.pipeline import Pipeline
from smallimg.ui.cards import opaque_share
from smallimg.ui.data_uri import data_uri

#: The model of rembg's behind “Finer cut-out”: the smallest, 4 MB, on ECSSD better than ours by ten points of IoU.
FINER = "u2netp"
#: What is asked for of which cut-out, for the Python side of the `select` event: a file ("save", or "save" and the
#: model that it is to be of) or a finer one.
CUTOUT_CLICK = """
element.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-save], button[data-finer]");
  if (!button) return;
  const { save, finer, model } = button.dataset;
  if (finer !== undefined) { button.disabled = true; button.textContent = "Being cut out …"; }
  const value = finer !== undefined ? "finer" : model ? `save ${model}` : "save";
  trigger("select", { index: Number(save ?? finer), value });
});
"""
#: Puts the finer cut-out in place of the one that is there; from then on that is what its card saves.
SHOW_FINER = """(finer) => {
  if (!finer) return;
  const button = document.querySelector(`#results button[data-finer="${finer.index}"]`);
  if (!button) return;
  const card = button.closest(".si-card");
  if (!finer.source) { button.disabled = false; button.textContent = finer.label; return; }
  card.querySelector(".si-canvas img").src = finer.source;
  card.querySelector(".si-sentence").textContent = finer.sentence;
  card.querySelector("h4 .si-time")?.remove();
  card.querySelector("button[data-save]").dataset.model = finer.model;
  button.remove();
}"""
#: Saves the file that the handler before has made.
DOWNLOAD = """(file) => {
  if (!file) return;
  const link = document.createElement("a");
  [link.href, link.download] = [file.url, file.orig_name ?? ""];
  link.click();
}"""


def save_cutout(pipeline: Pipeline, path: Path) -> str:
    """One picture's cut-out as PNG, with transparency and of the picture's size; where it lies.

    Raises:
        ImageError: when the picture cannot be read, or the models remove no background.
    """
    return str(save_bytes_to_cache(_png(pipeline, path), cutout_name(path.name), cache_dir=get_upload_folder()))


def finer_cutout(pipeline: Pipeline, path: Path, index: int) -> dict[str, Any]:
    """What `SHOW_FINER` is told of a picture's finer cut-out.

    Args:
        pipeline: with `FINER` as its background model.
        index: the picture's place among all.

    Raises:
        ImageError: when the picture cannot be read.
    """
    cutout = pipeline.predict(open_image(path), detect=False, classify=False).cutout
    assert cutout is not None, "it has a background model"
    return {
        "index": index,
        "source": data_uri(cutout),
        "model": FINER,
        "sentence": f"Finer, by {FINER}: pre-trained by others, not ours. "
        f"{percent(1 - opaque_share(cutout))} of the picture was removed.",
    }


def save_cutouts(pipeline: Pipeline, paths: Sequence[Path]) -> str:
    """The cut-outs of all pictures that can be read, in a zip; where it lies.

    Raises:
        ImageError: when there is none.
    """
    folder = Path(get_upload_folder())
    folder.mkdir(parents=True, exist_ok=True)
    target = Path(tempfile.mkdtemp(dir=folder)) / "smallimg-cutouts.zip"
    taken: set[str] = set()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:  # a PNG is compressed already
        for path in paths:
            try:
                png = _png(pipeline, path)
            except SmallimgError:  # the page has said of this one that it cannot be read
                continue
            name = _free(_safe(path.stem), taken)
            taken.add(name.lower())
            archive.writestr(f"{name}.png", png)
    if not taken:
        shutil.rmtree(target.parent)
        raise ImageError("There is no cut-out to save: none of the pictures could be cut out.")
    return str(target)


def _png(pipeline: Pipeline, path: Path) -> bytes:
    return to_png(pipeline.predict(open_image(path), detect=False, classify=False).cutout, path.name)


def to_png(cutout: Image.Image | None, name: str) -> bytes:
    """The cut-out of the picture `name`, RGBA, as a PNG file.

    Raises:
        ImageError: when there is none.
    """
    if cutout is None:
        raise ImageError(f"{name} has no cut-out: choose a background model, and switch its stage on.")
    buffer = BytesIO()
    cutout.save(buffer, "PNG", compress_level=3)  # half the time of Pillow's own 6, a few per cent larger
    return buffer.getvalue()


def cutout_name(name: str) -> str:
    """What the file with the cut-out of the picture `name` is called."""
    return f"{_safe(Path(name).stem)}.png"


def _safe(stem: str) -> str:
    """A file name that is one on every system: no folders, no hidden files, no name of a device."""
    name = re.sub(r"[^\w .()+-]+", "_", stem).strip(" .")[:80]
    is_device = re.fullmatch(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", name, re.IGNORECASE)
    return f"{name}-cutout" if name and not is_device else "picture-cutout"


def _free(name: str, taken: set[str]) -> str:
    numbered = (name if number == 1 else f"{name}-{number}" for number in range(1, len(taken) + 2))
    return next(one for one in numbered if one.lower() not in taken)
