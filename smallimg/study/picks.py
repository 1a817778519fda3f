"""Pictures of an evaluation that are worth looking at."""

from collections.abc import Sequence

from smallimg.study.rows import Row


def confident_mistakes(rows: Sequence[Row]) -> list[Row]:
    """Those named wrongly, the surest first."""
    return sorted((row for row in rows if row.is_wrong), key=lambda row: -(row.probability or 0.0))


def unsure_hits(rows: Sequence[Row]) -> list[Row]:
    """Those named rightly, the least sure first."""
    return sorted((row for row in rows if row.is_right), key=lambda row: row.probability or 0.0)


def without_box(rows: Sequence[Row]) -> list[Row]:
    """Those that opened and in which no object was found; to be asked only where somebody looked for one."""
    return [row for row in rows if row.box is None and not row.error]


def least_sure(rows: Sequence[Row]) -> list[Row]:
    """Those that were named, the least sure first: where a label would teach most."""
    return sorted((row for row in rows if row.probability is not None), key=lambda row: row.probability or 0.0)
