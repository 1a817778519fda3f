"""Where the page finds a picture in full, for a look at it in large."""

from io import BytesIO
from pathlib import Path
from urllib.parse import quote

from gradio.processing_utils import save_bytes_to_cache
from gradio.utils import get_upload_folder
from PIL import Image

#: What every browser shows; of an animation, though, it would show more than the frame that was looked at.
SHOWN_AS_IT_IS = {".jpg", ".jpeg", ".png", ".webp", ".avif", ".bmp"}
LONGEST_SIDE = 1600


def large_address(path: Path, image: Image.Image) -> str:
    """The address of an uploaded picture, below the page's own; of a HEIC or TIFF, that of a copy browsers can show.

    Args:
        path: the upload, in Gradio's folder of them.
        image: the same, opened.
    """
    if path.suffix.lower() not in SHOWN_AS_IT_IS:
        copy = image.copy()
        copy.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS, reducing_gap=2.0)
        buffer = BytesIO()
        copy.save(buffer, "WEBP", quality=85, method=0)
        path = Path(save_bytes_to_cache(buffer.getvalue(), "large.webp", cache_dir=get_upload_folder()))
    return f"gradio_api/file={quote(str(path))}"
