"""What a segmenter says of every pixel, on the command line: in words, and as files."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from smallimg.bundles.bundle import Bundle
from smallimg.cli.wording import listed, percent
from smallimg.errors import BundleError, ImageError, called
from smallimg.files import whole
from smallimg.pictures.class_maps import class_picture
from smallimg.pictures.images import list_images
from smallimg.results import Segmentation


def mask_files(images: Sequence[Path], out: Path, bundle: Bundle) -> dict[Path, Path]:
    """Picture → the file for its class mask below `out`: a folder's tree is kept.

    Raises:
        BundleError: when the bundle has no segmenter.
        ImageError: when two pictures would get one file, or `out` lies in a folder of pictures.
    """
    if "segmenter" not in bundle.stages:
        raise BundleError(
            f"“{called(bundle.path)}” has no segmenter, which class masks come from: choose another bundle "
            "with --model, or train one with `train --stage segmenter`."
        )
    places: dict[Path, Path] = {}
    for given in images:
        if given.is_dir() and out.resolve().is_relative_to(given.resolve()):
            raise ImageError(f"{out} lies in {given}: the next look would take its masks for pictures.")
        found = list_images(given) if given.is_dir() else [given]
        places |= {path: path.relative_to(given) if given.is_dir() else Path(path.name) for path in found}
    stems = Counter(place.with_suffix("") for place in places.values())
    # a.jpg and a.png in one folder keep their whole names: a.jpg.png and a.png.png.
    names = {
        path: place if stems[place.with_suffix("")] > 1 else place.with_suffix("") for path, place in places.items()
    }
    if doubled := [name for name, count in Counter(names.values()).items() if count > 1]:
        raise ImageError(
            f"Several pictures are called {doubled[0]}: give their folder, whose tree the masks then have."
        )
    files = {path: out / f"{name}.png" for path, name in names.items()}
    if taken := {path.resolve() for path in files} & {file.resolve() for file in files.values()}:
        raise ImageError(f"A mask would overwrite {min(taken)}, which it is of: choose another folder with --out.")
    return files


def write_mask(segmentation: Segmentation, file: Path) -> None:
    """Write a class mask, a PNG with a palette as large as the picture: 0 is the background, k + 1 the class at k.

    Raises:
        ImageError: when it cannot be written.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with whole(file) as temporary:
            class_picture(segmentation.full()).save(temporary, "PNG")
    except OSError as error:
        raise ImageError(f"{file} could not be written ({error.strerror}): choose another folder.") from error


def pixels_said(segmentation: Segmentation) -> str:
    """The classes that pixels are of, and how many: "pixels: cup 23 %, background 77 %"."""
    shares: Mapping[str, float] = {**segmentation.shares, "background": segmentation.background}
    return f"pixels: {listed([f'{name} {percent(share)}' for name, share in shares.items()])}".replace("\u00a0", " ")
