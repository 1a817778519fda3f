"""What a check says of a data set."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

#: From what spoils a training to what is only good to know.
Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True)
class Finding:
    """One thing that a check has found, with all pictures that it is about.

    Attributes:
        id: the check's name and what it found, such as "duplicate-between-splits"; the same in every release.
        severity: "error" for what was left out or spoils a training, "warning" for what makes it worse or its figures
            untrue, "note" for what is good to know.
        message: what was found, a sentence.
        remedy: what to do about it, a sentence.
        count: how many pictures, boxes or rows it is about.
        pictures: those that can be left out to mend it, the worst first; empty where that would mend nothing.
    """

    id: str
    severity: Severity
    message: str
    remedy: str
    count: int
    pictures: tuple[Path, ...] = ()
