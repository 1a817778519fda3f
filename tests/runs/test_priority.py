"""A process that computes for long: it comes after others, and its threads don't wait awake for one another."""

import subprocess
import sys

import pytest

from smallimg.runs.priority import WAITS, patient_environment


@pytest.mark.parametrize("name", ["GOMP_SPINCOUNT", "OMP_WAIT_POLICY"])
def test_what_somebody_set_stands(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    for one in ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY"):
        monkeypatch.delenv(one, raising=False)
    assert WAITS.items() <= patient_environment().items()
    monkeypatch.setenv(name, "7")
    assert patient_environment()[name] == "7"
    assert not {"GOMP_SPINCOUNT", "OMP_WAIT_POLICY"} - {name} & patient_environment().keys()


def test_it_steps_back() -> None:
    code = "import os; from smallimg.runs.priority import step_back; step_back(); print(os.nice(0))"
    nice = [
        # In a session of its own: these tests and all they start would step back with it, too.
        int(
            subprocess.run(
                [sys.executable, "-c", source], capture_output=True, text=True, check=True, start_new_session=True
            ).stdout
        )
        for source in ("import os; print(os.nice(0))", code)
    ]
    assert nice[1] == min(nice[0] + 10, 19)
