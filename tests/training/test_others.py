"""What other things look like: few pictures are told from all that they are not."""

import torch
from torch.nn import functional as F

from smallimg.training.others import directions


def things(centre: int, n: int, *, seed: int) -> torch.Tensor:
    """Embeddings of one kind of thing: all share what every picture has, and some of an axis of their own."""
    generator = torch.Generator().manual_seed(seed)
    common = torch.ones(16) * 2
    return common + 2 * F.one_hot(torch.tensor(centre), 16) + torch.randn(2, n, 16, generator=generator) * 0.3


def test_each_direction_points_to_its_class_and_away_from_all_else() -> None:
    others = torch.cat([things(kind, 20, seed=kind) for kind in range(4, 12)], dim=1)
    labels = torch.tensor([0] * 12 + [1] * 12 + [2] * 12)
    own = torch.cat([things(kind, 12, seed=50 + kind) for kind in range(3)], dim=1)
    kept, classes = directions(own, labels, others)
    assert classes.tolist() == [0, 1, 2]
    assert torch.allclose(kept.norm(dim=1), torch.ones(3))
    new = F.normalize(torch.cat([things(kind, 10, seed=90 + kind)[0] for kind in range(3)]), dim=1)
    assert ((new @ kept.T).argmax(dim=1) == torch.arange(3).repeat_interleave(10)).all()
    # Kinds that neither it nor the others have shown lie farther away than any new picture of its own.
    strange = F.normalize(torch.cat([things(kind, 10, seed=70 + kind)[0] for kind in (13, 14, 15)]), dim=1)
    assert (strange @ kept.T).amax(dim=1).max() < (new @ kept.T).amax(dim=1).min()


def test_one_class_alone_has_a_direction_too() -> None:
    """A fold may be without the other."""
    others = torch.cat([things(kind, 20, seed=kind) for kind in range(4, 12)], dim=1)
    kept, classes = directions(things(1, 6, seed=3), torch.full((6,), 1), others)
    assert classes.tolist() == [1]
    new, strange = (F.normalize(things(kind, 10, seed=8)[0], dim=1) @ kept[0] for kind in (1, 14))
    assert strange.max() < new.min()
