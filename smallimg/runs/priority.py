"""A long process that leaves the processor to others."""

import contextlib
import os
from pathlib import Path

from smallimg.environment import kept_in

#: How long a thread of torch's waits awake for the others, in turns of a loop: some fifty microseconds. By default it
#: is some fourteen milliseconds, and where a browser wants one of two cores, a training then waits more than it learns:
#: in ten seconds of such company it took 10 and 14 steps, with this 17 and 19.
WAITS = {"GOMP_SPINCOUNT": "1000"}

SETTING, BY = "SMALLIMG_NICE", 10


def patient_environment() -> dict[str, str]:
    """This process's environment for one that computes for long, in another working folder.

    What somebody set for torch's threads stands; what is kept lies where it lies for this process.
    """
    is_set = {"GOMP_SPINCOUNT", "OMP_WAIT_POLICY"} & os.environ.keys()
    places = {f"SMALLIMG_{name.upper()}": str(kept_in(name).resolve()) for name in ("runs", "data")}
    return dict(os.environ) | places | ({} if is_set else WAITS)


def step_back() -> None:
    """From now on the page, and whatever else runs here, gets the processor before this process.

    `SMALLIMG_NICE` says by how much, 0 (not at all) to 19; 10 where it is not set, or is something else.
    """
    asked = os.environ.get(SETTING, "")
    by = min(int(asked), 19) if asked.isdecimal() else BY
    if by == 0:
        return
    os.nice(by)
    # Where Linux groups processes by session, niceness counts inside a session only; this is the group's own.
    with contextlib.suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(by), encoding="ascii")
