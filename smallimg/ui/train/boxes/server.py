"""What the sheet and the box editor ask of the server: each takes what the script sent, and trusts none of it."""

import base64
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageChops

from smallimg import DEFAULT_BUNDLE
from smallimg.data.by_class import NEW, OUT, add_class, add_picture, is_built, move_pictures, new_set, read_classes
from smallimg.data.corrections import MASKS, Correction, correct, keep_mask, read_corrections
from smallimg.data.formats.names import same
from smallimg.data.kept import KeptData, find_data
from smallimg.data.left_out import leave_out, take_back
from smallimg.data.sheet import Entry, new_entry, picture_in, read_sheet, top_of
from smallimg.data.thumbnails import thumbnail
from smallimg.errors import BundleError, DataError, ImageError
from smallimg.pictures.images import open_local, read_size
from smallimg.pictures.masks import open_mask
from smallimg.pipeline import Pipeline
from smallimg.runs.run import list_runs, refuse_if_learning
from smallimg.study.proposals import (
    Proposal,
    box_of_mask,
    mask_without_background,
    open_small,
    propose_by_networks,
    propose_without_background,
)
from smallimg.ui.data_uri import data_uri
from smallimg.ui.pipelines import Pipelines, bundle_choices
from smallimg.ui.train.boxes.sent import boxes_sent, class_sent, mask_sent, names_sent, share_sent
from smallimg.ui.train.by_class.told import Answer, picture, text, texts, told

#: What boxes come from without a bundle's detector.
BACKGROUND = "background"
#: Small pictures, and pictures to be boxed, that are asked for at once: an answer comes within a second or two.
MOST_SMALLS, MOST_BOXED = 60, 8
LARGE, MASK_SIDE = 1280, 768
NEW_NAME = "My pictures"


def server_functions(pipelines: Pipelines) -> list[Callable[[Any], Answer]]:
    """Those that the script finds as `server.…`.

    Args:
        pipelines: where trained networks are read.
    """

    def remover() -> Pipeline:
        return pipelines.get(DEFAULT_BUNDLE, "own")

    def chosen(by: str) -> tuple[str, Pipeline]:
        """A bundle that was chosen from the list: what it is called, and its networks."""
        names = {value: name for name, value in bundle_choices()}
        if by not in names:
            raise BundleError("The models that were chosen are gone: choose others from the list.")
        return names[by], pipelines.get(by, "own")

    @told
    def find_boxes(data: Any) -> Answer:
        """Propose boxes for some pictures, and write them down as such; what somebody has agreed to stays.

        With `again`, that is looked at once more too.
        """
        root, by, again = _root(data), text(data, "by"), data.get("again") is True
        before = read_corrections(root)
        asked = [one for one in texts(data, "pictures", most=MOST_BOXED) if again or not _is_checked(before.get(one))]
        name, pipeline = ("", remover()) if by == BACKGROUND else chosen(by)
        propose = propose_without_background if by == BACKGROUND else propose_by_networks
        said = {}
        for one, proposal in zip(asked, pipeline.each(propose, [picture_in(root, one) for one in asked]), strict=True):
            if proposal is not None:
                said[one] = _proposed(proposal, by=name or BACKGROUND, before=before.get(one))
        correct(root, said, keep_checked=not again)
        return {
            "pictures": {
                one: {"boxes": proposed.boxes.tolist(), "sure": proposed.sure, "by": proposed.by}
                for one, proposed in said.items()
                if proposed.boxes is not None
            }
        }

    @told
    def add_new(data: Any) -> Answer:
        """Put a picture that was sent among those that wait for a class, with what some networks say of it."""
        sent, name, content = picture(data)
        kept = find_data(text(sent, "set")) if text(sent, "set") else new_set(NEW_NAME)
        if not is_built(kept):
            raise DataError(f"“{kept.name}” came with labels of its own, and takes no other pictures here.")
        by, pipeline = chosen(DEFAULT_BUNDLE if text(sent, "by") == BACKGROUND else text(sent, "by"))
        place = f"{NEW}/{add_picture(kept.path, NEW, content, name=name)}"
        path = picture_in(kept.path, place)
        proposal = propose_by_networks(pipeline, path)
        said = Correction(checked=False, sure=0) if proposal is None else _proposed(proposal, by=by)
        correct(kept.path, {place: replace(said, class_name=proposal.class_name if proposal else None)})
        return {"set": kept.id, "name": kept.name, "picture": _written(new_entry(kept.path, place))}

    @told
    def look_at_mask(data: Any) -> Answer:
        """The mask of a picture, opaque where its background is: what was mended, else what the data has, else what
        removing the background gives.
        """
        root, asked = _root(data), text(data, "picture")
        path = picture_in(root, asked)
        said = read_corrections(root).get(asked)
        if said is not None and said.mask:
            mask = open_mask(root / MASKS / said.mask)
        elif own := text(data, "mask"):
            mask = open_mask(picture_in(root, own))
        else:
            mask = mask_without_background(remover(), open_small(path))
        mask.thumbnail((MASK_SIDE, MASK_SIDE), Image.Resampling.BILINEAR)
        return {"mask": _dark_around(mask)}

    return [open_sheet, smalls, look_at_picture, save, save_mask, leave, find_boxes, add_new, look_at_mask]


