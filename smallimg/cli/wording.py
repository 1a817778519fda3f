"""How figures and answers are said, on the page, in its table and on the command line alike.

Shares come unrounded: what is rounded twice says 77 % in one place and 78 % in another.
"""

from collections.abc import Sequence

from smallimg.results import NAMED_FROM, Prediction


def percent(value: float) -> str:
    """A share of one as a whole percentage, which claims neither 0 nor 100 unless it is exactly that."""
    if 0 < value < 0.005:
        return "<\u00a01\u00a0%"
    if 0.995 <= value < 1:
        return ">\u00a099\u00a0%"
    return f"{100 * value:.0f}\u00a0%"


def milliseconds(value: float) -> str:
    """A time as people read it: "0.4 ms", "38 ms" or "2.1 s"."""
    if value >= 999.5:
        return f"{value / 1000:.1f}\u00a0s"
    return f"{value:.0f}\u00a0ms" if value >= 0.95 else f"{value:.1f}\u00a0ms"


def file_size(size: int) -> str:
    """A number of bytes as "820 B", "31 kB" or "2.4 MB"."""
    if size < 1000:
        return f"{size}\u00a0B"
    return f"{size / 1000:.0f}\u00a0kB" if size < 999_500 else f"{size / 1_000_000:.1f}\u00a0MB"


def listed(names: list[str], *, most: int = 12) -> str:
    """ "a, b and c"; of more than `most`, that many and how many more there are."""
    if len(names) > most:
        return f"{', '.join(names[:most])} and {len(names) - most:,} more"
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def without_names(classes: Sequence[str], whose: str = "The model") -> str:
    """Why of pictures of some classes it is not said whether they were named rightly; "" of none."""
    if not classes:
        return ""
    names = listed([f"“{name}”" for name in classes], most=5)
    return (
        f"{whose} has no name for {names}: an answer to pictures of {'it' if len(classes) == 1 else 'those'} is "
        "neither right nor wrong, and counts as “not known”."
    )


def named(prediction: Prediction) -> str:
    """The answer: "cat", of a group "animal (cat?)", or "not sure (cat?)"; "" where nothing was to be named."""
    if prediction.level == "group":
        return f"{prediction.answer} ({prediction.label}?)"
    if prediction.answer is not None:
        return prediction.answer
    return f"not sure ({prediction.label}?)" if prediction.label is not None else ""


def names_of_boxes(prediction: Prediction) -> str:
    """What a detector that names its boxes sees, "dog, dog and cat": in those that are likelier than not, or its best.

    "" where it names none.
    """
    names = [(box.name, box.score) for box in prediction.boxes if box.name is not None]
    return listed([name for place, (name, score) in enumerate(names) if score >= 0.5 or place == 0])


def named_objects(prediction: Prediction) -> str:
    """What every object is, "dog, dog and not sure (cat?)"; "" where fewer than two were named."""
    return listed([named(one) for one in prediction.objects]) if len(prediction.objects) > 1 else ""


def share_said(prediction: Prediction) -> float | None:
    """The probability of what `named` names first; None where nothing was to be named."""
    if prediction.sure_label is None and prediction.sure_group is not None:
        return prediction.groups[prediction.sure_group]
    return prediction.probabilities[prediction.label] if prediction.label is not None else None


def why_unsure(prediction: Prediction) -> str:
    """Why there is no name, in a few words; "" where there is one, or nothing was to be named."""
    if prediction.doubt is None:
        return ""
    unlikely = "no class has half" if prediction.named_from == NAMED_FROM else "no class is likely enough"
    return {"unlike": "like nothing it knows", "close": "two are too close", "unlikely": unlikely}[prediction.doubt]
