"""A map's own process, `python -m smallimg.runs.mapping_worker FOLDER`, with the lock in its hands."""

from pathlib import Path

from smallimg.runs.ledger import Ledger
from smallimg.runs.mapping import MAPS, MapConfig
from smallimg.runs.sitting import run_worker, sit


def main(folder: Path) -> int:
    """Wait, look at the pictures, place them, tell."""
    config = MAPS.read(folder.name, folder=folder.parent.parent).config
    ledger = Ledger(folder)
    return sit(folder, ledger, lambda: _map(config, ledger), what="The map")


def _map(config: MapConfig, ledger: Ledger) -> str:
    from smallimg.data.formats import OWN_LIMITS, read_dataset
    from smallimg.pipeline import Pipeline
    from smallimg.study.mapping import map_set, write_map

    dataset = read_dataset(config.data, split=config.split, unlabelled=True, **OWN_LIMITS)
    ledger.about({"root": str(dataset.root.resolve()), "split": dataset.split})
    pipelines = [Pipeline.load(one) for one in (config.model, *config.others)]
    names = config.names or [one.name for one in pipelines]
    drawn, features = map_set(pipelines, names, dataset, most=config.most, tell=ledger.progress)
    write_map(ledger.path, drawn, features)
    return ""


if __name__ == "__main__":
    run_worker("smallimg.runs.mapping_worker", main)