@told
def open_sheet(data: Any) -> Answer:
    """A whole set: its name, its classes, and its pictures with what is known of them, without the pictures' pixels.

    Where none is asked for, an empty one: it comes to be with its first picture.
    """
    bundles = [{"id": value, "name": name} for name, value in bundle_choices()]
    if not text(data, "set"):
        return {
            "set": "",
            "name": "",
            "classes": [],
            "built": True,
            "pictures": [],
            "unread": [],
            "by": bundles,
            "own": "",
        }
    kept = find_data(text(data, "set"))
    sheet = read_sheet(kept)
    newest = next((run for run in list_runs() if run.bundle_ready and _learned_from(run.config.data, kept)), None)
    return {
        "set": kept.id,
        "name": kept.name,
        "classes": list(sheet.class_names),
        "built": sheet.is_built,
        "pictures": [_written(one) for one in sheet.entries],
        "unread": list(sheet.unread),
        "by": bundles,
        "own": newest.id if newest else "",
    }


@told
def smalls(data: Any) -> Answer:
    """Small pictures of some of the set's pictures; nothing for those that do not open."""
    root = _root(data)
    found = {}
    for one in texts(data, "pictures", most=MOST_SMALLS):
        try:
            small = thumbnail(root, picture_in(root, one))
        except (ImageError, DataError):
            found[one] = ""
        else:
            found[one] = f"data:image/webp;base64,{base64.b64encode(small).decode()}"
    return {"smalls": found}


@told
def look_at_picture(data: Any) -> Answer:
    """A picture of the set, large enough to draw on."""
    path = picture_in(_root(data), text(data, "picture"))
    return {"large": data_uri(open_local(path, at_least=LARGE), longest_side=LARGE)}


@told
def save(data: Any) -> Answer:
    """Keep the boxes and classes of a picture; where its class is another one, it may lie elsewhere then."""
    kept = find_data(text(data, "set"))
    root, asked = _root(data), text(data, "picture")
    size_wh = read_size(picture_in(root, asked))
    boxes = boxes_sent(data, size_wh)
    names = names_sent(data, len(boxes))
    label = None if data.get("class") is None else class_sent(data["class"])
    before = read_corrections(root).get(asked, Correction())
    said = Correction(
        boxes=boxes,
        names=names,
        class_name=label or before.class_name,
        mask=before.mask,
        sure=share_sent(data, "sure"),
        checked=data.get("checked") is True,
        by=text(data, "by")[:80],
    )
    if is_built(kept):
        return _save_built(kept, asked, said)
    if said.class_name != before.class_name or said.names != before.names:
        refuse_if_learning(kept.path, name=kept.name)
    correct(root, {asked: said})
    return {"picture": asked}


