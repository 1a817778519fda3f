"""What people call the conditions, and what stands beside their figures."""

from typing import Any

from smallimg.runs.jobs import Job
from smallimg.ui.jobs.card import Words

STUDY = Words(
    name="study",
    label="Study",
    running="trying",
    units="objects",
    ready="the pictures’ labels and the networks",
    none_yet="Nothing tried yet. Choose pictures above and press <strong>Find out</strong>: the answer appears here.",
)
#: What each file is, for those who wonder.
FILE_WORDS = {
    "results_conditions.csv": "what was named rightly",
    "changes.csv": "what each factor changes",
    "conditions.json": "all of it, object by object",
    "sheet.png": "an object of each size",
    "heatmap.png": "the heat map as a picture",
}


def facts(one: Job[Any]) -> list[str]:
    """Which part of the pictures, and what is done otherwise than usual."""
    config = one.config
    pasted = {True: ["always pasted"], False: ["never pasted"]}.get(config.paste, [])
    more = ["with noise, fog, JPEG and light"] if config.corruptions else []
    return [f"part “{one.about.get('split', config.split)}”", f"{config.most} objects at most", *pasted, *more]


#: Condition → its name on the page.
WORDS = {
    "orig_full": "Whole picture",
    "orig_crop": "Cropped to it",
    "downscale": "Fewer pixels",
    "motion_blur": "Motion blur",
    "occlusion": "Partly covered",
    "bg_blur": "Background blurred",
    "noise": "Noise",
    "fog": "Fog",
    "jpeg": "Saved too small (JPEG)",
    "brightness": "Too much light",
}
ABOUT_SPOILING = (
    '<p class="si-sentence">What a camera or a phone may do to a picture, done to the cropped one; at the five '
    "severities of ImageNet-C (Hendrycks and Dietterich, 2019), so that figures can be held against others’.</p>"
)
ABOUT_CELLS = '<p class="si-sentence">Click a cell to see its objects, those that were named wrongly first.</p>'
ABOUT = """<details class="si-about"><summary>How to read this, and what it cannot tell</summary>
<p class="si-sentence">Every object is named once under each condition. The whole picture, with and without its
background blurred, is looked at whole; all others show the part around the object. So each differs by one thing from
the one it is compared with: the crop and the blurred background from the whole picture, the others from the crop.
Where the object is, is given: finding it is not what is tried here.</p>
<p class="si-sentence">Small is an object below 1 % of its picture, large one from 5 % on. The interval below a share
says what other objects of the same kind may give, at 95 % (Wilson, 1927); a change is of the same objects, which
tells more (Newcombe, 1998). “Open” means that these intervals leave it open: with more objects it may be settled. How
strongly a thing was changed decides how much it costs: compare sizes within a row rather than rows.</p>
<p class="si-sentence">Photos of small and of large objects differ in more than size: what is small is often far away,
in a crowd, or of another kind. Cut out and pasted at every size, the same objects differ in size alone; but then they
stand where nobody would put them, and their edges are cut.</p></details>"""
