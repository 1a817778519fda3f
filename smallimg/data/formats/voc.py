"""Pascal VOC's form: a file of XML for each picture (host.robots.ox.ac.uk/pascal/VOC/voc2012/htmldoc).

The XML is in `Annotations/` and the pictures in `JPEGImages/`, with a list of each split's names in
`ImageSets/Main/<split>.txt`; or the two lie side by side in `<split>/`, as Roboflow writes them.
"""

from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as Xml

import defusedxml.ElementTree
import numpy as np
from defusedxml import DefusedXmlException

from smallimg.data.dataset import WHOLE, Dataset, Sample
from smallimg.data.formats.lookup import Pictures, pictures_in, unlisted
from smallimg.data.formats.marks import Marking, labels_of_boxes, require_labelled_boxes, to_dataset
from smallimg.data.formats.places import Report, copy_all, places, refuse_taken, split_to_write
from smallimg.data.formats.shapes import save_shape
from smallimg.data.formats.splits import choose, exact_split, first_of, split_folders
from smallimg.data.formats.voc_masks import read_mask, write_masks
from smallimg.data.problems import about
from smallimg.errors import DataError, ImageError, why
from smallimg.files import write_text
from smallimg.pictures.images import read_size

#: What this form can hold.
HOLDS = frozenset({"boxes", "classes", "masks"})
PICTURES = ("JPEGImages", "images", "Images")


@dataclass(frozen=True)
class Part:
    """Where a split is: its folder of XML, the folders of its pictures, and their names where those are listed."""

    annotations: Path
    pictures: tuple[Path, ...]
    names: tuple[str, ...] | None = None


def splits(root: Path) -> dict[str, Part]:
    """Split → where it is; nothing where this is not the form."""
    found = ((one, _annotations(one)) for one in (root, *sorted(root.glob("VOC*"))))
    base, annotations = next((pair for pair in found if pair[1]), (root, None))
    if annotations is not None:
        pictures = tuple(base / name for name in PICTURES)
        lists = _lists(base)
        parts = {split: Part(annotations, pictures, names) for split, names in lists.items()}
        return parts or {WHOLE: Part(annotations, pictures)}
    folders = split_folders(root)
    apart = {
        split: Part(annotations, tuple(folder / name for name in PICTURES))
        for split, folder in folders.items()
        if (annotations := _annotations(folder)) is not None
    }
    beside = {split: Part(folder, (folder,)) for split, folder in folders.items() if _has_xml(folder)}
    return first_of((apart | beside).items()) or ({WHOLE: Part(root, (root,))} if _has_xml(root) else {})


def read(root: Path, split: str) -> Dataset:
    """The pictures that a split's XML is of; one without an object is known to show nothing.

    VOC counts pixels from 1 and names the last that is within: its box 1, 1, 20, 10 is the whole of 20 × 10 pixels.
    """
    name, part = choose(splits(root), split, root=root)
    pictures = Pictures(root, first=part.pictures)
    if part.names is None:
        files = sorted(part.annotations.glob("*.xml"))
    else:
        files = [part.annotations / f"{one}.xml" for one in part.names]
    problems: list[str] = []
    markings: dict[Path, Marking] = {}
    listed: set[Path] = set()
    for file in files:
        path = None
        try:
            tree = _load(file)
            path = _picture(file, tree, pictures)
            listed.add(path)
            if path in markings:
                raise DataError(f"{path.name} is the picture of another file as well")
            marking = Marking(path, said_wh=_said_size(tree))
        except (DataError, ImageError) as error:
            problems.append(about(f"{file.name}: {error}", path, is_unreadable=isinstance(error, ImageError)))
            continue
        markings[path] = marking
        for thing in tree.findall("object"):
            _mark(marking, thing)
        try:
            mask = read_mask(part.annotations.parent, file.stem, marking.size_wh)
            marking.mask = None if mask is None else save_shape(mask)
        except (DataError, ImageError) as error:  # the picture is still good for the other stages
            problems.append(about(f"{file.name}: {error}", path, is_unreadable=isinstance(error, ImageError)))
    if part.names is None:
        there = [one for folder in part.pictures for one in pictures_in(folder)]
        problems += unlisted(there, listed, where="any XML")
    return to_dataset(root, name, markings.values(), problems)


def write(dataset: Dataset, folder: Path, *, report: Report | None = None) -> None:
    """Write a data set in this form; the list of the split, `ImageSets/Main/<split>.txt`, comes last of all.

    Corners are rounded to whole pixels, of which VOC counts. A picture whose name another split has is called after its
    split as well. Masks become `SegmentationObject/` and `SegmentationClass/`, without half-tones.

    Raises:
        DataError: when a picture has no box, unless it is known to show nothing, a box has no class, or the split is
            there already.
    """
    require_labelled_boxes(dataset.samples, form="Pascal VOC")
    split = split_to_write(dataset)
    listed = folder / "ImageSets" / "Main" / f"{split}.txt"
    refuse_taken(listed)
    there = _flat_places(dataset, folder / "JPEGImages", split)
    copy_all(
        {folder / "JPEGImages" / place: sample.path for place, sample in zip(there, dataset.samples, strict=True)},
        report=report,
    )
    (folder / "Annotations").mkdir(exist_ok=True)
    masked = []
    for sample, place in zip(dataset.samples, there, strict=True):
        write_text(folder / "Annotations" / f"{Path(place).stem}.xml", _xml(sample, place, dataset.class_names))
        if sample.mask is not None and len(sample.boxes):
            write_masks(sample, folder, Path(place).stem)
            masked.append(Path(place).stem)
    for file, stems in (
        (folder / "ImageSets" / "Segmentation" / listed.name, masked),
        (listed, [Path(place).stem for place in there]),
    ):
        if stems:
            file.parent.mkdir(parents=True, exist_ok=True)
            write_text(file, "".join(f"{stem}\n" for stem in stems))


