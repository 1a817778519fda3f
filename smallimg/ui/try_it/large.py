"""Where the page finds a picture in full, for a look at it in large."""

from pathlib import Path
from urllib.parse import quote

from PIL import Image

from smallimg.ui.data_uri import data_uri

#: What every browser shows; of an animation, though, it would show more than the frame that was looked at.
SHOWN_AS_IT_IS = {".jpg", ".jpeg", ".png", ".webp", ".avif", ".bmp"}
LONGEST_SIDE = 1600


def large_address(path: Path, image: Image.Image) -> str:
    """The address of an uploaded picture, below the page's own; of a HEIC or TIFF, a copy that browsers can show.

    Args:
        path: the upload, in Gradio's folder of them.
        image: the same, opened.
    """
    if path.suffix.lower() in SHOWN_AS_IT_IS:
        return f"gradio_api/file={quote(str(path))}"
    return data_uri(image, longest_side=LONGEST_SIDE)
