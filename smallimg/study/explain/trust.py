"""How far a map is to be trusted, in figures and in a sentence."""

from dataclasses import dataclass
from typing import Any, Literal

from smallimg.study.explain.faithfulness import Faithfulness

#: A rank correlation with a shuffled network's map from which the two count as the same.
SAME = 0.5
#: How much better than another order a map has to be to count as better.
CLEAR = 0.02


@dataclass(frozen=True)
class Trust:
    """What a map is worth.

    Attributes:
        faithfulness: what happens when its hot places are hidden, or shown alone.
        sameness: the mean rank correlation with maps of networks whose weights were shuffled, −1 … 1.
    """

    faithfulness: Faithfulness
    sameness: float

    @property
    def is_learned(self) -> bool:
        """Whether the map changes with what the network has learned; one that is only turned over has not changed."""
        return abs(self.sameness) < SAME

    @property
    def verdict(self) -> Literal["good", "fair", "poor"]:
        """Good: better than both orders that know nothing, and gone with what was learned. Poor: not even at random."""
        gain = self.faithfulness.map.gain
        if gain < self.faithfulness.random.gain + CLEAR:
            return "poor"
        is_more = gain >= self.faithfulness.middle.gain + CLEAR
        return "good" if is_more and self.is_learned else "fair"

    @property
    def sentence(self) -> str:
        """For people: how far to trust it, and why."""
        gain = self.faithfulness.map.gain
        if gain < self.faithfulness.random.gain + CLEAR:
            hiding = "Hiding its warm places changes the answer no sooner than hiding places at random."
        elif gain < self.faithfulness.middle.gain + CLEAR:
            hiding = (
                "Hiding its warm places changes the answer sooner than hiding places at random, but no sooner than "
                "hiding the middle of what the network sees."
            )
        else:
            hiding = (
                "The warm places matter here: hiding them changes the answer sooner than hiding places at random, and "
                "sooner than hiding the middle of what the network sees."
            )
        if self.is_learned:
            return hiding
        turned = ", turned over" if self.sameness < 0 else ""
        return (
            f"{hiding} But a network with shuffled weights has nearly the same map{turned}: much of it is the "
            "picture’s own, and was not learned."
        )

    def as_dict(self) -> dict[str, Any]:
        return {
            "faithfulness": self.faithfulness.as_dict(),
            "shuffled_rank_correlation": round(self.sameness, 4),
            "verdict": self.verdict,
            "sentence": self.sentence,
        }
