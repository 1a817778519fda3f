"""R-CNN's last step: machines in place of the last layer, which tell the object from what overlaps it little."""

from dataclasses import replace

import torch
from made_tensors import STILL, squares

from smallimg.networks.detectors.rcnn import RCNN
from smallimg.training.proposals import Proposals
from smallimg.training.recipes import StageRecipe
from smallimg.training.svms import learn_svms


def test_machines_take_the_place_of_the_last_layer_and_the_features_stay() -> None:
    torch.manual_seed(0)
    network = RCNN(widths=[8, 16], crop=16, input_size=64, n_classes=3)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    train = squares(24)
    recipe = StageRecipe("rcnn", 64, 1, 8, 1e-3, replace(STILL), {}, reads="image")
    labels = [(label + 1)[None] for label in train.labels]
    learn_svms(network, train, Proposals(train), labels, recipe, seed=0)
    changed = {name for name, value in network.state_dict().items() if not torch.equal(value, before[name])}
    assert changed == {"head.logits.weight", "head.logits.bias"}
    assert network.head.logits.bias[0] == 0, "nothing is what no machine takes for its own"
    assert network.head.logits.weight[0].abs().sum() == 0
    assert network.head.logits.bias[3] < 0, "of a class that was never shown there is no machine"
    with torch.inference_mode():
        pixels = (train.pixels.float() / 255 - 0.5) / 0.25
        shown = network.head.logits(network.features(pixels, list(train.boxes)))
    right = shown[:, 1:].argmax(dim=1) == train.labels
    assert right.float().mean() > 0.9, "bright and dark are apart in any features"
