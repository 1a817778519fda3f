"""An evaluation's own process, `python -m smallimg.runs.evaluation_worker FOLDER`, with the lock in its hands."""

from pathlib import Path

from smallimg.runs.evaluation import EVALUATIONS, EvaluationConfig
from smallimg.runs.ledger import Ledger
from smallimg.runs.sitting import run_worker, sit


def main(folder: Path) -> int:
    """Wait, measure, tell."""
    config = EVALUATIONS.read(folder.name, folder=folder.parent.parent).config
    ledger = Ledger(folder)
    return sit(folder, ledger, lambda: _measure(config, ledger), what="Measuring")


def _measure(config: EvaluationConfig, ledger: Ledger) -> str:
    from smallimg.bundles.bundle import load_bundle
    from smallimg.data.dataset import together
    from smallimg.data.formats import OWN_LIMITS, read_dataset
    from smallimg.study.evaluating import Wanted, measure
    from smallimg.study.looking import boxes_are_given
    from smallimg.study.picture_zips import ZIPS

    dataset = read_dataset(config.data, split=config.split, unlabelled=True, **OWN_LIMITS)
    given = boxes_are_given(load_bundle(config.model), dataset)
    about = {
        "root": str(dataset.root.resolve()),
        "split": dataset.split,
        "given_boxes": given,
        "problems": together(dataset.problems),
        "notes": list(dataset.notes),
    }
    ledger.about(about)
    wanted = Wanted(
        config.model,
        config.background,
        given_boxes=given,
        known_only=config.known_only,
        against=config.against,
        against_background=config.against_background,
        lesson=config.lesson,
        names=(config.model_name, config.against_name),
        keep=tuple(ZIPS) if config.pictures else (),
    )
    found = measure(wanted, dataset, ledger.path, progress=ledger.progress)
    ledger.about(about | {"left_out": list(found.notes), "errors": found.evaluation.errors})
    return ""


if __name__ == "__main__":
    run_worker("smallimg.runs.evaluation_worker", main)
