"""Which pictures each network can learn from, where the data knows more of some than of others."""

from dataclasses import replace

import torch
from torch import Tensor

from smallimg.training.tensors import Tensors


def for_remover(tensors: Tensors) -> Tensors:
    """Pictures that are not known to show nothing: a remover has nothing to keep in those."""
    return tensors if tensors.negative is None else _chosen(tensors, ~tensors.negative)


def for_detector(tensors: Tensors) -> Tensors:
    """Pictures with boxes, and those that are known to show nothing, which teach what is no object.

    Pictures of which nobody has said where the object is would teach that it is none.
    """
    if tensors.negative is None:
        return tensors
    boxed = torch.tensor([len(boxes) > 0 for boxes in tensors.boxes])
    return _chosen(tensors, boxed | tensors.negative)


def for_classifier(tensors: Tensors) -> Tensors:
    """Pictures with a class; one with boxes of several classes comes once for each such box, with that alone."""
    if not (tensors.labels < 0).any():
        return tensors
    rows, boxes, labels = [], [], []
    for row, label in enumerate(tensors.labels.tolist()):
        if label >= 0:
            rows.append(row)
            boxes.append(tensors.boxes[row])
            labels.append(label)
        elif tensors.box_labels and len(tensors.box_labels[row]):
            for box, of_box in zip(tensors.boxes[row], tensors.box_labels[row].tolist(), strict=True):
                if of_box >= 0:
                    rows.append(row)
                    boxes.append(box[None])
                    labels.append(of_box)
    if not rows:
        return tensors
    chosen = _rows(tensors, torch.tensor(rows))
    return replace(chosen, boxes=tuple(boxes), labels=torch.tensor(labels), box_labels=())


def _chosen(tensors: Tensors, keep: Tensor) -> Tensors:
    """The pictures for which `keep` [n] is true; all of them where it is for none, which training then says."""
    return tensors if keep.all() or not keep.any() else _rows(tensors, keep.nonzero()[:, 0])


def _rows(tensors: Tensors, rows: Tensor) -> Tensors:
    """These of the pictures [k] in all their views."""
    n = len(tensors)
    places = torch.cat([rows + view * n for view in range(tensors.views)])
    chosen = rows.tolist()
    return Tensors(
        tensors.pixels[places],
        tensors.alpha[places] if tensors.alpha is not None else None,
        tuple(tensors.boxes[row] for row in chosen),
        tensors.labels[rows],
        tensors.negative[rows] if tensors.negative is not None else None,
        tuple(tensors.box_labels[row] for row in chosen) if tensors.box_labels else (),
    )
