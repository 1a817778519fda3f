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

from gradio.processing_utils import save_bytes_to_cache
from gradio.utils import get_upload_folder

from smallimg.errors import ImageError, SmallimgError
from smallimg.pictures.images import open_image
from smallimg.pipeline import Pipeline

#: Which cut-out is asked for, for the Python side of the `select` event.
SAVE_CLICK = """
element.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-save]");
  if (button) trigger("select", { index: Number(button.dataset.save), value: "save" });
});
"""
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
    return str(save_bytes_to_cache(_png(pipeline, path), f"{_safe(path.stem)}.png", cache_dir=get_upload_folder()))


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
    cutout = pipeline.predict(open_image(path), detect=False, classify=False).cutout
    if cutout is None:
        raise ImageError(f"{path.name} has no cut-out: choose a background model, and switch its stage on.")
    buffer = BytesIO()
    cutout.save(buffer, "PNG", compress_level=3)  # half the time of Pillow's own 6, a few per cent larger
    return buffer.getvalue()


def _safe(stem: str) -> str:
    """A file name that is one on every system: no folders, no hidden files, no name of a device."""
    name = re.sub(r"[^\w .()+-]+", "_", stem).strip(" .")[:80]
    is_device = re.fullmatch(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", name, re.IGNORECASE)
    return f"{name}-cutout" if name and not is_device else "picture-cutout"


def _free(name: str, taken: set[str]) -> str:
    numbered = (name if number == 1 else f"{name}-{number}" for number in range(1, len(taken) + 2))
    return next(one for one in numbered if one.lower() not in taken)
