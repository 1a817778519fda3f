"""Data on disk, examined as `check` does it."""

from pathlib import Path

from smallimg.data.checks.finding import Finding
from smallimg.data.preview import read_preview

HEADER = "image,xmin,ymin,xmax,ymax,class"


def found(root: Path) -> dict[str, Finding]:
    """What is said of a data set, by id; each id once."""
    findings = read_preview(root).findings
    by_id = {finding.id: finding for finding in findings}
    assert len(by_id) == len(findings)
    return by_id


def names(finding: Finding) -> list[str]:
    return [path.name for path in finding.pictures]


def write_rows(root: Path, rows: list[str], split: str = "train") -> None:
    (root / f"{split}.csv").write_text("\n".join([HEADER, *rows]) + "\n")
