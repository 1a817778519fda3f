"""A picture as a `data:` URI, so that a card is one string and needs no file on the server."""

import base64
from io import BytesIO

from PIL import Image

LONGEST_SIDE = 480  # pixels: twice the width of a card, for sharp screens


def data_uri(image: Image.Image, *, longest_side: int = LONGEST_SIDE) -> str:
    """Return an RGB or RGBA `image`, made smaller where its longer side passes `longest_side`, as a WebP data URI."""
    small = image.copy()
    small.thumbnail((longest_side, longest_side), Image.Resampling.LANCZOS)
    buffer = BytesIO()
    small.save(buffer, "WEBP", quality=85, method=2)
    return f"data:image/webp;base64,{base64.b64encode(buffer.getvalue()).decode()}"
