"""What the README and the pages of docs/ show: commands with their output, and code with what it prints."""

import re
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Shown:
    """A command, and the output that is shown below it."""

    command: str
    output: str


def blocks(text: str) -> Iterator[tuple[str, str]]:
    """Every fenced block of a Markdown text, as (language, content)."""
    yield from re.findall(r"^```(\w*)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def commands(console: str) -> Iterator[Shown]:
    """The commands of a `console` block."""
    for part in re.split(r"^\$ ", console, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        yield Shown(command, output)


def shape(output: str) -> str:
    """The output with every number as `#` and every run of spaces as one: what stays the same on another machine."""
    return re.sub(r" +", " ", re.sub(r"\d+(\.\d+)?(e-?\d+)?", "#", output)).strip()


def is_as_shown(output: str, shown: str) -> bool:
    """Whether an output has the shape of the one shown; `…` stands for anything in a line, alone for any lines."""
    end = re.escape("\n")
    pattern = re.escape(shape(shown)).replace(f"{end}…{end}", r"\n(?:.*\n)*").replace("…", ".*")
    return re.fullmatch(pattern, shape(output)) is not None
