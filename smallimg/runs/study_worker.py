"""A study's own process, `python -m smallimg.runs.study_worker FOLDER`, with the lock in its hands."""

from pathlib import Path

from smallimg.runs.ledger import Ledger
from smallimg.runs.sitting import run_worker, sit
from smallimg.runs.study import STUDIES, StudyConfig


def main(folder: Path) -> int:
    """Wait, try the objects, tell."""
    config = STUDIES.read(folder.name, folder=folder.parent.parent).config
    ledger = Ledger(folder)
    return sit(folder, ledger, lambda: _study(config, ledger), what="The study")


def _study(config: StudyConfig, ledger: Ledger) -> str:
    from smallimg.data.dataset import together
    from smallimg.data.formats import OWN_LIMITS, read_dataset
    from smallimg.pipeline import Pipeline
    from smallimg.study.conditions.conduct import Asked, Protocol, conduct
    from smallimg.study.conditions.factors import Strengths
    from smallimg.study.conditions.study import Study
    from smallimg.study.conditions.write import write_study

    dataset = read_dataset(config.data, split=config.split, unlabelled=True, **OWN_LIMITS)
    ledger.about(
        {
            "root": str(dataset.root.resolve()),
            "split": dataset.split,
            "problems": together(dataset.problems),
            "notes": [],
        }
    )
    protocol: Protocol = "document" if config.protocol == "document" else "bundle"
    asked = Asked(
        most=config.most,
        paste=config.paste,
        protocol=protocol,
        corruptions=config.corruptions,
        strengths=Strengths(**config.strengths),
    )
    pipeline = Pipeline.load(config.model)
    for step in conduct(pipeline, dataset, asked):
        if isinstance(step, Study):
            write_study(ledger.path, step, pipeline)
        else:
            ledger.progress(step.done, step.of, step.doing)
    return ""


if __name__ == "__main__":
    run_worker("smallimg.runs.study_worker", main)
