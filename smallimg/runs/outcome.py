"""What a finished run's bundle can do, as `smallimg.runs.measure` wrote it down."""

import json
from pathlib import Path
from typing import Any


def read_outcome(run_path: Path) -> dict[str, Any] | None:
    """What `write_outcome` wrote; None when it has not been, or the file is damaged."""
    try:
        content = json.loads((run_path / "results.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) and {"metrics", "pictures"} <= content.keys() else None
