"""What each view of an evaluation is, how to read it, what it cannot tell, and where it comes from."""

TILES = """<p class="si-sentence"><b>What it is.</b> Accuracy counts the pictures whose most probable class is the
true one, sure of it or not. Precision is, of what was named so, how much is so; recall is, of what is so, how much
was named so; F1 is their harmonic mean; all three are means over the classes, small ones weighing as much as large
ones. Loss is the mean of −log of the true class’s probability: it punishes being sure and wrong.</p>
<p class="si-sentence"><b>How to read it.</b> The range below a count is where the share may well lie (95 %), by how
few pictures there are. Two models whose ranges overlap may still differ: compare them on the same pictures,
below.</p>
<p class="si-sentence"><b>What it cannot tell.</b> How it does on pictures of another kind than these. Means of
classes and of overlaps are no shares of pictures and have no such range.</p>
<p class="si-sentence">Intervals: Wilson, 1927; why these: Brown, Cai and DasGupta, 2001.</p>"""

BOXES = """<p class="si-sentence"><b>What it is.</b> Box IoU is how much the best box and the true one overlap, 0 to
1. mAP sorts all boxes by their score and asks at every IoU from 0.5 to 0.95 how precise they are as more are let in.
Small objects are below 32 × 32 pixels, large ones from 96 × 96 on.</p>
<p class="si-sentence"><b>What it cannot tell.</b> A box here has no class: finding is measured, naming is not. Only
boxes above a score of 0.05 are counted, ten a picture at most. Pictures in which nobody marked an object are passed
over.</p>
<p class="si-sentence">Rules and sizes: COCO, Lin et al., 2014.</p>"""

MATRIX = """<p class="si-sentence"><b>How to read it.</b> A row is a true class, a column is what was answered. Right
answers lie on the diagonal; a strong cell beside it is a pair of classes that it mixes up. Click a cell to see its
pictures.</p>
<p class="si-sentence"><b>What it cannot tell.</b> Colours are shares of a row: a strong cell of a class with three
pictures is one picture.</p>"""

CALIBRATION = """<p class="si-sentence"><b>How to read it.</b> Pictures are sorted by how probable the answer was;
each point is how often such answers are right. On the dashed line, “80 %” is right eight times in ten. Below it the
model is too sure of itself, above it too modest. A large point stands for many pictures; the bars are 95 %
intervals.</p>
<p class="si-sentence"><b>What it cannot tell.</b> Whether it knows which pictures are hard: a model that always says
the mean is on the line as well.</p>
<p class="si-sentence">Guo et al., 2017, arXiv:1706.04599; calibration error: Naeini et al., 2015.</p>"""

THRESHOLD = """<p class="si-sentence"><b>What it is.</b> A name is said aloud only from a certain probability on;
below it the answer is “not sure”. Higher, and what is said is right more often, but less is said.</p>
<p class="si-sentence"><b>How to read it.</b> The thick line is the precision of what is said, with its 95 % interval;
the dashed one how many pictures get a name; the dotted one how many get the right one (the recall). Move the slider
and look at what it costs. Names of objects that look like nothing it knows, or where two classes are too close, are
not said at any threshold.</p>
<p class="si-sentence"><b>What it cannot tell.</b> A threshold that was chosen on these pictures looks a little better
on them than on others: try it on pictures it was not chosen by.</p>
<p class="si-sentence">Selective classification: Geifman and El-Yaniv, 2017, arXiv:1705.08500.</p>"""

SHEETS = """<p class="si-sentence"><b>How to read it.</b> Where it was sure and wrong, it has learned something that
is not so, or the label is wrong: look at these first. Where it was right and unsure, it may have been lucky.</p>
<p class="si-sentence"><b>What it cannot tell.</b> Why. These are the extremes and not typical.</p>"""

COMPARISON = """<p class="si-sentence"><b>How to read it.</b> Both looked at the same pictures, so only those count
that flip: right for one and wrong for the other. p is how often flips at least as uneven would come about if neither
were better; below 0.05 chance alone is a poor explanation.</p>
<p class="si-sentence"><b>What it cannot tell.</b> A large p does not say that both are alike: with few pictures a
real difference goes unseen. Who compares many pairs finds some below 0.05 by chance.</p>
<p class="si-sentence">McNemar, 1947, in its exact form; interval of the difference: Newcombe, 1998.</p>"""

LESSON = """<p class="si-sentence"><b>What it is.</b> The same model and the same pictures, with two steps switched
off: without removal the background stays in the picture, without cropping the classifier sees the whole of it.</p>
<p class="si-sentence"><b>What it cannot tell.</b> How a model would do that had been trained without these steps:
this one expects them.</p>"""


def fold(text: str, *, title: str = "How to read this, and what it cannot tell") -> str:
    """An explanation behind a line that opens it; HTML."""
    return f'<details class="si-about"><summary>{title}</summary>{text}</details>'
