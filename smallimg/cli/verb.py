"""What all verbs have in common: an empty text is no answer to anything that they ask."""

from pathlib import Path
from typing import Any

import typer
from typer.core import TyperCommand

EMPTY = "it is empty: look whether a variable of the shell is not set."
EMPTY_PATH = "the path is empty: look whether a variable of the shell is not set; the folder you are in is called “.”."


class Verb(TyperCommand):
    """A verb that refuses empty texts, as `"$PICTURE"` is one where nobody has set it.

    `Path("")` is the folder that one is in, and an empty name often means the same as none: without this a slip would
    read, or write to, what nobody meant.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        given, _, _ = self.make_parser(ctx).parse_args(args=list(args))
        rest = super().parse_args(ctx, args)
        asked: list[Any] = self.params
        for param in asked:
            texts = given.get(param.name)
            if "" in (texts if isinstance(texts, list | tuple) else [texts]):
                made = ctx.params.get(param.name)
                is_path = isinstance(made[0] if isinstance(made, list | tuple) and made else made, Path)
                raise typer.BadParameter(EMPTY_PATH if is_path else EMPTY, ctx=ctx, param=param)
        return rest
