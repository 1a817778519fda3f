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

#: How little weights are held back; a tenth and ten times that told as much.
C = 10.0


def directions(own: Tensor, labels: Tensor, others: Tensor) -> tuple[Tensor, Tensor]:
    """Where the things of each class lie, seen from other things: [k, d], each of length 1, and their classes [k].

    The cosine between one and an embedding tells how much that shows this class rather than anything else, as a
    logistic regression has learned it with one class more, for all else. They can stand in the place of
    `smallimg.networks.classifiers.base.ImageClassifier.seen`.

    Args:
        own: embeddings of one's own pictures, [looks, n, d].
        labels: their classes, int64 [n].
        others: embeddings of other things, [looks, m, d].
    """
    rows = F.normalize(torch.cat([own.flatten(0, 1), others.flatten(0, 1)]), dim=-1)
    present, none_of_them = torch.tensor(sorted(set(labels.tolist()))), int(labels.max()) + 1
    classes = torch.cat([labels.repeat(len(own)), torch.full((others.shape[:2].numel(),), none_of_them)])
    told = LogisticRegression(C=C, class_weight="balanced", max_iter=1000).fit(rows.double().numpy(), classes.numpy())
    weights = torch.from_numpy(told.coef_).float()
    towards = weights[:-1] - weights[-1:] if len(present) > 1 else -weights  # of two, it has one row: for the second
    return F.normalize(towards), present
