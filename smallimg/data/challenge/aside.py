"""The sample, drawn in a process of its own.

What draws starts without all that its caller has imported (the processes of a page’s own pool would each build the page
first), and is gone at once where nobody wants it any more.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from select import select

from smallimg.errors import DataError
from smallimg.visitors.wanted import still_wanted

#: How long it may say nothing before somebody asks whether it is still wanted.
ASK_EVERY_S = 0.3


def draw_aside(out: Path, *, train: int, test: int, progress: Callable[[int, int], None] | None = None) -> None:
    """`write_challenge` in a process of its own.

    Raises:
        DataError: when it cannot be drawn.
        Stopped: when it is not wanted any more; nobody writes to the folder then.
    """
    command = [sys.executable, "-m", "smallimg.data.challenge", str(out.resolve()), str(train), str(test)]
    with subprocess.Popen(
        command,
        cwd=Path(__file__).resolve().parents[3],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        process_group=0,  # it and those that draw for it can be ended together
    ) as process:
        try:
            for line in _lines(process):
                told = json.loads(line)
                if "error" in told:
                    raise DataError(told["error"])
                if progress is not None:
                    progress(told["done"], told["of"])
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
    if process.returncode:
        raise DataError(
            "The sample could not be drawn: look whether there is memory and room on the disk, then try again."
        )


def _lines(process: subprocess.Popen[bytes]) -> Iterator[bytes]:
    """What it writes until it ends, line by line."""
    assert process.stdout is not None
    rest = b""
    while True:
        still_wanted()
        if not select([process.stdout], [], [], ASK_EVERY_S)[0]:
            continue
        chunk = os.read(process.stdout.fileno(), 1 << 16)
        if not chunk:
            process.wait()
            return
        *lines, rest = (rest + chunk).split(b"\n")
        yield from lines
