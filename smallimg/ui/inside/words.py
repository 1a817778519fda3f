"""The steps of a detector in words: what each is, and how to read what is shown of it."""

from dataclasses import dataclass

from smallimg.study.inside.steps import DetectorSteps

#: Detectors whose places begin with no anchors, and what those are called.
_NO_ANCHORS = {"fcos", "fcos_resnet50_fpn"}


#: A loss as training writes it down → what it is called here, and what it asks.
LOSSES = {
    "loss_objectness": ("Objectness", "does it suspect something at the right places, and nothing elsewhere?"),
    "loss_rpn_box_reg": ("First boxes", "how far from the true box are the boxes of those places?"),
    "loss_classifier": ("Second judgement", "does it know the object from what is none, or from other kinds?"),
    "loss_box_reg": ("Last boxes", "how far from the true box are the boxes that it gives?"),
    "classification": ("Judgement", "is it sure at the right places, and not elsewhere?"),
    "bbox_regression": ("Boxes", "how far from the true box are the boxes of those places?"),
    "bbox_ctrness": ("Middle", "does it trust places in the middle of the object more than those at its edge?"),
}


@dataclass(frozen=True)
class Step:
    """One step: what draws it in the page (`steps.js`), its title, what it is, and how to read it."""

    kind: str
    title: str
    what: str
    read: str


def steps_in_words(steps: DetectorSteps, architecture: str, *, reads_cutout: bool, of_cutout: bool) -> list[Step]:
    """Those that this detector has, in their order.

    Args:
        steps: what it did.
        architecture: its name.
        reads_cutout: whether the background is removed from what it sees.
        of_cutout: whether the best box of the prediction is not the detector's.
    """
    background = " Its background is removed first." if reads_cutout else ""
    told = [
        Step(
            "sees",
            "What it sees",
            f"Your picture, made to {steps.side} × {steps.side} pixels, with grey bars.{background}",
            "What you cannot make out here, it cannot either.",
        )
    ]
    if steps.levels:
        told.append(_features(steps))
    if any(len(level.anchors) for level in steps.levels):
        told += [_places(architecture), _sure(steps)]
    if len(steps.proposals):
        told.append(_proposals(steps))
    if steps.cuts:
        told.append(_cut(architecture))
    if len(steps.second):
        told.append(
            Step(
                "second",
                "The second look",
                "Each proposal is judged once more, by what lies in it, and moved once more.",
                "Dashed is the box before, solid after. Choose a row: a good proposal rises, a bad one falls.",
            )
        )
    if len(steps.candidates) != 1 or architecture != "localizer":
        told.append(
            Step(
                "alone",
                "One box for one thing",
                "Several boxes lie around the same thing. The best stays and puts aside all that overlap it too much.",
                "Grey boxes were put aside; a line ties each to the box that did it. Move the threshold and watch.",
            )
        )
    return [*told, _final(steps, of_cutout=of_cutout), _HOW_FAR_OFF]


def _features(steps: DetectorSteps) -> Step:
    many = "one map" if len(steps.levels) == 1 else f"{len(steps.levels)} maps, each half as fine as the one before"
    return Step(
        "features",
        "What it makes of it",
        f"At every place many numbers say what is there: {many}. Fine maps know where, coarse ones know what.",
        "Bright: much is said there. Choose a map to see single numbers of it.",
    )


def _places(architecture: str) -> Step:
    if architecture in _NO_ANCHORS:
        return Step(
            "places",
            "Places",
            "Every place says how far the object’s four sides are from it; there are no anchors.",
            "Move over the picture, tap, or use the arrow keys. Dashed: the place. Solid: the box it tells.",
        )
    name, short = ("Cells", "cell") if architecture == "yolo_grid" else ("Anchors", "place")
    return Step(
        "places",
        name,
        f"Every {short} begins with the same few boxes, says how sure it is of each, and moves it.",
        "Move over the picture, tap, or use the arrow keys. Dashed: as they begin. Solid: the surest, moved.",
    )


def _sure(steps: DetectorSteps) -> Step:
    count = sum(level.scores.size for level in steps.levels)
    return Step(
        "sure",
        "Where might something be?",
        f"How sure the surest box of each place is, of {count:,} in all.",
        "Warm: sure. Fine maps look for small things, coarse ones for large.",
    )


def _proposals(steps: DetectorSteps) -> Step:
    if steps.are_given:
        return Step(
            "proposals",
            "Proposals from outside",
            f"Selective search proposes {len(steps.proposals):,} boxes: regions of one colour and texture, merged. It "
            "knows nothing of objects.",
            "Move the slider: the first are those of the largest regions.",
        )
    if not steps.levels:
        return Step(
            "proposals",
            "Windows",
            f"{len(steps.proposals):,} windows of a few sizes and shapes, one beside the other.",
            "Move the slider to see them.",
        )
    return Step(
        "proposals",
        "Proposals",
        f"The surest of them, moved, and none nearly twice: {len(steps.proposals)} boxes that go on.",
        "The stronger a line, the surer. Move the slider to see only the best.",
    )


def _cut(architecture: str) -> Step:
    return Step(
        "cut",
        "Cut out of the features",
        "From the map, a small square of numbers is read for each proposal. RoI pooling, the older way, rounds the box "
        "to whole places first; RoI align reads between them.",
        "Solid: the proposal. Dashed: as it is rounded. So far off is what RoI pooling sees."
        + ("" if architecture == "fast_rcnn" else " This network uses RoI align."),
    )


_HOW_FAR_OFF = Step(
    "losses",
    "How far off is it?",
    "Training turns each mistake into a number, a loss, and makes it smaller. Draw the true box, and see them here.",
    "Zero would be perfect. A box drawn in the wrong place shows how each loss rises.",
)


def _final(steps: DetectorSteps, *, of_cutout: bool) -> Step:
    more = (
        " In “Try it” the thick box is another one: the one around the cut-out, which is clear here."
        if of_cutout
        else ""
    )
    return Step(
        "final",
        "What it says",
        f"What is left, best first, at most {steps.most}: exactly what “Try it” shows of this detector.{more}",
        "The number is the score; below 5 % a box is not shown." if steps.most > 1 else "The number is the score.",
    )
