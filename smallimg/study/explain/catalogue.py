"""What each method is, in words: for the page, the command line and the files it writes. Nothing here needs torch."""

from collections.abc import Mapping
from dataclasses import dataclass

_SCALE = "each picture has a scale of its own, so heat is not to be compared between pictures"
_LOGIT = "in units of the answer (logits), the same scale for every picture of one model"
_BOX = "in units of the box's score, the same scale for every picture of one model"


@dataclass(frozen=True)
class About:
    """A method in words.

    Attributes:
        title: its name for people.
        tells: what it shows, and how to read it.
        cannot: what it cannot tell.
        source: who it is from.
        scale: what its numbers mean.
        is_comparable: whether they can be compared between pictures of one model.
        asks_class: whether other classes have other maps.
    """

    title: str
    tells: str
    cannot: str
    source: str
    scale: str = _SCALE
    is_comparable: bool = False
    asks_class: bool = True


ABOUT: Mapping[str, About] = {
    "gradcam": About(
        "Grad-CAM",
        "Warm where the network's last features speak for the name. Quick, and the usual first look.",
        "It is as coarse as the last features: with a small network a few large squares. What speaks against the name "
        "is not shown.",
        "Selvaraju et al., 2017",
    ),
    "gradcam++": About(
        "Grad-CAM++",
        "As Grad-CAM, but several objects of one kind all count.",
        "As coarse as Grad-CAM, and it depends less on which name is asked about.",
        "Chattopadhay et al., 2018",
    ),
    "layercam": About(
        "LayerCAM",
        "As Grad-CAM at an earlier layer: finer.",
        "Earlier layers know edges and textures more than things, so it may warm an edge that means little.",
        "Jiang et al., 2021",
    ),
    "eigencam": About(
        "Eigen-CAM",
        "Warm where the network sees its strongest pattern. No gradient is needed.",
        "It does not ask about a name: the map is the same for all of them.",
        "Muhammad and Yeasin, 2020",
        asks_class=False,
    ),
    "occlusion": About(
        "Occlusion",
        "Warm where hiding a small square makes the name less likely. Nothing inside the network is looked at.",
        "What is there twice looks unimportant, since hiding one of the two changes little; and a grey square is "
        "something the network may have an opinion about itself.",
        "Zeiler and Fergus, 2014",
        _LOGIT,
        is_comparable=True,
    ),
    "integrated-gradients": About(
        "Integrated gradients",
        "Every pixel's share in the answer; all together are exactly what the picture has more of it than plain grey.",
        "It is grainy, and a grey pixel never gets any heat, whatever it means.",
        "Sundararajan et al., 2017",
        _LOGIT,
        is_comparable=True,
    ),
}
BOX_ABOUT: Mapping[str, About] = {
    "drise": About(
        "D-RISE",
        "Warm where the box's score falls when random patches hide it.",
        "The patches are random, so the map is a little uneven; it tells what the box needs, not why.",
        "Petsiuk et al., 2021",
        _BOX,
        is_comparable=True,
        asks_class=False,
    ),
    "box-occlusion": About(
        "Occlusion of the box",
        "Warm where hiding one square makes the box's score fall.",
        "A box that needs no single place stays cold everywhere.",
        "Zeiler and Fergus, 2014",
        _BOX,
        is_comparable=True,
        asks_class=False,
    ),
}
