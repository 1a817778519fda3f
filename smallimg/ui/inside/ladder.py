"""The detectors of the textbooks as rungs of a ladder: what each changed, who told it first, and on your picture."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from smallimg.bundles.bundle import load_bundle
from smallimg.errors import SmallimgError
from smallimg.training.architectures import ARCHITECTURES
from smallimg.ui.pipelines import bundle_choices
from smallimg.ui.try_it.models import model_name


@dataclass(frozen=True)
class Rung:
    """One detector: what was wrong with those before it, and what it does about that."""

    architecture: str
    title: str
    what: str
    source: str


RUNGS = (
    Rung("localizer", "One box as four numbers",
         "A classifier learns four numbers more: where the object is. Fast, and of several objects it finds one.",
         "Sermanet et al., 2014, OverFeat (arXiv:1312.6229)"),
    Rung("sliding_window", "Sliding window",
         "A classifier looks through a window, at every place, in every size: any number of objects, a thousand looks.",
         "Dalal and Triggs, 2005, CVPR"),
    Rung("rcnn", "R-CNN",
         "It looks only where regions of one colour and texture suggest something: hundreds of places in place of all.",
         "Girshick et al., 2014 (arXiv:1311.2524)"),
    Rung("fast_rcnn", "Fast R-CNN",
         "The network sees the picture once, and each place is cut out of its features in place of the pixels.",
         "Girshick, 2015 (arXiv:1504.08083)"),
    Rung("compact_fasterrcnn", "Faster R-CNN",
         "The network proposes the places itself, from the same features: the slow search is gone.",
         "Ren et al., 2015 (arXiv:1506.01497)"),
    Rung("yolo_grid", "YOLO",
         "No second look: the picture is a grid, and each cell says what it holds. Fast, with few boxes a cell.",
         "Redmon et al., 2016 (arXiv:1506.02640)"),
    Rung("ssd", "SSD",
         "One look as well, on maps of several sizes: large things on the coarse ones, small things on the fine ones.",
         "Liu et al., 2016 (arXiv:1512.02325)"),
    Rung("retinanet", "RetinaNet",
         "Nearly all of its boxes show nothing, and drown the rest in training: the focal loss hears the hard ones.",
         "Lin et al., 2017 (arXiv:1708.02002)"),
    Rung("fcos", "FCOS",
         "No boxes to begin with: each place says how far the object's four sides are.",
         "Tian et al., 2019 (arXiv:1904.01355)"),
    Rung("mask_rcnn", "Mask R-CNN",
         "Faster R-CNN that draws the object in its box, too; RoI align reads its features where they lie.",
         "He et al., 2017 (arXiv:1703.06870)"),
)  # fmt: skip


def models_by_detector() -> dict[str, list[str]]:
    """Architecture of a detector → the models that are here with it, by what chooses them."""
    found: dict[str, list[str]] = {}
    for _, value in bundle_choices():
        try:
            stage = load_bundle(value).stages.get("detector")
        except SmallimgError:
            continue  # damaged: “Try it” says so
        if stage is not None:
            found.setdefault(stage.architecture, []).append(value)
    return found


def ladder_html(models: Mapping[str, Sequence[str]]) -> str:
    """The rungs in their order; each with a button for those models that have it."""
    rungs = []
    for rung in RUNGS:
        known = ARCHITECTURES["detector"][rung.architecture]
        mine = models.get(rung.architecture, ())
        if mine:
            names = ", ".join(model_name(one) for one in mine[:2]) + (", …" if len(mine) > 2 else "")
            show = (
                f'<button type="button" class="si-plain" data-rung="{rung.architecture}">Show it on the picture above'
                f"</button> <span class='si-facts'>with {escape(names)}</span>"
            )
        else:
            show = (
                "<span class='si-facts'>None is here yet. In “Train”, expert settings, it is the detector "
                f"“{rung.architecture}”.</span>"
            )
        measured = f"<p class='si-facts'>{escape(known.measured)}</p>" if known.measured else ""
        rungs.append(
            f"<li><h4>{escape(rung.title)}</h4><p class='si-sentence'>{escape(rung.what)}</p>{measured}"
            f"<p class='si-facts'><cite>{escape(rung.source)}</cite></p><p>{show}</p></li>"
        )
    return f"<ol class='si-ladder'>{''.join(rungs)}</ol>"
