"""What the stages learn from."""

import torch
from made_tensors import squares

from smallimg.training.parts import make_views


def test_views_change_the_ground_and_keep_the_truth() -> None:
    data = squares(4)
    views = make_views(data, lambda pixels: torch.full_like(pixels[:, :1], 9), count=3, seed=0)
    assert (views.views, len(views)) == (3, 4)
    assert views.alpha is not None
    assert (views.alpha == 9).all(), "the masks that prediction would have, not the true ones"
    assert torch.equal(views.pixels[:4], data.pixels)
    assert data.alpha is not None
    inside = data.alpha.expand(-1, 3, -1, -1) > 0
    for start in (4, 8):
        view = views.pixels[start : start + 4]
        assert torch.equal(view[inside], data.pixels[inside])
        assert (view[~inside] != data.pixels[~inside]).float().mean() > 0.8
