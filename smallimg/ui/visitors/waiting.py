"""How many requests of one visitor may wait on a page that is open to the public."""

from collections.abc import Sequence

from smallimg.ui.visitors.desk import Caller

#: As many requests as so many visitors' may come from one address: that of a household or a school.
BEHIND_ONE_ADDRESS = 4


def too_many(caller: Caller, waiting: Sequence[Caller], most: int) -> str | None:
    """What to say to a visitor who has as many requests waiting as they may have; None where they have fewer.

    Args:
        caller: who sends one more.
        waiting: who sent each of those that wait, everybody's.
        most: how many a visitor may have.
    """
    mine = sum(one.is_same(caller) for one in waiting)
    near = sum(one.address == caller.address for one in waiting)
    if mine < most and near < most * BEHIND_ONE_ADDRESS:
        return None
    return f"You have {max(mine, most)} requests waiting here, as many as one can have: wait for some."
