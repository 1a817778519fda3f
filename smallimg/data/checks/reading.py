"""What reading has said already: of rows and files that it left out, of pictures that do not open, of how it read."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from smallimg.data.checks.examined import told
from smallimg.data.checks.finding import Finding
from smallimg.data.dataset import SAYS_NOTHING, grouped

#: How `trainable` says that it leaves a class out, and forms that one they know of has no picture.
LEFT_OUT_CLASS = re.compile(r"^the class .* (single picture|no picture that opens) and is left out")
WITHOUT_PICTURE = re.compile(r"^the class .* has no picture$|^[\d,]+ of [\d,]+ classes have no picture: ")
HOW_READ = "how-it-was-read"
MEND = "mend it, or go on without"
UNDERSTOOD = "look whether that is what is meant"


def left_out(problems: Sequence[str], unreadable: Mapping[str, Path]) -> list[Finding]:
    """A finding for each sentence that reading has for what is wrong; one for many that are alike.

    Args:
        problems: the sentences.
        unreadable: those that speak of a picture that does not open, and which it is.
    """
    findings = []
    lost = [problem for problem in problems if LEFT_OUT_CLASS.search(problem)]
    if lost:
        # Alike but for names, which may be of any words, so that they are not told to be.
        findings.append(Finding("class-left-out", "error", told(lost), MEND, len(lost)))
    for message, alike in grouped([problem for problem in problems if problem not in set(lost)]):
        paths = tuple(dict.fromkeys(unreadable[one] for one in alike if one in unreadable))
        if paths:
            findings.append(Finding("unreadable-picture", "error", message, MEND, len(alike), paths))
        elif WITHOUT_PICTURE.search(message):
            findings.append(Finding("class-without-picture", "warning", message, MEND, _number(message)))
        elif SAYS_NOTHING in message:
            findings.append(Finding("mask-says-nothing", "warning", message, MEND, _number(message)))
        else:
            findings.append(Finding("left-out", "error", message, MEND, len(alike)))
    return findings


def understood(notes: Sequence[str]) -> list[Finding]:
    """A finding for each sentence about how the data was read."""
    return [Finding(HOW_READ, "note", note, UNDERSTOOD, 1) for note in dict.fromkeys(notes)]


def line(finding: Finding) -> str:
    """A finding as one sentence, with its remedy where it does not say that itself."""
    said_itself = finding.remedy in (MEND, UNDERSTOOD)
    return finding.message if said_itself else f"{finding.message}: {finding.remedy}"


def _number(message: str) -> int:
    """Of how many it speaks, by its first word."""
    first = message.split(" ", 1)[0].replace(",", "")
    return int(first) if first.isdecimal() else 1
