"""The command line, run in this process or in one of its own."""

import subprocess
import sys
from pathlib import Path

from typer.testing import CliRunner, Result

from smallimg.cli.main import app

ROOT = Path(__file__).parents[1]


def run(*arguments: object) -> Result:
    """The command in this process: an exception other than its exit would surface here."""
    return CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=False)


def run_process(*arguments: object) -> "subprocess.CompletedProcess[str]":
    """The command as a shell would start it."""
    command = [sys.executable, "-m", "smallimg", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
