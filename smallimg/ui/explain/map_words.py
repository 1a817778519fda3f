"""What maps are called on the page, and how to read one."""

from typing import Any

from smallimg.runs.jobs import Job
from smallimg.ui.explain.map_figure import BY_ANSWER, BY_CLASS, BY_LABEL, BY_MODEL
from smallimg.ui.jobs.card import Words

#: What colours may tell.
BY = [BY_CLASS, BY_ANSWER, BY_LABEL, BY_MODEL]
MAP = Words(
    name="map",
    label="Map",
    running="drawing",
    units="pictures",
    ready="the pictures’ labels and the networks",
    none_yet="No map yet. Choose models and pictures above and press <strong>Draw the map</strong>: it appears here.",
)
#: What each file is, for those who wonder.
FILE_WORDS = {
    "map.csv": "a row a picture, where it lies and what was said of it",
    "map.json": "the same, for programs",
    "features.npz": "what each model makes of each picture, for numpy",
}
ABOUT = """<details class="si-about"><summary>How to read this, and what it cannot tell</summary>
<p class="si-sentence">Each point is a picture; those that the network sees alike lie side by side. A class in one heap
is one it knows; a cross in the wrong heap is a mistake that its own features explain; two heaps that run into each
other are confused. With several models, “which model is right” shows at once where they differ: whether in one heap,
or all over.</p>
<p class="si-sentence">Only nearness means something: the distance between heaps, their size and their shape do not.
Another drawing of the same features looks different, and so each model has a map of its own. Features: what the
classifier’s last layer decides from. Map: t-SNE, van der Maaten and Hinton, 2008; how to read one: Wattenberg et al.,
2016. Neighbours: by the cosine of the features, not by the map.</p></details>"""


def facts(one: Job[Any]) -> list[str]:
    """Which part of the pictures, and how many."""
    return [f"part “{one.about.get('split', one.config.split)}”", f"{one.config.most:,} pictures at most"]
