"""A process that computes for long: it comes after others, and its threads don't wait awake for one another."""

import os
import subprocess
import sys

import pytest

from smallimg.runs.priority import SETTING, WAITS, patient_environment


@pytest.mark.parametrize("name", ["GOMP_SPINCOUNT", "OMP_WAIT_POLICY"])
def test_what_somebody_set_stands(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    for one in ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY"):
        monkeypatch.delenv(one, raising=False)
    assert WAITS.items() <= patient_environment().items()
    monkeypatch.setenv(name, "7")
    assert patient_environment()[name] == "7"
    assert not {"GOMP_SPINCOUNT", "OMP_WAIT_POLICY"} - {name} & patient_environment().keys()


@pytest.mark.parametrize(("asked", "by"), [("", 10), ("3", 3), ("0", 0), ("99", 19), ("much", 10)])
def test_it_steps_back(asked: str, by: int) -> None:
    code = "import os; from smallimg.runs.priority import step_back; b = os.nice(0); step_back(); print(b, os.nice(0))"
    # In a session of its own: these tests and all they start would step back with it, too.
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | {SETTING: asked},
        capture_output=True, text=True, check=True, start_new_session=True,
    )  # fmt: skip
    before, after = map(int, done.stdout.split())
    assert after == min(before + by, 19)
