"""Why it fails: how long a study of objects under six conditions takes, and what it says.

    python -m benchmarks.conditions CHALLENGE [PHOTOS] [--most 600]

`CHALLENGE` is a drawn sample challenge (`python -m smallimg challenge CHALLENGE`), tried with the bundle `challenge`;
its objects are all large, so they are cut out and pasted at every size. `PHOTOS` is another set with classes, objects
and masks: from it the document's own protocol learns its last layer, and tries the fifth that it kept. Everything is
done that `conditions` does, the files included. Beside the time by the clock is what the processors worked on it: where
they have other things to do, only that is worth comparing.
"""

import tempfile
import time
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.tables import print_table
from smallimg import DEFAULT_BUNDLE
from smallimg.data.formats import OWN_LIMITS, read_dataset
from smallimg.pipeline import Pipeline
from smallimg.study.conditions.conduct import Asked, Protocol, conduct
from smallimg.study.conditions.study import Study
from smallimg.study.conditions.write import write_study
from smallimg.study.intervals import share_text


def measure(data: Path, bundle: str, protocol: Protocol, most: int) -> tuple[Study, float, float]:
    """A study, the seconds it took by the clock, and the processors' seconds; networks are read before."""
    pipeline = Pipeline.load(bundle)
    pipeline.warm_up()
    start, worked = time.perf_counter(), time.process_time()
    *_, study = conduct(pipeline, read_dataset(data, split="test", **OWN_LIMITS), Asked(most, protocol=protocol))
    assert isinstance(study, Study)
    with tempfile.TemporaryDirectory() as folder:
        write_study(Path(folder), study, pipeline)
    return study, time.perf_counter() - start, time.process_time() - worked


def main(challenge: Path, photos: Annotated[Path | None, typer.Argument()] = None, most: int = 600) -> None:
    """Print the tables."""
    asked: list[tuple[Path, str, Protocol]] = [(challenge, "challenge", "bundle")]
    if photos is not None:
        asked.append((photos, DEFAULT_BUNDLE, "document"))
    rows, studies = [], []
    for data, bundle, protocol in asked:
        study, seconds, worked = measure(data, bundle, protocol, most)
        studies.append(study)
        rows.append([study.named_by, str(len(study.tried)), f"{seconds:.0f}", f"{worked:.0f}"])
    head = ["named by", "objects", "seconds by the clock", "seconds of the processors"]
    print_table("A study of six conditions, its files included, n = 1", head, rows)
    for study in studies:
        by_place = {(one.condition, one.size): one for one in study.cells}
        sizes, conditions = (list(dict.fromkeys(names)) for names in zip(*((s, c) for c, s in by_place), strict=True))
        lines = [
            [name, *(share_text(by_place[name, size].correct, by_place[name, size].n) for size in sizes)]
            for name in conditions
        ]
        print_table(study.named_by, ["", *(f"{size}, {by_place['orig_full', size].n}" for size in sizes)], lines)
        typer.echo("\n".join(("", *study.notes, *(f"{one.verdict}: {one.claim}" for one in study.findings))))


if __name__ == "__main__":
    typer.run(main)
