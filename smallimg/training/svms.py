"""The last step of R-CNN: linear support vector machines name what the network sees (Girshick et al., 2014)."""

import numpy as np
import torch
from sklearn.svm import LinearSVC
from torch import Tensor
from torchvision.ops import box_iou

from smallimg.networks.detectors.pyramid import MEAN, STD
from smallimg.networks.detectors.rcnn import RCNN
from smallimg.training.augment import window_matrices
from smallimg.training.looks import look_again, whole
from smallimg.training.proposals import Proposals
from smallimg.training.recipes import StageRecipe
from smallimg.training.tensors import Tensors

#: What a machine does not count as nothing, and as the object, is left out: as in the paper, the true boxes alone are
#: examples, and counterexamples overlap none by more than this.
NOTHING = 0.3
#: Counterexamples of a picture: those of which the network is surest, which are the hard ones.
HARDEST = 12
#: How much a mistake counts against a wide margin, as in the paper.
STRICTNESS = 0.001


@torch.inference_mode()
def learn_svms(
    network: RCNN, train: Tensors, proposals: Proposals, labels: list[Tensor], recipe: StageRecipe, *, seed: int
) -> None:
    """Put support vector machines, one a class, in the place of a trained network's last layer.

    Args:
        network: on the CPU; in eval mode afterwards.
        train: the pictures it learned from.
        proposals: theirs.
        labels: of each picture its boxes' classes as the network counts them, from 1.
        recipe: of the stage.
        seed: of the solver.
    """
    network.eval()
    features, names = [], []
    for chosen in torch.split(torch.arange(len(train)), 16):
        matrices = window_matrices(whole(train, len(chosen)), None)
        pixels = (look_again(train, chosen, matrices, recipe) / 255 - MEAN[0]) / STD[0]
        told = proposals.seen(chosen, matrices, recipe.input_size)
        for index, picture, boxes in zip(chosen.tolist(), pixels, told, strict=True):
            true = train.boxes[index] * (recipe.input_size / train.side)
            nothing = boxes[box_iou(boxes, true).amax(dim=1) < NOTHING] if len(true) else boxes
            seen = network.features(picture[None], [torch.cat([true, nothing])])
            sure = network.head.logits(seen[len(true) :]).softmax(dim=1)[:, 1:].sum(dim=1)
            hard = sure.topk(min(HARDEST, len(sure))).indices
            features.append(torch.cat([seen[: len(true)], seen[len(true) :][hard]]).numpy())
            names.append(np.concatenate([labels[index].numpy(), np.zeros(len(hard), np.int64)]))
    x, y = np.concatenate(features), np.concatenate(names)
    last = network.head.logits
    scale = x.std(axis=0) + 1e-6  # the machine's margin knows no units
    last.weight.zero_()
    last.bias.zero_()
    for label in range(1, len(last.bias)):
        if not (y == label).any():
            last.bias[label] = -1.0
            continue
        machine = LinearSVC(C=STRICTNESS, class_weight="balanced", random_state=seed, max_iter=5000)
        machine.fit(x / scale, y == label)
        last.weight[label] = torch.from_numpy(machine.coef_[0] / scale).float()
        last.bias[label] = float(machine.intercept_[0])
    # Nothing scores 0: the probability of a class is the logistic function of twice its margin, 1 on the margin's edge.
    last.weight.mul_(2)
    last.bias.mul_(2)
