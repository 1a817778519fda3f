"""Who may have a file that lies in Gradio's folder."""

from pathlib import Path

import pytest

from smallimg.ui.visitors.handed_out import HandedOut
from smallimg.visitors.asking import Asker

ANNA, BEN = Asker(("guest-anna",)), Asker(("guest-ben",))


def test_what_two_have_sent_is_there_until_both_have_deleted_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Gradio keeps one file for all who send the same."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    files, both, hers = HandedOut(), tmp_path / "both.png", tmp_path / "hers.png"
    for path in (both, hers):
        path.write_bytes(b"12345")
        files.give([str(path)], ANNA)
    files.give([str(both)], BEN)
    files.delete(ANNA)
    assert both.exists()
    assert not hers.exists()
    assert not files.may_have(str(both), ANNA)
    assert files.may_have(str(both), BEN)
    assert files.size_of(ANNA) == 0
    files.delete(BEN)
    assert not both.exists()
