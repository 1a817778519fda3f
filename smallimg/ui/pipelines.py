"""The pipelines of a running app: each bundle is read once and shared by every visitor and every click."""

from collections.abc import Callable
from threading import Lock

from smallimg.bundles.bundle import find_bundle
from smallimg.pipeline import Pipeline

MOST_KEPT = 6  # a large background model takes some hundred MB: the one unused for longest makes room


class Pipelines:
    """Pipelines by bundle and background model, read on first use; safe to share between threads."""

    def __init__(self, load: Callable[[str], Pipeline] = Pipeline.load) -> None:
        self._load = load
        self._lock = Lock()  # two visitors who choose the same model wait for one download
        self._bundles: dict[str, tuple[int, Pipeline]] = {}  # with the time its bundle.json was written
        self._kept: dict[tuple[str, str], Pipeline] = {}

    def get(self, bundle: str, background: str) -> Pipeline:
        """The pipeline of `bundle` with that background model.

        Raises:
            BundleError: when the bundle cannot be read.
            BackgroundError: when the background model is unknown, or cannot be downloaded.
        """
        with self._lock:
            written = _written(bundle)
            if self._bundles.get(bundle, (None,))[0] != written:  # not read yet, or a run has trained on since
                self._kept = {key: kept for key, kept in self._kept.items() if key[0] != bundle}
                self._bundles[bundle] = (written, self._load(bundle))
            pipeline = self._kept.pop((bundle, background), None)
            if pipeline is None:
                pipeline = self._bundles[bundle][1].with_background(background)
            self._kept[bundle, background] = pipeline  # last in: the first of the dict is the longest unused
            if len(self._kept) > MOST_KEPT:
                del self._kept[next(iter(self._kept))]
            return pipeline


def _written(bundle: str) -> int:
    return (find_bundle(bundle) / "bundle.json").stat().st_mtime_ns
