"""Which pictures of an evaluation are shown, and in which order."""

from smallimg.results import Box
from smallimg.study.picks import confident_mistakes, least_sure, unsure_hits, without_box
from smallimg.study.rows import Row

BOX = Box(0, 0, 1, 1, 1.0)
ROWS = [
    Row("right", "", "a", "a", probability=0.9, box=BOX),
    Row("right, barely", "", "a", "a", probability=0.4),
    Row("wrong", "", "a", "b", probability=0.6, box=BOX),
    Row("wrong, surely", "", "a", "b", probability=0.8, box=BOX),
    Row("nobody knows", "", None, "b", probability=0.1, box=BOX),
    Row("broken", "", "a", error="it does not open"),
]


def test_pictures_worth_looking_at() -> None:
    def names(rows: list[Row]) -> list[str]:
        return [row.name for row in rows]

    assert names(confident_mistakes(ROWS)) == ["wrong, surely", "wrong"]
    assert names(unsure_hits(ROWS)) == ["right, barely", "right"]
    assert names(without_box(ROWS)) == ["right, barely"]
    assert names(least_sure(ROWS))[:2] == ["nobody knows", "right, barely"]
