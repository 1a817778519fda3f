"""The pipelines of a running app: each bundle is read once and shared by every visitor and every click."""

from collections.abc import Callable
from pathlib import Path
from threading import Lock

from smallimg.bundles.bundle import find_bundle, list_bundles
from smallimg.errors import RunError
from smallimg.pipeline import Pipeline
from smallimg.runs.run import Run, list_runs, read_lines, read_run
from smallimg.ui.turns import Turns

MOST_KEPT = 6  # a large background model takes some hundred MB: the one unused for longest makes room


class Pipelines:
    """Pipelines by bundle and background model, read on first use; safe to share between threads.

    Attributes:
        turns: who looks at pictures with them now.
    """

    def __init__(self, load: Callable[[str], Pipeline] = Pipeline.load, turns: Turns | None = None) -> None:
        self.turns = turns or Turns()
        self._load = load
        self._lock = Lock()
        self._opening: dict[tuple[str, str], Lock] = {}  # two visitors who choose the same model wait for one download
        self._bundles: dict[str, tuple[int, Pipeline]] = {}  # with the time its bundle.json was written
        self._kept: dict[tuple[str, str], Pipeline] = {}

    def get(self, bundle: str, background: str) -> Pipeline:
        """The pipeline of `bundle` with that background model; while one is downloaded, only who wants that one waits.

        Raises:
            BundleError: when the bundle cannot be read.
            BackgroundError: when the background model is unknown, or cannot be downloaded.
        """
        key = (bundle, background)
        with self._lock:
            written, base = self._read(bundle)
            if kept := self._kept.pop(key, None):
                self._keep(key, kept)
                return kept
            opening = self._opening.setdefault(key, Lock())
        with opening:
            with self._lock:
                if kept := self._kept.get(key):  # the one before us has opened it
                    return kept
            pipeline = base.with_background(background)
            with self._lock:
                self._opening.pop(key, None)
                if self._bundles.get(bundle) == (written, base):  # nobody has read it anew meanwhile
                    self._keep(key, pipeline)
            return pipeline

    def _read(self, bundle: str) -> tuple[int, Pipeline]:
        """When a bundle was written, and its networks."""
        written = _written(bundle)
        if self._bundles.get(bundle, (None,))[0] != written:  # not read yet, or a run has trained on since
            self._kept = {key: kept for key, kept in self._kept.items() if key[0] != bundle}
            self._bundles[bundle] = (written, self._load(bundle))
        return self._bundles[bundle]

    def _keep(self, key: tuple[str, str], pipeline: Pipeline) -> None:
        self._kept[key] = pipeline  # last in: the first of the dict is the longest unused
        if len(self._kept) > MOST_KEPT:
            del self._kept[next(iter(self._kept))]
        used = {bundle for bundle, _ in self._kept}
        self._bundles = {bundle: read for bundle, read in self._bundles.items() if bundle in used}


def bundle_choices() -> list[tuple[str, str]]:
    """(what to show, name) of every bundle: those that came with the project, then the runs' own, by the run's id."""
    runs = [(f"{run.config.name} (trained here)", run.id) for run in list_runs() if run.bundle_ready]
    return [*((name, name) for name in list_bundles()), *runs]


def run_of(bundle: str) -> Run | None:
    """The run whose bundle that is, by its id or by its folder; None where it is no run's."""
    path = Path(bundle)
    try:
        return read_run(path.name, folder=path.parent) if path.is_absolute() else read_run(bundle)
    except RunError:
        return None


def stage_seconds(bundle: str, stage: str) -> float | None:
    """How long a run has trained a stage of its bundle, its other parts apart; None where nobody knows."""
    before = last = 0.0
    for line in read_lines(Path(bundle) / "metrics.jsonl"):
        if line["stage"] == stage:
            last = max(last, float(line["seconds"]))
        elif not last:
            before = max(before, float(line["seconds"]))
    return last - before if last > before else None


def _written(bundle: str) -> int:
    return (find_bundle(bundle) / "bundle.json").stat().st_mtime_ns
