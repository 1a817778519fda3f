"""What every pixel of a picture shows, as HTML: colours over the picture, and a legend that names them."""

from html import escape

from PIL import Image

from smallimg.cli.wording import percent
from smallimg.pictures.class_maps import class_colour
from smallimg.results import Segmentation
from smallimg.ui.data_uri import data_uri

#: How strong the colours lie over the picture, 0 … 255.
OPACITY = 150
#: A legend of more classes would be longer than its card.
MOST_NAMED = 12


def coloured(segmentation: Segmentation) -> Image.Image:
    """The colours of the classes, RGBA, as large as the class map; where the background is, nothing."""
    numbers = segmentation.numbers
    tint = Image.new("RGBA", numbers.size)
    for number in range(1, 1 + len(segmentation.class_names)):
        there = numbers.point([OPACITY * (value == number) for value in range(256)])
        if there.getbbox():
            tint.paste((*class_colour(number), OPACITY), mask=there.point([255 * bool(value) for value in range(256)]))
    return tint


def overlay(segmentation: Segmentation) -> str:
    """The colours, to lie over the picture."""
    return f'<img class="si-mask" src="{data_uri(coloured(segmentation))}" alt="">'


def legend(segmentation: Segmentation) -> str:
    """Each class that is there with its colour and its share of the pixels, the largest first."""
    shares = list(segmentation.shares.items())
    items = ""
    for name, share in shares[:MOST_NAMED]:
        colour = "#{:02x}{:02x}{:02x}".format(*class_colour(segmentation.class_names.index(name) + 1))
        items += (
            f'<li><i style="background:{colour}" aria-hidden="true"></i><span class="si-name">{escape(name)}</span>'
            f'<span class="si-value">{percent(share)}</span></li>'
        )
    return f'<ul class="si-key" aria-label="What the colours are">{items}</ul>' if items else ""


def sentence(segmentation: Segmentation) -> str:
    """What was found, in words; HTML."""
    shares = segmentation.shares
    if not shares:
        return "Every pixel was taken for background."
    more = f" {len(shares) - MOST_NAMED} classes with fewer pixels are not named." if len(shares) > MOST_NAMED else ""
    rest = f"the rest, {percent(segmentation.background)}, is background" if segmentation.background else "none is left"
    return f"Each pixel is coloured by the class it shows; {rest}.{more}"
