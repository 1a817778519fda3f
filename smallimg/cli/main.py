"""The command line: `python -m smallimg VERB …`, or `smallimg VERB …` where it is installed.

Results go to standard output; progress, and a sentence for whatever went wrong, to standard error. Exit codes: 0 when
all went well, 1 when an input failed (it is named, and the others go on), 2 when the command was used wrongly.

Torch and rembg take seconds to import, so a verb imports what it needs when it runs: `--help` answers at once.
"""

from typing import Any

import typer
from typer.core import TyperGroup

from smallimg.cli.compare import compare
from smallimg.cli.conditions import conditions
from smallimg.cli.cut import crop, cutout
from smallimg.cli.data import challenge, check, convert
from smallimg.cli.evaluate import evaluate
from smallimg.cli.explain import explain
from smallimg.cli.mapping import map_pictures
from smallimg.cli.predict import predict
from smallimg.cli.runs import runs_app
from smallimg.cli.train import train
from smallimg.cli.verb import Verb
from smallimg.errors import SmallimgError, in_words, is_full


class _Verbs(TyperGroup):
    """The verbs; an error that has a remedy ends in its sentence, never in a traceback."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except SmallimgError as error:
            sentence = str(error)
        except OSError as error:
            if error.filename is None and not is_full(error):
                raise  # not about a path of the user's: a closed pipe, say, which typer ends quietly
            sentence = in_words(error) if is_full(error) else _said(error)
        except ModuleNotFoundError as error:
            package = str(error.name).split(".")[0]
            if package == "smallimg":
                raise
            extra = "rembg" if package == "rembg" else "train"
            sentence = f'This needs {package}, which is not installed: pip install "smallimg[{extra}]"'
        typer.echo(sentence, err=True)
        raise typer.Exit(1)


def _said(error: OSError) -> str:
    """What the system says of a path, and what to do."""
    return f"{error.filename} could not be read or written ({error.strerror}): check the path, or choose another place."


app = typer.Typer(
    cls=_Verbs,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Open a picture, remove its background, find the object, crop it, say what it is. "
    "The networks that do it can be trained from scratch with the same command.",
    epilog="`COMMAND --help` tells more about a command.",
)
for verb in (predict, challenge, check, convert, cutout, crop, train, evaluate, compare, explain, conditions):
    app.command(cls=Verb)(verb)
app.command("map", cls=Verb)(map_pictures)
app.add_typer(runs_app, name="runs")
