"""Work that the page asks for and that outlives it: a folder a job that tells all about it, a process that fills it.

    config.json     what was asked for
    status.json     how far it is, written by the worker
    about.json      where the pictures lie, and what was done otherwise than asked
    log.txt         what happened, for people
    lock, stop      as in a training run, see `smallimg.runs.run`
    …               what came of it: the kind's own files

Jobs of a kind lie in a folder beside the runs. One of each kind works at a time, the others wait in line; trainings do
not hold them up. The kinds: `evaluation`, `study` and `mapping` in this folder.
"""

import contextlib
import json
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from smallimg.bundles.bundle import find_bundle
from smallimg.errors import RunError
from smallimg.files import read_json, write_json
from smallimg.runs.caps import refuse_if_line_is_full
from smallimg.runs.folders import find_folder, new_folder, no_such, read_standing, whole_or_nothing
from smallimg.runs.line import ALIVE, Status
from smallimg.runs.process import start_worker
from smallimg.runs.run import read_time, runs_folder
from smallimg.runs.told import count, fits, number
from smallimg.visitors.owner import is_mine

KILLED = "Its process ended without a word: the computer was restarted, or the system took its memory. Start it again."


class JobConfig(Protocol):
    """What was asked for: a frozen dataclass of plain values."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def data(self) -> str:
        """Path of the data set."""

    @property
    def title(self) -> str:
        """What to call it."""

    @property
    def models(self) -> tuple[str, ...]:
        """The bundles that it asks, by name or folder."""


Config = TypeVar("Config", bound=JobConfig)


@dataclass(frozen=True)
class Job(Generic[Config]):
    """A job as its files tell it.

    Attributes:
        reason: why it is not going on, in a sentence; empty while all is well.
        doing: what it is at, in a word, where it does more than one thing.
        done, of: how many pictures have been looked at, each as often as it has to be; 0 before the first.
        seconds: how long it has taken.
        created: seconds since 1970.
        ahead: how many others are before it in the line.
        about: see the module's `about.json`.
        figures_file: see `Kind.figures`.
        files: what it left behind to be taken along, in the order in which it is offered.
    """

    path: Path
    config: Config
    status: Status
    reason: str = ""
    doing: str = ""
    done: int = 0
    of: int = 0
    seconds: float = 0.0
    created: float = 0.0
    ahead: int = 0
    about: Mapping[str, Any] = field(default_factory=dict)
    figures_file: str = ""
    files: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        return self.path.name

    @property
    def is_alive(self) -> bool:
        return self.status in ALIVE

    @property
    def can_start(self) -> bool:
        """Whether it could be begun anew."""
        return self.status in ("stopped", "interrupted", "failed")

    @cached_property
    def figures(self) -> dict[str, Any]:
        """What came of it; nothing before it is finished."""
        return read_json(self.path / self.figures_file) if self.status == "finished" else {}


@dataclass(frozen=True)
class Kind(Generic[Config]):
    """One kind of jobs: where they lie, and how they are made, started, stopped, read, listed and deleted.

    Everywhere `folder` is the one of the runs, by default `runs_folder()`.

    Attributes:
        folder_name: of all of this kind.
        what: one of them, in a word.
        config: what is asked for.
        worker: the module of the process.
        figures: the JSON file that `Job.figures` reads.
        offered: the files that it may leave behind to be taken along.
    """

    folder_name: str
    what: str
    config: type[Config]
    worker: str
    figures: str
    offered: tuple[str, ...]

    def folder(self, folder: Path | None = None) -> Path:
        """Where they live."""
        return (folder or runs_folder()) / self.folder_name

    def create(self, config: Config, *, folder: Path | None = None) -> Job[Config]:
        """Write down a new one; `start` starts it.

        Raises:
            RunError: when there is no data, or no folder can be made for it.
            BundleError: when there is no such model.
            OwnerError: when a visitor asks for more than they may have.
        """
        if not config.data or not Path(config.data).exists() or not is_mine(Path(config.data)):
            raise RunError("Choose the pictures first; their number shows that they are there.")
        for model in config.models:
            find_bundle(model)
        refuse_if_line_is_full(self.folder(folder))
        path = new_folder(self.folder(folder), config.title, what=self.what)
        with whole_or_nothing(path, what=self.what):
            write_json(path / "status.json", {"status": "stopped", "reason": "It has not been started."})
            write_json(path / "config.json", asdict(config) | {"created": time.time()})
        return self.read(path.name, folder=folder)

    def start(self, job_id: str, *, folder: Path | None = None) -> Job[Config]:
        """Start its worker; one that was stopped, interrupted or failed begins anew.

        Raises:
            RunError: when it is under way already, or finished.
            OwnerError: when a visitor has too many under way.
        """
        one = self.read(job_id, folder=folder)
        if one.status == "finished":
            raise RunError(f"“{one.config.title}” is finished: what came of it is below.")
        start_worker(one.path, self.worker, name=one.config.title, is_alive=one.is_alive)
        return self.read(job_id, folder=folder)

    def stop(self, job_id: str, *, folder: Path | None = None) -> Job[Config]:
        """Ask it to stop, which it does within a picture or two.

        Raises:
            RunError: when it is not under way.
        """
        one = self.read(job_id, folder=folder)
        if not one.is_alive:
            raise RunError(f"“{one.config.title}” is not under way: there is nothing to stop.")
        (one.path / "stop").touch()
        return one

    def delete(self, job_id: str, *, folder: Path | None = None) -> None:
        """Delete it and its files.

        Raises:
            RunError: when it is under way.
        """
        one = self.read(job_id, folder=folder)
        if one.is_alive:
            raise RunError(f"“{one.config.title}” is under way: stop it before you delete it.")
        shutil.rmtree(one.path)

    def all(self, folder: Path | None = None) -> list[Job[Config]]:
        """All that can be read, the newest first."""
        base = self.folder(folder)
        found = []
        for path in base.iterdir() if base.is_dir() else ():
            with contextlib.suppress(RunError):
                found.append(self.read(path.name, folder=folder))
        return sorted(found, key=lambda one: (one.created, one.id), reverse=True)

    def read(self, job_id: str, *, folder: Path | None = None) -> Job[Config]:
        """What its files tell now.

        Raises:
            RunError: when there is none, or its config.json is damaged.
        """
        path = find_folder(self.folder(folder), job_id, what=self.what)
        try:
            content = json.loads((path / "config.json").read_text(encoding="utf-8"))
            created = read_time(content.pop("created"))
            known = {entry.name for entry in fields(self.config)}
            config = self.config(**{name: value for name, value in content.items() if name in known})
            if not fits(config, self.config):
                raise ValueError("a field of another type")
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise no_such(job_id, what=self.what) from error
        now = read_standing(path, killed=KILLED)
        doing = now.said.get("doing")
        return Job(
            path, config, now.status, now.reason, doing=doing if isinstance(doing, str) else "",
            done=count(now.said, "done"), of=count(now.said, "of"), seconds=number(now.said, "seconds"),
            created=created, ahead=now.ahead,
            about=read_json(path / "about.json"), figures_file=self.figures,
            files=tuple(name for name in self.offered if (path / name).is_file()),
        )  # fmt: skip


def apart(one: Job[Config], others: Sequence[Job[Config]]) -> str:
    """What to call one in a list; those alike are told apart by their time."""
    title = one.config.title
    alike = [other.config.title for other in others].count(title) > 1
    return f"{title} – {time.strftime('%d %b, %H:%M:%S', time.localtime(one.created))}" if alike else title
