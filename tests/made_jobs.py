"""Finished jobs, made in this process: a worker of its own would wait for its turn on the processor."""

import shutil
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from smallimg.runs import sitting
from smallimg.runs.evaluation import EVALUATIONS, Evaluated, EvaluationConfig
from smallimg.runs.jobs import Job, Kind


def work_here(kind: Kind[Any], one: Job[Any]) -> Job[Any]:
    """Let a job's worker do its work at once, and read what came of it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sitting, "step_back", lambda: None)
        patch.setattr(sitting, "is_next", lambda path: True)
        import_module(kind.worker).main(one.path)
    return kind.read(one.id, folder=one.path.parent.parent)


def made(kind: Kind[Any], config: Any, folder: Path) -> Job[Any]:
    """A finished one, in a folder of runs."""
    one = work_here(kind, kind.create(config, folder=folder))
    assert one.status == "finished", one.reason
    return one


def made_evaluation(model: Path, data: Path, folder: Path, **options: Any) -> Evaluated:
    """One of a bundle called "mine" on data called "little"."""
    names = {"model_name": "mine", "data_name": "little", "against_name": "mine"}
    return made(EVALUATIONS, EvaluationConfig(str(model), str(data), **names, **options), folder)


def own_copy(bundle: Path, folder: Path) -> Path:
    """A bundle that may be written to."""
    return Path(shutil.copytree(bundle, folder / "mine"))
