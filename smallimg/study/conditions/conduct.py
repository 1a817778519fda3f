"""A study from its data set to its figures, a step at a time: whoever asks can show how far it is, and stop it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, cast

from smallimg.data.dataset import Dataset
from smallimg.pipeline import Pipeline
from smallimg.study.conditions.factors import CONDITIONS, CORRUPTIONS, Strengths
from smallimg.study.conditions.objects import BOUNDS, choose_things
from smallimg.study.conditions.study import Study
from smallimg.study.conditions.tried import Namer, Step, by_bundle, sorted_out, trying

#: Who names: the bundle, or what the fifth document trains, see `smallimg.study.conditions.document`.
Protocol = Literal["bundle", "document"]


@dataclass(frozen=True)
class Asked:
    """What is asked of a study.

    Attributes:
        most: objects that are tried at most.
        bounds: the shares of a picture's area where medium and large objects begin.
        paste: see `smallimg.study.conditions.objects.choose_things`.
        protocol: who names.
        corruptions: whether the four corruptions are tried as well.
        strengths: of all factors.
        seed: of what is left to chance.
    """

    most: int = 600
    bounds: tuple[float, float] = BOUNDS
    paste: bool | None = None
    protocol: Protocol = "bundle"
    corruptions: bool = False
    strengths: Strengths = field(default_factory=Strengths)
    seed: int = 0


def conduct(pipeline: Pipeline, dataset: Dataset, asked: Asked) -> Iterator[Step | Study]:
    """Choose objects, learn from some of them where that is the protocol, and try the others under all conditions.

    Yields:
        A step for each object, and the study at the end.

    Raises:
        BundleError: when the bundle is to name and has no classifier.
        DataError: when there is nothing to try, or too little to learn from.
    """
    own = asked.protocol == "bundle"
    things, note = choose_things(
        dataset, pipeline.class_names if own else dataset.class_names,
        most=asked.most if own else 5 * asked.most,  # of which a fifth is tried
        bounds=asked.bounds, paste=asked.paste, seed=asked.seed,
    )  # fmt: skip
    notes = [note] if note else []
    named_by, namer = pipeline.name, cast("Namer", by_bundle)
    if not own:
        from smallimg.study.conditions.document import learn  # torch, for those who ask

        lesson = yield from learn(pipeline, things, strengths=asked.strengths, seed=asked.seed)
        things, namer, named_by = lesson.kept[: asked.most], lesson.namer, lesson.words
        notes += lesson.notes
    conditions = (*CONDITIONS, *(CORRUPTIONS if asked.corruptions else ()))
    came = []
    for found in trying(
        pipeline, things, strengths=asked.strengths, seed=asked.seed, namer=namer, conditions=conditions
    ):
        came.append(found)
        yield Step("Trying", len(came), len(things))
    tried, unread = sorted_out(came)
    if lost := sum(one is None for one in came):
        notes.append(f"{lost} times nothing clear could be cut out, and nothing is pasted.")
    yield Study(tried, asked.strengths, asked.seed, named_by, tuple(notes), tuple(unread), dataset.root)
