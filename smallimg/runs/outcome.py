"""What a finished run's bundle can do, as `smallimg.runs.measure` wrote it down."""

from pathlib import Path
from typing import Any

from smallimg.files import read_json


def read_outcome(run_path: Path) -> dict[str, Any] | None:
    """What `write_outcome` wrote; None when it has not been, or the file is damaged."""
    content = read_json(run_path / "results.json")
    return content if {"metrics", "pictures"} <= content.keys() else None
