"""`make release` tags what is written down, and says what is missing."""

import re
import subprocess
from pathlib import Path

import pytest

from smallimg import __version__

ROOT = Path(__file__).parents[1]
SECTIONS = """# Changelog

## [Unreleased]

- Later.

## [1.2.3] - 2026-12-01

### Added

- This.

## [1.2.2] - 2026-11-01

- Before.
"""


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A committed project of version 1.2.3, whose checks pass."""
    makefile = (ROOT / "Makefile").read_text("utf-8")
    checks = "check: lint types test\n"
    assert checks in makefile
    (tmp_path / "Makefile").write_text(makefile.replace(checks, "check:\n\t@echo checked\n"))
    (tmp_path / "smallimg").mkdir()
    (tmp_path / "smallimg" / "__init__.py").write_text('__version__ = "1.2.3"\n')
    (tmp_path / "CHANGELOG.md").write_text(SECTIONS)
    git(tmp_path, "init", "-q")
    git(tmp_path, "config", "user.email", "somebody@example.com")
    git(tmp_path, "config", "user.name", "Somebody")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "All")
    return tmp_path


def release(project: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["make", "release"], cwd=project, capture_output=True, text=True, check=False)


def test_the_tag_says_what_the_changelog_says(project: Path) -> None:
    done = release(project)
    assert done.returncode == 0, done.stderr
    assert "checked" in done.stdout
    assert "git push origin v1.2.3" in done.stdout
    message = git(project, "tag", "-l", "--format=%(contents)", "v1.2.3")
    assert message.split() == ["smallimg", "1.2.3", "###", "Added", "-", "This."]
    again = release(project)
    assert again.returncode != 0
    assert "released already" in again.stderr


def test_what_is_missing_is_said(project: Path) -> None:
    (project / "notes").write_text("not committed")
    assert "not committed" in release(project).stderr
    (project / "smallimg" / "__init__.py").write_text('__version__ = "1.2.4"\n')
    assert "no section “## [1.2.4] - DATE”" in release(project).stderr
    assert git(project, "tag") == ""


def test_the_changelog_is_in_its_form() -> None:
    heads = re.findall(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert heads[0] == "[Unreleased]"
    assert all(re.fullmatch(r"\[\d+\.\d+\.\d+\] - \d{4}-\d\d-\d\d", head) for head in heads[1:])
    assert re.fullmatch(r"\d+\.\d+\.\d+", __version__)


@pytest.mark.parametrize("name", ["CONTRIBUTING.md", "SECURITY.md"])
def test_what_the_guides_name_exists(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    links = [target for target in re.findall(r"\]\(([^)#]+)", text) if "://" not in target]
    files = re.findall(r"`((?:smallimg|tests|docs)/[\w/.]+)`", text)
    assert [path for path in (*links, *files) if not (ROOT / path).exists()] == []
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = re.findall(r"(?:`|^\$ )make (\w+)", text, re.MULTILINE)
    assert [target for target in targets if not re.search(rf"^{target}:", makefile, re.MULTILINE)] == []
