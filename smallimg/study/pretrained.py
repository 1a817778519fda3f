"""What a network says that others trained on ImageNet's million photos: a foil to ours, which start from nothing."""

from functools import cache

import torch
from PIL import Image
from torchvision.models import MobileNet_V3_Small_Weights, mobilenet_v3_small

from smallimg.errors import TrainingError
from smallimg.networks.pixels import to_tensor
from smallimg.training.transfer import imagenet_state

WEIGHTS = MobileNet_V3_Small_Weights.IMAGENET1K_V1
SIDE = 224


class PretrainedNames:
    """torchvision's MobileNetV3 (small; Howard et al., 2019, arXiv:1905.02244), with its thousand names.

    Raises:
        TrainingError: when its weights, 10 MB, are neither here nor to be fetched, or are damaged.
    """

    def __init__(self) -> None:
        self._network = mobilenet_v3_small(weights=None)
        weights = imagenet_state("or leave them off: our own network's names need none")
        try:
            self._network.load_state_dict(weights)
        except RuntimeError as error:
            raise TrainingError(
                "The ImageNet weights on this machine are damaged: delete them, and they are fetched anew."
            ) from error
        self._network.eval()
        self._preset = WEIGHTS.transforms(crop_size=SIDE, resize_size=SIDE)

    def __call__(self, crop: Image.Image, *, most: int) -> list[tuple[str, float]]:
        """Its likeliest names for a square crop, RGB, and their probabilities, best first."""
        pixels = to_tensor(crop.resize((SIDE, SIDE), Image.Resampling.BILINEAR))
        with torch.inference_mode():
            shares = self._network(self._preset(pixels)[None]).softmax(dim=1)[0]
        best, places = shares.topk(most)
        names = WEIGHTS.meta["categories"]
        return [(names[place], share) for place, share in zip(places.tolist(), best.tolist(), strict=True)]


@cache
def pretrained_names() -> PretrainedNames:
    """The network, read once; see `PretrainedNames` for the error, after which the next call tries again."""
    return PretrainedNames()
