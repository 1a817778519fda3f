"""Which models are on, and what they know: said before a picture is chosen."""

from html import escape
from pathlib import Path

from smallimg.bundles.bundle import Bundle, find_bundle, load_bundle
from smallimg.cli.wording import listed
from smallimg.errors import BundleError, SmallimgError
from smallimg.runs.outcome import read_outcome
from smallimg.runs.run import Run
from smallimg.ui.pipelines import run_of


def model_name(bundle: str) -> str:
    """What people call a bundle: a run by the name it has now, any other by its folder's."""
    run = run_of(bundle)
    return run.config.name if run else Path(bundle).name


def model_line(bundle: str) -> str:
    """One paragraph of HTML: the bundle's name, what it knows, and what a run's figures say of it."""
    try:
        found = load_bundle(bundle)
    except BundleError as error:
        return f'<p class="si-model">{escape(why_unusable(bundle, error))}</p>'
    run = run_of(bundle)
    kind = ", trained here" if run and run.config.data else ", brought in" if run else ""
    sentences = [f"<strong>{escape(model_name(bundle))}</strong>{kind}.", escape(_what_it_knows(found))]
    if missing := _what_is_missing(found):
        sentences.append(missing)
    if run and (right := _how_good(run)):
        sentences.append(right)
    return f'<p class="si-model" role="status">Model: {" ".join(sentences)}</p>'


def why_unusable(bundle: str, error: SmallimgError) -> str:
    """Why a bundle cannot be used, for people who chose it from a list: they never saw its path."""
    try:
        folder = find_bundle(bundle)
    except BundleError:
        return f"The models “{Path(bundle).name}” are gone: choose others from the list."
    return str(error).replace(f"“{folder.name}”", f"“{model_name(bundle)}”")


def reads_cutouts(bundle: str) -> bool:
    """Whether a bundle's classifier looks at the cut-out, rather than at the picture as it came."""
    try:
        stage = load_bundle(bundle).stages.get("classifier")
    except BundleError:  # said where the pictures would be
        return False
    return stage is not None and stage.reads == "cutout"


def _what_it_knows(bundle: Bundle) -> str:
    if "classifier" not in bundle.stages and "segmenter" in bundle.stages:
        return f"It gives every pixel a name, background or {listed(list(bundle.class_names))}, and the whole none."
    if "classifier" not in bundle.stages:
        return "It gives no names."
    names, groups = list(bundle.class_names), list(bundle.groups)
    if len(names) == 1:
        return f"It knows one thing only, {names[0]}, and calls everything so that looks familiar."
    if len(names) > 12 and groups:
        known = f"{len(names)} kinds of things, in these groups: {listed(groups)}"
    else:
        known = listed(names)
    return (
        f"It knows {known}; for anything else “not sure” is right, though it does not always notice.{_by_pixel(bundle)}"
    )


def _by_pixel(bundle: Bundle) -> str:
    return " It colours every pixel by its class, too." if "segmenter" in bundle.stages else ""


def _what_is_missing(bundle: Bundle) -> str:
    missing = ["remover"] if bundle.background == "none" else []
    missing += ["detector"] if "detector" not in bundle.stages else []
    return f"It has no {' and no '.join(missing)} of its own." if missing else ""


def _how_good(run: Run) -> str:
    outcome = read_outcome(run.path)
    answers = [one for one in outcome["pictures"] if one["truth"] is not None and one["label"]] if outcome else []
    if not outcome or not answers:
        return ""
    right = sum(one["truth"] == one["label"] for one in answers)
    where = "test" if outcome.get("split") == "test" else "validation"
    return f"Right on {right:,} of {len(answers):,} {where} pictures."
