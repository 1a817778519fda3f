"""From which probability a bundle says a name aloud, chosen by somebody who has seen what that costs."""

from dataclasses import replace
from pathlib import Path

from smallimg.bundles.bundle import CHECKPOINTS, Bundle, find_bundle, load_bundle, save_bundle
from smallimg.errors import BundleError, called


def is_shipped(path_or_name: str | Path) -> bool:
    """Whether a bundle came with the project."""
    return find_bundle(path_or_name).resolve().is_relative_to(CHECKPOINTS.resolve())


def save_threshold(path_or_name: str | Path, share: float) -> Bundle:
    """Let a bundle say a name from this probability on.

    Args:
        path_or_name: a bundle of one's own.
        share: 0 … 1.

    Raises:
        BundleError: when it is a shipped one, has no classifier, or cannot be written.
        ValueError: when `share` is no probability.
    """
    if not 0 <= share <= 1:
        raise ValueError(f"a threshold lies in 0 … 1, got {share}")
    bundle = load_bundle(path_or_name)
    if is_shipped(path_or_name):
        raise BundleError(
            f"“{bundle.path.name}” came with smallimg and stays as it is: choose a model that was trained here, or "
            "brought in."
        )
    classifier = bundle.stages.get("classifier")
    if classifier is None:
        raise BundleError(f"“{bundle.path.name}” gives no names, so there is no threshold to save in it.")
    changed = replace(bundle, stages={**bundle.stages, "classifier": replace(classifier, named_from=round(share, 4))})
    try:
        save_bundle(changed)
    except OSError as error:
        raise BundleError(
            f"“{called(bundle.path)}” could not be written ({error.strerror}): look whether it may be."
        ) from error
    return changed
