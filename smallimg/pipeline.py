"""The pipeline: remove the background, find the object, crop it, say what it is."""

import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property, partial
from itertools import chain, islice
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from smallimg import DEFAULT_BUNDLE
from smallimg.boxes import Boxes, middle_square
from smallimg.bundles.background import OwnRemover, Remover, open_remover, remove_background
from smallimg.bundles.bundle import CLOSER, Bundle, load_bundle
from smallimg.bundles.calibration import energy, familiarity, softmax
from smallimg.bundles.engines import Floats
from smallimg.bundles.segmenting import Segmenter, open_segmenter, segmented
from smallimg.bundles.sessions import ClassifierSession, DetectorSession
from smallimg.bundles.sources import Sources, box_of_cutout, boxes_of, pixels_in, shown_crop, window_around
from smallimg.errors import BundleError, called
from smallimg.pictures.frames import frame_of
from smallimg.pictures.preprocess import Letterbox
from smallimg.results import Box, Prediction

Item = TypeVar("Item")
Result = TypeVar("Result")
#: What is timed, in this order.
_TIMED = ("background", "detector", "classifier", "segmenter", "objects", "total")
#: The score from which a box is an object of its own where every object is named.
LIKELY = 0.5


class Pipeline:
    """A bundle's networks, built once, and the background model in use.

    Make one with `Pipeline.load`. Predictions do not change it, so several threads may share it.
    """

    def __init__(
        self,
        bundle: Bundle,
        *,
        background: str,
        remover: Remover | None,
        detector: DetectorSession | None,
        classifier: ClassifierSession | None,
        segmenter: Segmenter | None = None,
        threads: int = 0,
    ) -> None:
        self.bundle = bundle
        self.background = background
        self._remover = remover
        self._detector = detector
        self._classifier = classifier
        self._segmenter = segmenter
        self._threads = threads

    @classmethod
    def load(
        cls, path_or_name: str | Path = DEFAULT_BUNDLE, *, background: str = "own", threads: int = 0
    ) -> "Pipeline":
        """Read a bundle and build its networks.

        Args:
            path_or_name: a folder with a bundle, or the name of a shipped one.
            background: "own" for the model the bundle was trained with, "none", or one of rembg's by name.
            threads: most threads that a network of the bundle takes; 0 for one a core.

        Raises:
            BundleError: when the bundle is missing or damaged.
            BackgroundError: when the background model is unknown or cannot be downloaded.
        """
        bundle = load_bundle(path_or_name)
        detector: DetectorSession | None = None
        classifier: ClassifierSession | None = None
        if stage := bundle.stages.get("detector"):
            detector = DetectorSession(bundle.file_to_run("detector"), side=stage.input_size, threads=threads)
        if stage := bundle.stages.get("classifier"):
            file, n_classes = bundle.file_to_run("classifier"), len(bundle.class_names)
            classifier = ClassifierSession(file, side=stage.input_size, n_classes=n_classes, threads=threads)
        networks: Any = {"detector": detector, "classifier": classifier}
        networks["segmenter"] = open_segmenter(bundle, threads=threads)
        bare = cls(bundle, background="none", remover=None, **networks, threads=threads)
        return bare.with_background(background)

    def with_background(self, name: str) -> "Pipeline":
        """The same networks behind another background model; see `load` for the names and errors."""
        actual = self.bundle.background if name == "own" else name
        remover = None
        if actual != "none":
            file, stage = self.bundle.file_to_run("background"), self.bundle.stages.get("background")
            remover = open_remover(actual, file=file, stage=stage, threads=self._threads)
        return Pipeline(
            self.bundle,
            background=name,
            remover=remover,
            detector=self._detector,
            classifier=self._classifier,
            segmenter=self._segmenter,
            threads=self._threads,
        )

    @property
    def name(self) -> str:
        return self.bundle.path.name

    @property
    def class_names(self) -> tuple[str, ...]:
        return self.bundle.class_names

    def warm_up(self) -> None:
        """Predict on a plain picture, so that the first real one is not slower than the others."""
        picture = Image.fromarray(np.linspace(0, 255, 224 * 224 * 3).reshape(224, 224, 3).astype(np.uint8))
        for _ in range(2):
            self.predict(picture)

    def predict(
        self,
        image: Image.Image,
        *,
        remove_background: bool = True,
        detect: bool = True,
        classify: bool = True,
        score_threshold: float = 0.05,
        max_boxes: int = 10,
        boxes: Sequence[Box] | None = None,
    ) -> Prediction:
        """Take one picture through every stage.

        A stage that is switched off, or that the bundle does not have, is passed over: the next one sees what the one
        before it left. Without a detector the object is where the cut-out is; without either it is the whole picture.

        Args:
            image: RGB or RGBA, as `smallimg.pictures.images.open_image` gives it.
            remove_background, detect, classify: which stages run; a segmenter does where `classify` is on.
            score_threshold: the detector's boxes below it are left out.
            max_boxes: how many boxes at most.
            boxes: where the object is, when that is known, best first: the detector is not asked.
        """
        milliseconds: dict[str, float] = {}
        with _timed(milliseconds, "total"), ThreadPoolExecutor(1) as beside:
            sources = Sources(image)
            crop = None
            found = tuple(boxes or ())
            probabilities, familiarity = dict[str, float](), None

            def find(network: DetectorSession) -> tuple[Box, ...]:
                with _timed(milliseconds, "detector"):
                    return self._detect(network, sources, score_threshold, max_boxes)

            network = self._detector if boxes is None and detect else None
            # A detector that reads pictures need not wait: two networks at once keep the cores busier.
            early = None
            if network and self._threads != 1 and self.bundle.stages["detector"].reads == "image":
                early = beside.submit(find, network)
            if remove_background and self._remover is not None:
                with _timed(milliseconds, "background"):
                    sources.cutout = self._cut_out(image, self._remover)
            if network:
                found = early.result() if early else find(network)
                found = self._with_cutout(found, sources.cutout, score_threshold)[:max_boxes]
            if classify and self._classifier is not None:
                with _timed(milliseconds, "classifier"):
                    source, windows = self._windows(sources, found)
                    logits, likeness = self._recognise(self._classifier, source, windows)
                probabilities, familiarity = self._read(logits, likeness)
                crop = shown_crop(source, windows[0])
            segmentation = None
            if classify and self._segmenter is not None:
                with _timed(milliseconds, "segmenter"):
                    segmentation = segmented(self._segmenter, sources, self.bundle)
        milliseconds = {stage: milliseconds[stage] for stage in _TIMED if stage in milliseconds}
        return Prediction(
            image.size,
            sources.cutout,
            found,
            crop,
            probabilities,
            milliseconds,
            familiarity,
            self._groups(probabilities),
            engine=self.bundle.engine,
            objects=(),
            frame=frame_of(image),
            segmentation=segmentation,
            **self._thresholds(),
        )

    def name_objects(self, image: Image.Image, prediction: Prediction) -> Prediction:
        """A prediction with every object in the picture named: the classifier looks at each box by itself.

        Objects are the detector's boxes that score `LIKELY`, or the best box where none does. Of several, each is named
        by what is in its box alone: the middle of the picture, which some bundles look at too, belongs to all of them.

        Args:
            image: the picture that was predicted.
            prediction: what `predict` made of it, with its cut-out, the detector's boxes and a name.

        Raises:
            BundleError: when the bundle has no classifier.
        """
        network = self._naming()
        likely = tuple(box for box in prediction.boxes if box.score >= LIKELY and not box.of_cutout)
        if len(likely) < 2:
            boxes = likely or prediction.boxes[:1]
            return replace(prediction, objects=tuple(replace(prediction, cutout=None, boxes=(one,)) for one in boxes))
        milliseconds = dict(prediction.milliseconds)
        with _timed(milliseconds, "objects"):
            sources, stage = Sources(image, prediction.cutout), self.bundle.stages["classifier"]
            source = sources.read(stage)
            windows = [window_around((box,), sources, stage.margin) for box in likely]
            logits, likeness = network(pixels_in(source, windows, network.side))
            objects = []
            for at, (box, window) in enumerate(zip(likely, windows, strict=True)):
                shares, known = self._read(logits[at : at + 1], None if likeness is None else likeness[at : at + 1])
                crop = shown_crop(source, window)
                groups = self._groups(shares)
                one = replace(prediction, cutout=None, boxes=(box,), crop=crop, probabilities=shares, groups=groups)
                objects.append(replace(one, familiarity=known, milliseconds={}))
        milliseconds["total"] = milliseconds.get("total", 0.0) + milliseconds["objects"]
        times = {stage: milliseconds[stage] for stage in _TIMED if stage in milliseconds}
        return replace(prediction, objects=tuple(objects), milliseconds=times)

    def looks(self, image: Image.Image, prediction: Prediction) -> tuple[NDArray[np.uint8], tuple[Boxes, ...]]:
        """What the classifier looked at when it made a prediction of this picture, to ask it about that again.

        Args:
            image: the picture that was predicted.
            prediction: what `predict` made of it, with its cut-out.

        Returns:
            Its looks, uint8 RGB [n, 3, side, side]: one around the object, and those at the middle of the picture that
            it takes too; and the window of each, [4] xyxy in pixels of the picture, which it may leave. The prediction
            is of the mean of their logits.

        Raises:
            BundleError: when the bundle has no classifier.
        """
        network = self._naming()
        source, windows = self._windows(Sources(image, prediction.cutout), prediction.boxes)
        return pixels_in(source, windows, network.side), tuple(windows)

    def detector_look(self, image: Image.Image, prediction: Prediction) -> tuple[NDArray[np.uint8], Letterbox]:
        """What the detector looks at, to ask it about that again.

        Args:
            image: the picture that was predicted.
            prediction: what `predict` made of it, with its cut-out.

        Returns:
            The square, uint8 RGB [3, side, side], and where the picture lies in it.

        Raises:
            BundleError: when the bundle has no detector.
        """
        if self._detector is None:
            raise BundleError(f"“{called(self.bundle.path)}” has no detector: choose a bundle that finds things.")
        return Sources(image, prediction.cutout).fitted(self.bundle.stages["detector"], self._detector.side)

    def predict_batch(
        self,
        images: Sequence[Image.Image],
        *,
        remove_background: bool = True,
        detect: bool = True,
        classify: bool = True,
        score_threshold: float = 0.05,
        max_boxes: int = 10,
    ) -> list[Prediction]:
        """`predict` on each picture, in order, several at once; see `each`."""
        predict = partial(
            Pipeline.predict,
            remove_background=remove_background,
            detect=detect,
            classify=classify,
            score_threshold=score_threshold,
            max_boxes=max_boxes,
        )
        return list(self.each(predict, images))

    def each(self, work: Callable[["Pipeline", Item], Result], items: Iterable[Item]) -> Iterator[Result]:
        """`work` on every item, with a pipeline like this one; as many at once as there are cores, results in order.

        A core takes a picture from opening it to its probabilities, through networks of one thread: that leaves no
        thread waiting for another, which small networks do for much of their time (benchmarks/README.md, “Folders”).
        Few are under way at a time, so that however many there are, memory stays the same.
        """
        rest = iter(items)
        first = list(islice(rest, 2))
        if len(first) < 2:
            yield from (work(self, item) for item in first)
            return
        cores = os.cpu_count() or 1
        pending: deque[Future[Result]] = deque()
        with ThreadPoolExecutor(cores) as pool:
            try:
                for item in chain(first, rest):
                    pending.append(pool.submit(work, self.of_one_thread, item))
                    if len(pending) > 2 * cores:
                        yield pending.popleft().result()
                while pending:
                    yield pending.popleft().result()
            finally:
                for future in pending:
                    future.cancel()

    @cached_property
    def of_one_thread(self) -> "Pipeline":
        """Another of the same bundle, whose networks take one thread each; made when it is first asked for.

        Raises:
            BundleError: when the bundle has gone since.
        """
        if self._remover is None or isinstance(self._remover, OwnRemover):
            return Pipeline.load(self.bundle.path, background=self.background, threads=1)
        alone = Pipeline.load(self.bundle.path, background="none", threads=1)
        alone.background, alone._remover = self.background, self._remover  # rembg's can be large: once is enough
        return alone

    def _cut_out(self, image: Image.Image, remover: Remover) -> Image.Image:
        return remove_background(image, remover)

    def _naming(self) -> ClassifierSession:
        if self._classifier is None:
            raise BundleError(f"“{called(self.bundle.path)}” has no classifier: choose a bundle that names things.")
        return self._classifier

    def _detect(
        self, network: DetectorSession, sources: Sources, score_threshold: float, max_boxes: int
    ) -> tuple[Box, ...]:
        pixels, place = sources.fitted(self.bundle.stages["detector"], network.side)
        found = network.look(pixels)
        return boxes_of(found, place, sources.size_wh, self.class_names, score_threshold=score_threshold)[:max_boxes]

    def _with_cutout(
        self, found: tuple[Box, ...], cutout: Image.Image | None, score_threshold: float
    ) -> tuple[Box, ...]:
        """The detector's boxes, and among them the one around a cut-out that is clear."""
        clear = self.bundle.stages["detector"].clear_cutout
        if clear is None:
            return found
        around = box_of_cutout(cutout)
        if around is None or around.score < max(clear, score_threshold):
            return found
        return tuple(sorted((around, *found), key=lambda box: -box.score))

    def _windows(self, sources: Sources, boxes: Sequence[Box]) -> tuple[Image.Image, list[Boxes]]:
        """What the classifier looks at, and where: around the object, and at the middle where it does that too."""
        stage = self.bundle.stages["classifier"]
        windows = [window_around(boxes, sources, stage.margin)]
        if stage.whole_too:
            windows.append(middle_square(sources.size_wh))
        if stage.middle_below is not None and (not boxes or boxes[0].score < stage.middle_below):
            windows.append(middle_square(sources.size_wh, CLOSER))
        return sources.read(stage), windows

    def _recognise(
        self, network: ClassifierSession, source: Image.Image, windows: Sequence[Boxes]
    ) -> tuple[Floats, Floats | None]:
        """The mean over the windows: logits [1, classes], and likeness [1] where the network has that."""
        logits, likeness = network(pixels_in(source, windows, network.side))
        mean: Floats = logits.mean(axis=0, keepdims=True)
        return mean, None if likeness is None else likeness.mean(axis=0, keepdims=True)

    def _thresholds(self) -> dict[str, float]:
        stage = self.bundle.stages.get("classifier")
        names = ("unknown_below", "named_from", "group_from")
        return {name: getattr(stage, name) for name in names} if stage else {}

    def _read(self, logits: Floats, likeness: Floats | None) -> tuple[dict[str, float], float | None]:
        """Logits [1, classes] and likeness [1] → calibrated probabilities, and how familiar the object is."""
        stage = self.bundle.stages["classifier"]
        shares = softmax(logits / stage.temperature)[0].tolist()
        values, marks = (energy(logits), stage.energy_marks) if likeness is None else (likeness, stage.likeness_marks)
        known = familiarity(float(values[0]), marks) if marks else None
        return dict(zip(self.class_names, shares, strict=True)), known

    def _groups(self, probabilities: Mapping[str, float]) -> dict[str, float]:
        if not probabilities:
            return {}
        return {
            name: min(1.0, sum(probabilities[one] for one in classes)) for name, classes in self.bundle.groups.items()
        }


@contextmanager
def _timed(milliseconds: dict[str, float], stage: str) -> Iterator[None]:
    start = time.perf_counter()
    yield
    milliseconds[stage] = (time.perf_counter() - start) * 1000
