"""A run's folder: written down, read back however damaged, renamed and deleted."""

import json
from pathlib import Path

import pytest

from smallimg.errors import RunError
from smallimg.runs.process import start_run, stop_run
from smallimg.runs.run import (
    RunConfig,
    create_run,
    delete_run,
    list_runs,
    note_run,
    read_lines,
    read_log,
    read_metrics,
    read_run,
    rename_run,
)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(RunError, match=r"can be kept in “runs” \(Not a directory\): .* in the setting SMALLIMG_RUNS"):
        create_run(RunConfig("mine", str(tmp_path)), folder=tmp_path / "file" / "runs")


def test_a_run_needs_a_name_and_data(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="needs a name"):
        create_run(RunConfig("  ", str(tmp_path)), folder=tmp_path)
    with pytest.raises(RunError, match="no data set “gone”"):
        create_run(RunConfig("a", str(tmp_path / "gone")), folder=tmp_path)


@pytest.mark.parametrize("run_id", ["", "..", "../x", "a/b", "/etc", ".hidden", "a\0b", "x" * 101])
def test_an_id_cannot_lead_out_of_the_folder(tmp_path: Path, run_id: str) -> None:
    for act in (read_run, start_run, stop_run, delete_run, read_metrics, read_log):
        with pytest.raises(RunError, match="no id of a run"):
            act(run_id, folder=tmp_path)


def test_damaged_runs_are_passed_over(tmp_path: Path) -> None:
    good = create_run(RunConfig("good", str(tmp_path)), folder=tmp_path)
    for name, text in (("torn", '{"name"'), ("list", "[]"), ("poor", "{}"), ("odd", '{"name": 1, "created": "x"}')):
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.json").write_text(text)
    (tmp_path / "a file").touch()
    assert [run.id for run in list_runs(tmp_path)] == [good.id]
    (good.path / "status.json").write_text("{")
    assert read_run(good.id, folder=tmp_path).status == "interrupted"
    assert list_runs(tmp_path / "nowhere") == []


def test_runs_are_renamed_noted_and_deleted(tmp_path: Path) -> None:
    run = create_run(RunConfig("old", str(tmp_path)), folder=tmp_path)
    assert rename_run(run.id, " new  name ", folder=tmp_path).config.name == "new name"
    assert note_run(run.id, "it was late", folder=tmp_path).config.note == "it was late"
    assert read_run(run.id, folder=tmp_path).created == run.created
    with pytest.raises(RunError, match="needs a name"):
        rename_run(run.id, " ", folder=tmp_path)
    with pytest.raises(RunError, match="nothing to stop"):
        stop_run(run.id, folder=tmp_path)
    delete_run(run.id, folder=tmp_path)
    assert list_runs(tmp_path) == []


def test_torn_lines_are_left_out(tmp_path: Path) -> None:
    whole = {"stage": "detector", "epoch": 1, "metrics": {}}
    (tmp_path / "m.jsonl").write_text(json.dumps(whole) + '\n[1]\n{"stage": 1}\n{"stage": "det')
    assert read_lines(tmp_path / "m.jsonl") == [whole]
    assert read_lines(tmp_path / "none.jsonl") == []
