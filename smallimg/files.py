"""Files that come along, and files that are always whole: a reader sees the old one or the new one, whenever the writer
is killed.
"""

import contextlib
import json
import os
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_PACKAGE = Path(__file__).resolve().parent
#: What a spreadsheet computes, and what looks like it once an apostrophe was put before it.
_FORMULA = re.compile(r"'*[=+\-@\t\r]")


def shipped(name: str) -> Path:
    """A folder that comes along: within the package where a wheel put it there, else beside it in the project."""
    inside = _PACKAGE / name
    return inside if inside.is_dir() else _PACKAGE.parent / name


def write_text(file: Path, text: str) -> None:
    """Write a file in UTF-8, see `whole`."""
    with whole(file) as temporary:
        temporary.write_text(text, encoding="utf-8")


@contextlib.contextmanager
def whole(file: Path) -> Iterator[Path]:
    """A name to write to, beside the file; what lies there takes its place at the end.

    Nothing is left of it where the block raises: on a full disk, half a file would keep it full.
    """
    temporary = file.with_suffix(f".{os.getpid()}-{threading.get_ident()}.tmp")
    try:
        yield temporary
        temporary.replace(file)
    except BaseException as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        if isinstance(error, OSError) and error.filename == str(temporary):
            error.filename = str(file)  # nobody knows the other name
        raise


def write_json(file: Path, content: dict[str, Any]) -> None:
    """Write an object as JSON, for people to read too."""
    text = json.dumps(content, indent=1, ensure_ascii=False)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:  # the name of a file that is no UTF-8, say
        text = json.dumps(content, indent=1)
    write_text(file, text + "\n")


def read_json(file: Path) -> dict[str, Any]:
    """An object from a file of JSON; nothing of it where there is none, or it is damaged."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def is_utf8(text: str) -> bool:
    """Whether a name, as Python has it of the system, is text; other bytes of it are half characters here."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def as_utf8(text: str) -> str:
    """The same with question marks for half characters, which can be neither written nor sent."""
    return text if is_utf8(text) else text.encode("utf-8", "replace").decode("utf-8")


def plain_cell(cell: str) -> str:
    """`cell`, with a leading apostrophe where a spreadsheet would take it for a formula (OWASP, "CSV Injection")."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def read_cell(cell: str) -> str:
    """What `plain_cell` was given."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell
