"""The heat map as a picture: each cell where it belongs, as warm as its share."""

from smallimg.study.conditions.chart import AROUND, CELL, FULL, HEAD, NAMES, heat_map
from smallimg.study.conditions.tried import Cell


def test_each_cell_is_as_warm_as_its_share() -> None:
    shares = {("orig_full", "small"): 0, ("orig_full", "all"): 10, ("orig_crop", "small"): 20, ("orig_crop", "all"): 5}
    picture = heat_map([Cell(condition, size, 20, correct) for (condition, size), correct in shares.items()])
    assert picture.size == (2 * AROUND + NAMES + 2 * CELL[0], 2 * AROUND + HEAD + 2 * CELL[1])
    for at, correct in enumerate(shares.values()):
        row, column = divmod(at, 2)
        corner = AROUND + NAMES + column * CELL[0] + 4, AROUND + HEAD + row * CELL[1] + 4
        wanted = tuple(round(255 + correct / 20 * (end - 255)) for end in FULL)
        assert picture.getpixel(corner) == wanted
        cell = picture.crop((corner[0], corner[1], corner[0] + CELL[0] - 8, corner[1] + CELL[1] - 8))
        assert cell.getextrema()[0][0] < 40, "words on it"
