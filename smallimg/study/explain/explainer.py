"""A pipeline's answers, explained: which part of the picture a name, or a box, depends on."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from smallimg.bundles.calibration import softmax
from smallimg.bundles.sessions import ClassifierSession, DetectorSession, Floats
from smallimg.errors import DataError
from smallimg.networks.classifiers.base import ImageClassifier
from smallimg.pipeline import Pipeline
from smallimg.results import Box, Prediction
from smallimg.study.explain.catalogue import BOX_ABOUT, About
from smallimg.study.explain.classifier import read_classifier
from smallimg.study.explain.detector import BOX_METHODS, box_scores, finder_of, torch_detector
from smallimg.study.explain.faithfulness import faithfulness
from smallimg.study.explain.look import Look, beyond, heat_on_picture
from smallimg.study.explain.methods import METHODS, Method
from smallimg.study.explain.sanity import sameness
from smallimg.study.explain.targets import ClassTarget, box_score, class_logit, contrast
from smallimg.study.explain.trust import Trust

#: Points of a curve of the detector, which looks at one picture at a time.
BOX_STEPS = 8


@dataclass(frozen=True, eq=False)
class Explanation:
    """A heat map, what it was asked, and what it is worth.

    Attributes:
        method: its name.
        about: the method in words.
        question: "dog", "dog rather than cat", "the box".
        share: what the network says of it, 0 … 1: the calibrated probability, of the two where it is between two; of a
            box its score, times its overlap (IoU) with what the detector itself found.
        size_wh: of the picture in pixels.
        looks: what the network looked at, with the heat on each, see `smallimg.study.explain.look`.
        measure: finds out what `trust` says.
    """

    method: str
    about: About
    question: str
    share: float
    size_wh: tuple[int, int]
    looks: tuple[Look, ...]
    measure: Callable[[], Trust]

    @cached_property
    def trust(self) -> Trust:
        """How far the map can be trusted; measured when first asked for, which takes longer than the map."""
        return self.measure()

    def heat(self, scaled_to: tuple[int, int] = (0, 0)) -> Floats:
        """The heat on the picture, float32 [h, w], or on a copy of it of that width and height."""
        return heat_on_picture(self.looks, self.size_wh, scaled_to=scaled_to)

    def as_dict(self, *, trust: bool = True) -> dict[str, Any]:
        """All but the heat itself, for JSON; without `trust` that is not measured."""
        return {
            "method": self.method,
            "source": self.about.source,
            "question": self.question,
            "share": round(self.share, 4),
            "windows": [[round(float(value), 1) for value in look.window_xyxy] for look in self.looks],
            "beyond_the_edge": round(beyond(self.looks, self.size_wh), 4),
            "unit": self.about.scale,
            "comparable_between_pictures": self.about.is_comparable,
            "trust": self.trust.as_dict() if trust else None,
        }


class Explainer:
    """Explains what one pipeline says; its networks are read when first asked.

    What is said of a picture, and how that changes where parts are hidden, comes from the networks that predict here.
    Gradients need the weights that those were made from: the same, but for rounding where they run in whole numbers.

    Args:
        pipeline: whose predictions are to be explained.
    """

    def __init__(self, pipeline: Pipeline) -> None:
        self.pipeline = pipeline

    def of_class(
        self,
        image: Image.Image,
        prediction: Prediction,
        *,
        method: str = "gradcam",
        label: str | None = None,
        against: str | None = None,
    ) -> Explanation:
        """Why the picture is called that, or would be.

        Args:
            image: RGB or RGBA, as it was predicted.
            prediction: what the pipeline made of it, with its cut-out.
            method: one of `METHODS`.
            label: the class that is asked about; by default the most probable.
            against: why `label` rather than that one.

        Raises:
            DataError: when there is no such method or class, or the two are one.
            BundleError: when the bundle has no classifier, or its file is damaged.
        """
        how = _chosen(METHODS, method)
        pixels, windows = self.pipeline.looks(image, prediction)
        wanted = self.place_of(label if label is not None else prediction.label or self._likeliest(pixels))
        other = None if against is None else self.place_of(against)
        if wanted == other:
            raise DataError(f"“{against}” is what is asked about: choose another class to hold it against.")
        target = class_logit(wanted) if other is None else contrast(wanted, other)
        names = self.pipeline.class_names
        heats = _heats(how, self.classifier, pixels, target)

        def measure() -> Trust:
            return Trust(
                faithfulness(heats, pixels, lambda looks: self._shares(looks, wanted, other)),
                sameness(
                    np.stack(heats),
                    self.classifier,
                    lambda network: np.stack(_heats(how, network, pixels, target)),
                    shuffles=how.shuffles,
                ),
            )

        return Explanation(
            method,
            how.about,
            names[wanted] if other is None else f"{names[wanted]} rather than {names[other]}",
            float(self._shares(pixels[None], wanted, other)[0]),
            image.size,
            tuple(map(Look, windows, heats)),
            measure,
        )

    def of_box(
        self,
        image: Image.Image,
        prediction: Prediction,
        *,
        method: str = "drise",
        box: Box | None = None,
    ) -> Explanation:
        """What a box's score depends on.

        Args:
            image: RGB or RGBA, as it was predicted.
            prediction: what the pipeline made of it, with its cut-out.
            method: one of `BOX_METHODS`.
            box: by default the best; of the one around the cut-out, the detector's own box that is most like it counts.

        Raises:
            DataError: when there is no such method, or no box.
            BundleError: when the bundle has no detector, or its file is damaged.
        """
        explain = _chosen(BOX_METHODS, method)
        box = box or prediction.box
        look, place = self.pipeline.detector_look(image, prediction)
        if box is None:
            raise DataError("No object was found here, so there is no box to explain: choose another picture.")
        window = np.array([[0, 0, place.side, place.side]], np.float32)
        corners = place.to_canvas(np.array([box.xyxy], np.float32))[0].tolist()
        target = box_score((corners[0], corners[1], corners[2], corners[3]))
        heat = explain(self._detector, look, target)

        def shares(looks: NDArray[np.uint8]) -> Floats:
            return box_scores(self._detector, looks[:, 0], target)

        def measure() -> Trust:
            asked = torch_detector(self.pipeline.bundle)
            return Trust(
                faithfulness([heat], look[None], shares, steps=BOX_STEPS),
                sameness(heat, asked, lambda other: explain(finder_of(other), look, target), shuffles=1),
            )

        return Explanation(
            method,
            BOX_ABOUT[method],
            "the box",
            target(*self._detector(look)),
            image.size,
            (Look(place.to_picture(window)[0], heat),),
            measure,
        )

    @cached_property
    def classifier(self) -> ImageClassifier:
        """The classifier in torch, for what looks inside it."""
        return read_classifier(self.pipeline.bundle)

    @cached_property
    def _session(self) -> ClassifierSession:
        bundle = self.pipeline.bundle
        side = bundle.stages["classifier"].input_size
        return ClassifierSession(bundle.file_to_run("classifier"), side=side, n_classes=len(bundle.class_names))

    @cached_property
    def _detector(self) -> DetectorSession:
        bundle = self.pipeline.bundle
        return DetectorSession(bundle.file_to_run("detector"), side=bundle.stages["detector"].input_size)

    def _shares(self, looks: NDArray[np.uint8], label: int, against: int | None) -> Floats:
        """Looks [n, looks, 3, side, side] → the calibrated probability of a class, or of it among two, [n]."""
        n, each = looks.shape[:2]
        logits, _ = self._session(looks.reshape(n * each, *looks.shape[2:]))
        mean = logits.reshape(n, each, -1).mean(axis=1) / self.pipeline.bundle.stages["classifier"].temperature
        two = mean if against is None else mean[:, [label, against]]
        return np.asarray(softmax(two)[:, label if against is None else 0], np.float32)

    def _likeliest(self, pixels: NDArray[np.uint8]) -> str:
        logits, _ = self._session(pixels)
        return self.pipeline.class_names[int(logits.mean(axis=0).argmax())]

    def place_of(self, name: str) -> int:
        """Which of the pipeline's classes that is.

        Raises:
            DataError: when there is none of that name.
        """
        names = self.pipeline.class_names
        if name not in names:
            known = ", ".join(names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "")
            raise DataError(f"{self.pipeline.name} knows no class “{name}”, only {known}.")
        return names.index(name)


def _heats(how: Method, network: ImageClassifier, pixels: NDArray[np.uint8], target: ClassTarget) -> list[Floats]:
    """Heat of each look, [side, side]."""
    return list(how.explain(network, torch.from_numpy(pixels).float(), target).numpy())


def _chosen(methods: Any, name: str) -> Any:
    if name not in methods:
        raise DataError(f"There is no method “{name}” for that: choose one of {', '.join(methods)}.")
    return methods[name]
