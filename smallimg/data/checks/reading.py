"""What reading has said already: of rows and files that it left out, of pictures that do not open, of how it read."""

import re
from collections.abc import Sequence

from smallimg.data.checks.finding import Finding
from smallimg.data.dataset import SAYS_NOTHING, grouped
from smallimg.data.formats.table_boxes import READ_TWO_WAYS
from smallimg.data.problems import About, pictures_of
from smallimg.data.wording import told

#: How `trainable` says that it leaves a class out, and forms that one they know of has no picture.
LEFT_OUT_CLASS = re.compile(r"^the class .* (single picture|no picture that opens) and is left out")
WITHOUT_PICTURE = re.compile(r"^the class .* has no picture$|^[\d,]+ of [\d,]+ classes have no picture: ")
HOW_READ = "how-it-was-read"
MEND = "mend it, or go on without"
UNDERSTOOD = "look whether that is what is meant"


def left_out(problems: Sequence[str]) -> list[Finding]:
    """A finding for each sentence that reading has for what is wrong; one for many that are alike."""
    findings = []
    lost = [problem for problem in problems if LEFT_OUT_CLASS.search(problem)]
    told_already = set(lost)  # once: of many thousand sentences, made for each of them
    if lost:
        # Alike but for names, which may be of any words, so that they are not told to be.
        findings.append(Finding("class-left-out", "error", told(lost), MEND, len(lost)))
    for message, alike in grouped([problem for problem in problems if problem not in told_already]):
        paths = pictures_of(alike)
        if any(isinstance(one, About) and one.is_unreadable for one in alike):
            findings.append(Finding("unreadable-picture", "error", message, MEND, len(alike), paths))
        elif WITHOUT_PICTURE.search(message):
            findings.append(Finding("class-without-picture", "warning", message, MEND, _number(message)))
        elif READ_TWO_WAYS in message:
            findings.append(Finding("boxes-read-two-ways", "warning", message, MEND, 1))
        elif SAYS_NOTHING in message:
            findings.append(Finding("mask-says-nothing", "warning", message, MEND, _number(message)))
        else:
            findings.append(Finding("left-out", "error", message, MEND, len(alike), paths))
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
