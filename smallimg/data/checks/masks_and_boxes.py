"""Masks and boxes of one picture that speak of different places."""

import numpy as np

from smallimg.boxes import as_boxes, box_iou
from smallimg.data.checks.examined import Examined, Picture
from smallimg.data.checks.finding import Finding
from smallimg.data.wording import FOUND, counted, some

#: Less of the mask's white than this in the boxes, or less overlap of a box with the one around the mask, is no slip.
INSIDE, OVERLAP = 0.5, 0.5


def masks_and_boxes(examined: Examined) -> list[Finding]:
    """Pictures whose mask and boxes disagree; a mask that is empty says nothing, which is told elsewhere."""
    found = [picture for picture in examined.pictures if len(picture.sample.boxes) and _disagree(picture)]
    if not found:
        return []
    verb = "has a mask and boxes that disagree" if len(found) == 1 else "have masks and boxes that disagree"
    names = some((one.name for one in found), most=FOUND)
    message = f"{counted(len(found), 'picture')} {verb} about where the objects are ({names})"
    remedy = "look which of the two is right, and draw the other again"
    paths = tuple(picture.sample.path for picture in found)
    return [Finding("mask-and-box-disagree", "warning", message, remedy, len(found), paths)]


def _disagree(picture: Picture) -> bool:
    mask = picture.facts.mask
    if mask is None or mask.box_xyxy is None or mask.reading.fault:
        return False
    if mask.inside < INSIDE or mask.bare_boxes:
        return True
    boxes = picture.sample.boxes
    return len(boxes) == 1 and bool(np.all(box_iou(boxes, as_boxes([mask.box_xyxy])) < OVERLAP))
