"""What other things look like to a classifier, so that few pictures of one thing are told from all that they are not.

A dozen pictures say what a cup looks like, not what is no cup. A bundle that has seen many kinds of things keeps what
its classifier makes of some of them beside its networks (`smallimg.networks.others`), for whoever starts from its
features. After Hendrycks et al., 2019, "Deep anomaly detection with outlier exposure" (arXiv:1812.04606), for a frozen
body.
"""

import torch
from sklearn.linear_model import LogisticRegression
from torch import Tensor
from torch.nn import functional as F

from smallimg.networks.classifiers.base import Memory

#: How little weights are held back; a tenth and ten times that told as much.
C = 10.0


def memory_of(own: Tensor, labels: Tensor, others: Tensor) -> Memory:
    """What a classifier keeps of its pictures and of other things.

    Args:
        own: embeddings of one's own pictures, [looks, n, d].
        labels: their classes, int64 [n].
        others: embeddings of other things, [looks, m, d].
    """
    seen, strange = (F.normalize(part.flatten(0, 1)) for part in (own, others))
    return Memory(seen, strange, directions(own, labels, others))


def directions(own: Tensor, labels: Tensor, others: Tensor) -> Tensor:
    """Where the things of each class lie, seen from other things: [classes, d], each of length 1.

    The cosine between one and an embedding tells how much that shows this class rather than anything else, as a
    logistic regression has learned it with one class more, for all else. For the arguments see `memory_of`.
    """
    rows = F.normalize(torch.cat([own.flatten(0, 1), others.flatten(0, 1)]), dim=-1)
    none_of_them = int(labels.max()) + 1
    classes = torch.cat([labels.repeat(len(own)), torch.full((others.shape[:2].numel(),), none_of_them)])
    told = LogisticRegression(C=C, class_weight="balanced", max_iter=1000).fit(rows.double().numpy(), classes.numpy())
    weights = torch.from_numpy(told.coef_).float()
    # Of two, it has one row: for the second.
    return F.normalize(weights[:-1] - weights[-1:] if len(weights) > 1 else -weights)


def moved(others: Tensor, own: Tensor, labels: Tensor) -> Tensor:
    """Other things as they would be seen among one's own pictures: [looks, m, d].

    Whoever shows things to a classifier of their own shows them in the same place, before the same camera. What is none
    of its classes has that in common with them, which photos from anywhere have not: they are told apart too easily.
    So the middle of the others is moved to the middle of the classes.
    """
    middle = torch.stack([own[:, labels == label].mean(dim=1) for label in sorted(set(labels.tolist()))]).mean(dim=0)
    return others - others.mean(dim=1, keepdim=True) + middle[:, None]
