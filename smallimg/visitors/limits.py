"""What a visitor may do on a page that is open to the public; on one's own machine nothing of this holds.

`SMALLIMG_PUBLIC=1` opens it with the limits below, `SMALLIMG_PUBLIC="kept=5, minutes=30"` with others. On a Hugging
Face Space it is open by itself.
"""

import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path

from smallimg.errors import OwnerError
from smallimg.visitors.asking import who_asks
from smallimg.visitors.owner import owner_of

SETTING = "SMALLIMG_PUBLIC"
_YES, _NO = ("1", "yes", "true", "on"), ("", "0", "no", "false", "off")


@dataclass(frozen=True)
class Limits:
    """What a visitor may do.

    Attributes:
        kept: how many things of each kind a visitor can have: data sets, trainings, evaluations, studies.
        waiting, waiting_in_all: how many may be under way or wait in line, a visitor's and everybody's.
        epochs, batch: of a training.
        minutes: how long a training or an evaluation works at a time.
        set_mb, disk_mb, disk_in_all_mb: megabytes of a data set, of a visitor, of all visitors.
        days: how long a visitor's things are kept after they were here last.
        requests: how many requests of a visitor may wait in one line.
    """

    kept: int = 20
    waiting: int = 2
    waiting_in_all: int = 10
    epochs: int = 200
    batch: int = 128
    minutes: int = 60
    set_mb: int = 200
    disk_mb: int = 1000
    disk_in_all_mb: int = 20_000
    days: int = 7
    requests: int = 16


def public_limits(environment: Mapping[str, str] = os.environ) -> Limits | None:
    """The limits of this page; None where it is not open to the public.

    Raises:
        OwnerError: when the setting says nothing that can be understood.
    """
    said = environment.get(SETTING, "1" if environment.get("SPACE_ID") else "").strip().lower()
    if said in _NO:
        return None
    if said in _YES:
        return Limits()
    names = [field.name for field in fields(Limits)]
    wanted: dict[str, int] = {}
    for part in said.split(","):
        found = re.fullmatch(r"\s*(\w+)\s*=\s*(\d{1,9})\s*", part)
        if not found or found[1] not in names or not int(found[2]):
            raise OwnerError(
                f"The setting {SETTING} is “{said[:80]}”: use 1, 0, or numbers such as “kept=5, minutes=30”; there are "
                f"{', '.join(names)}."
            )
        wanted[found[1]] = int(found[2])
    return replace(Limits(), **wanted)


def seconds_for(folder: Path) -> float:
    """How long a worker may work at a time at what lies there: at a visitor's not for ever."""
    limits = public_limits() if owner_of(folder) else None
    return limits.minutes * 60.0 if limits else math.inf


def limits_here() -> Limits | None:
    """The limits that hold for whoever asks; None for the machine's own user."""
    return None if who_asks().is_machine else public_limits() or Limits()