def _flat_places(dataset: Dataset, folder: Path, split: str) -> list[str]:
    """A name for each picture in the one folder that all splits share."""
    taken = {path.stem for path in folder.iterdir()} if folder.is_dir() else set()
    flat = []
    for place in places([sample.path for sample in dataset.samples]):
        stem = "_".join(place.with_suffix("").parts)
        while stem in taken:
            stem = f"{split}_{stem}"
        taken.add(stem)
        flat.append(stem + place.suffix)
    return flat


def _xml(sample: Sample, place: str, class_names: tuple[str, ...]) -> str:
    tree = Xml.Element("annotation")
    width, height = read_size(sample.path)
    Xml.SubElement(tree, "folder").text = "JPEGImages"
    Xml.SubElement(tree, "filename").text = place
    size = Xml.SubElement(tree, "size")
    for tag, value in (("width", width), ("height", height), ("depth", 3)):
        Xml.SubElement(size, tag).text = str(value)
    Xml.SubElement(tree, "segmented").text = str(int(sample.mask is not None and len(sample.boxes) > 0))
    for box, label in zip(sample.boxes, labels_of_boxes(sample), strict=True):
        thing = Xml.SubElement(tree, "object")
        for tag, text in (
            ("name", class_names[label]),
            ("pose", "Unspecified"),
            ("truncated", "0"),
            ("difficult", "0"),
        ):
            Xml.SubElement(thing, tag).text = text
        x1, y1, x2, y2 = (int(value) for value in np.rint(box))
        # What is thinner than a pixel keeps one, or it would be no box any more.
        x1, y1 = min(x1, width - 1), min(y1, height - 1)
        corners = Xml.SubElement(thing, "bndbox")
        for tag, value in (("xmin", x1 + 1), ("ymin", y1 + 1), ("xmax", max(x2, x1 + 1)), ("ymax", max(y2, y1 + 1))):
            Xml.SubElement(corners, tag).text = str(value)
    Xml.indent(tree, "\t")
    return Xml.tostring(tree, encoding="unicode") + "\n"


def _mark(marking: Marking, thing: Xml.Element) -> None:
    name, corners = (thing.findtext("name") or "").strip(), thing.find("bndbox")
    if not name:
        marking.leave_out("an object has no name")
        return
    cells = [] if corners is None else [corners.findtext(tag) for tag in ("xmin", "ymin", "xmax", "ymax")]
    try:
        x1, y1, x2, y2 = (float(cell) for cell in cells if cell is not None)
    except ValueError:
        marking.leave_out(f"a {name} has no box: expected a bndbox with xmin, ymin, xmax and ymax")
        return
    marking.add(name, (x1 - 1, y1 - 1, x2, y2))


def _load(file: Path) -> Xml.Element:
    if not file.is_file():
        raise DataError("there is no such file, and its split lists it")
    try:
        tree: Xml.Element = defusedxml.ElementTree.parse(file).getroot()
    except (OSError, ValueError, LookupError, Xml.ParseError, DefusedXmlException, RecursionError) as error:
        raise DataError(f"it could not be read as XML ({why(error)}): export the labels again") from error
    if tree.tag != "annotation":
        raise DataError(f"it begins with <{tree.tag}>, expected <annotation>")
    return tree


def _picture(file: Path, tree: Xml.Element, pictures: Pictures) -> Path:
    """The picture of the XML's own name, else of the name that is in it: people rename both, or one of them."""
    said = (tree.findtext("filename") or "").strip()
    suffix = Path(said).suffix
    try:
        return pictures.find(file.stem + suffix) if suffix else pictures.find(file.stem)
    except DataError:
        try:
            return pictures.find(file.stem)
        except DataError:
            if not said:
                raise
            return pictures.find(said)


def _said_size(tree: Xml.Element) -> tuple[float, float] | None:
    cells = [tree.findtext(f"size/{tag}") for tag in ("width", "height")]
    try:
        width, height = (float(cell) for cell in cells if cell is not None)
    except ValueError:
        return None
    return width, height


def _lists(base: Path) -> dict[str, tuple[str, ...]]:
    """Split → names of its pictures. Lists of a class, such as `cat_train.txt`, are passed over."""
    folder = next(
        (one for kind in ("Main", "Segmentation", "Layout") if any((one := base / "ImageSets" / kind).glob("*.txt"))),
        None,
    )
    if folder is None:
        return {}
    names = {file.stem.lower(): _names(file) for file in sorted(folder.glob("*.txt"))}
    found = first_of((split, listed) for stem, listed in names.items() if (split := exact_split(stem)))
    if "train" not in found and "trainval" in names:
        val = set(found.get("val", ()))
        found = {"train": tuple(name for name in names["trainval"] if name not in val)} | found
    return found


def _names(file: Path) -> tuple[str, ...]:
    """The first word of each line; a second says whether a class is there."""
    lines = file.read_text("utf-8-sig", errors="replace").splitlines()
    return tuple(
        dict.fromkeys(line.rsplit(maxsplit=1)[0] if _has_flag(line) else line.strip() for line in lines if line.strip())
    )


def _has_flag(line: str) -> bool:
    return len(line.split()) > 1 and line.rsplit(maxsplit=1)[-1] in ("1", "-1", "0")


def _annotations(base: Path) -> Path | None:
    """The folder of XML in `base`; sets that are not VOC's own write it small."""
    return next((one for one in (base / "Annotations", base / "annotations") if _has_xml(one)), None)


def _has_xml(folder: Path) -> bool:
    file = next(folder.glob("*.xml"), None) if folder.is_dir() else None
    return file is not None and b"<annotation" in file.read_bytes()[:2000]