def _save_built(kept: KeptData, asked: str, said: Correction) -> Answer:
    """In a set that grows class by class, a picture's class is the folder that it lies in."""
    folder, label = asked.partition("/")[0], said.class_name
    if folder == NEW and not said.checked:
        correct(kept.path, {asked: said})
        return {"picture": asked}
    moves = label is not None and label != folder
    if moves and folder != NEW:
        refuse_if_learning(kept.path, name=kept.name)
    place = _class_of_set(kept.path, label) if moves and label else folder
    if place == NEW:
        raise DataError("Say what it is first: choose its class, or type a new one.")
    correct(kept.path, {asked: replace(said, class_name=None)})
    (moved,) = move_pictures(kept.path, [asked], place) if moves else (asked,)
    return {"picture": moved, "class": place}


def _class_of_set(root: Path, label: str) -> str:
    """The class of that name, which is made where there is none."""
    there = next((one.name for one in read_classes(root) if same(one.name) == same(label)), None)
    return there or add_class(root, label)


@told
def save_mask(data: Any) -> Answer:
    """Keep a mask that was mended, and the box around it where the picture has no more than one."""
    sent, _, content = picture(data)
    root, asked = _root(sent), text(sent, "at")
    size_wh = read_size(picture_in(root, asked))
    mask = mask_sent(content, size_wh)
    before = read_corrections(root).get(asked, Correction())
    boxes = before.boxes
    if sent.get("box") is True:
        boxes = box_of_mask(np.asarray(mask)).boxes
    names = before.names if boxes is before.boxes else ()
    said = Correction(boxes, names, before.class_name, keep_mask(root, mask), by=before.by)
    correct(root, {asked: said})
    return {"boxes": None if boxes is None else boxes.tolist()}


@told
def leave(data: Any) -> Answer:
    """Take pictures out of the set, or (with `back`) in again; as what they go now."""
    kept, back = find_data(text(data, "set")), text(data, "back")
    pictures = texts(data, "pictures", most=MOST_SMALLS)
    refuse_if_learning(kept.path, name=kept.name)
    if is_built(kept):
        return {"pictures": move_pictures(kept.path, pictures, back or OUT)}
    root = _root(data)
    paths = [picture_in(root, one) for one in pictures]
    if not back:
        leave_out(root, paths)
    for one in pictures if back else ():
        take_back(root, one)
    return {"pictures": pictures}


def _root(data: Any) -> Path:
    return top_of(find_data(text(data, "set")))


def _is_checked(said: Correction | None) -> bool:
    return said is not None and said.checked


def _proposed(proposal: Proposal, *, by: str, before: Correction | None = None) -> Correction:
    """A proposal as it is written down; a mask and a class that are known already stay."""
    said = before or Correction()
    return replace(said, boxes=proposal.boxes, names=(), sure=proposal.sure, checked=False, by=by)


def _learned_from(data: str, kept: KeptData) -> bool:
    return bool(data) and Path(data).resolve() == kept.path.resolve()


def _written(entry: Entry) -> Answer:
    """A picture as the script knows it."""
    return {
        "at": entry.picture,
        "size": entry.size_wh,
        "boxes": entry.boxes.tolist(),
        "names": list(entry.names),
        "class": entry.class_name,
        "sure": entry.sure,
        "checked": entry.checked,
        "by": entry.by,
        "new": entry.is_new,
        "part": entry.split,
        "mask": entry.mask,
    }


def _dark_around(mask: Image.Image) -> str:
    """A dark picture, opaque where a mask is not, as a PNG's URI: WebP would change it."""
    picture = Image.new("RGBA", mask.size, "#0e1517")
    picture.putalpha(ImageChops.invert(mask))
    buffer = BytesIO()
    picture.save(buffer, "PNG", compress_level=1)
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"
