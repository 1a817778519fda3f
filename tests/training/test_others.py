"""What other things look like: few pictures are told from all that they are not."""

import torch
from torch.nn import functional as F

from smallimg.training.others import directions, memory_of, moved


def things(centre: int, n: int, *, seed: int) -> torch.Tensor:
    """Embeddings of one kind of thing: all share what every picture has, and some of an axis of their own."""
    generator = torch.Generator().manual_seed(seed)
    common = torch.ones(16) * 2
    return common + 2 * F.one_hot(torch.tensor(centre), 16) + torch.randn(2, n, 16, generator=generator) * 0.3


def test_each_direction_points_to_its_class_and_away_from_all_else() -> None:
    others = torch.cat([things(kind, 20, seed=kind) for kind in range(4, 12)], dim=1)
    labels = torch.tensor([0] * 12 + [1] * 12 + [2] * 12)
    own = torch.cat([things(kind, 12, seed=50 + kind) for kind in range(3)], dim=1)
    kept = directions(own, labels, others)
    assert torch.allclose(kept.norm(dim=1), torch.ones(3))
    new = F.normalize(torch.cat([things(kind, 10, seed=90 + kind)[0] for kind in range(3)]), dim=1)
    assert ((new @ kept.T).argmax(dim=1) == torch.arange(3).repeat_interleave(10)).all()
    # Kinds that neither it nor the others have shown lie farther away than any new picture of its own.
    strange = F.normalize(torch.cat([things(kind, 10, seed=70 + kind)[0] for kind in (13, 14, 15)]), dim=1)
    assert (strange @ kept.T).amax(dim=1).max() < (new @ kept.T).amax(dim=1).min()


def test_one_class_alone_has_a_direction_too() -> None:
    """A fold may be without the other."""
    others = torch.cat([things(kind, 20, seed=kind) for kind in range(4, 12)], dim=1)
    kept = directions(things(1, 6, seed=3), torch.full((6,), 1), others)
    assert kept.shape == (1, 16)
    new, strange = (F.normalize(things(kind, 10, seed=8)[0], dim=1) @ kept[0] for kind in (1, 14))
    assert strange.max() < new.min()


def test_likeness_is_to_the_nearest_seen_rather_than_to_the_nearest_others() -> None:
    others = torch.cat([things(kind, 20, seed=kind) for kind in range(4, 12)], dim=1)
    own, labels = torch.cat([things(kind, 12, seed=50 + kind) for kind in range(2)], dim=1), torch.arange(24) // 12
    memory = memory_of(own, labels, others)
    assert memory.others is not None
    assert memory.towards is not None
    assert [len(part) for part in memory] == [48, 320, 2]
    new = things(1, 5, seed=99)[0]
    by_hand = []
    for one in F.normalize(new):
        near, far = (sorted((float(one @ other) for other in part), reverse=True)[:3] for part in memory[:2])
        by_hand.append(sum(near) / 3 - sum(far) / 3 + max(float(one @ other) for other in memory.towards))
    torch.testing.assert_close(memory.likeness(new), torch.tensor(by_hand))
    assert memory.likeness(new).min() > memory.likeness(things(14, 20, seed=5)[0]).max()
    alone = memory_of(own[:, :1], labels[:1], others[:, :1])  # of fewer than three, as many as there are
    assert alone.likeness(new).isfinite().all()


def test_other_things_are_moved_to_where_ones_own_are() -> None:
    """Their place and their camera, which all pictures share, tell none of them from what is shown there too."""
    others = torch.cat([things(kind, 20, seed=kind) for kind in range(4, 12)], dim=1)
    place = 3 * F.one_hot(torch.tensor(15), 16)
    labels = torch.tensor([0] * 30 + [1] * 6)
    own = torch.cat([things(0, 30, seed=50), things(1, 6, seed=51)], dim=1) + place
    there = moved(others, own, labels)
    assert there.shape == others.shape
    middles = (own[:, :30].mean(dim=1) + own[:, 30:].mean(dim=1)) / 2  # a class counts as one, however many it has
    torch.testing.assert_close(there.mean(dim=1), middles)
    torch.testing.assert_close(there[:, :1] - there[:, 1:2], others[:, :1] - others[:, 1:2])
    memory, strange = memory_of(own, labels, others), things(13, 40, seed=7)[0] + place
    from_anywhere = memory.likeness(others[0]).quantile(0.95)
    assert memory.likeness(strange).min() > from_anywhere, "photos from anywhere say nothing of them"
    assert memory.likeness(there[0]).median() > from_anywhere
