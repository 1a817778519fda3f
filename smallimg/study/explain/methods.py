"""The methods by name, each with what it tells, what it cannot tell, and who it is from."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from torch import Tensor

from smallimg.networks.classifiers.base import ImageClassifier
from smallimg.study.explain.catalogue import ABOUT, About
from smallimg.study.explain.eigencam import eigencam
from smallimg.study.explain.gradcam import gradcam
from smallimg.study.explain.gradcam_pp import gradcam_pp
from smallimg.study.explain.integrated_gradients import integrated_gradients
from smallimg.study.explain.layercam import layercam
from smallimg.study.explain.occlusion import occlusion
from smallimg.study.explain.targets import ClassTarget


@dataclass(frozen=True)
class Method:
    """How a classifier's map is made.

    Attributes:
        explain: network in eval mode, looks float32 [n, 3, side, side] of 0 … 255, target → heat [n, side, side].
        about: in words.
        shuffles: how many shuffled networks it is held against; few where it is slow.
    """

    explain: Callable[[ImageClassifier, Tensor, ClassTarget], Tensor]
    about: About
    shuffles: int = 3


METHODS: Mapping[str, Method] = {
    "gradcam": Method(gradcam, ABOUT["gradcam"]),
    "gradcam++": Method(gradcam_pp, ABOUT["gradcam++"]),
    "layercam": Method(layercam, ABOUT["layercam"]),
    "eigencam": Method(eigencam, ABOUT["eigencam"]),
    "occlusion": Method(occlusion, ABOUT["occlusion"], shuffles=1),
    "integrated-gradients": Method(integrated_gradients, ABOUT["integrated-gradients"], shuffles=1),
}
