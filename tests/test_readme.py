"""The README keeps its word: its commands exist and print what it shows, its links lead somewhere."""

import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from shown import Shown, blocks, commands, shape
from test_layers import WINGS
from typer.testing import CliRunner

from smallimg.cli.main import app

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMAND_LINE = "python -m smallimg "


def shown_commands() -> Iterator[Shown]:
    for language, content in blocks(README):
        if language == "console":
            yield from commands(content)


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the smallimg commands print, run in the README's order in a folder with nothing but `assets/`."""
    runner, printed = CliRunner(), {}
    folder = tmp_path_factory.mktemp("readme")
    (folder / "assets").symlink_to(ROOT / "assets")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for shown in shown_commands():
            if shown.command.startswith(COMMAND_LINE):
                arguments = shlex.split(shown.command.removeprefix(COMMAND_LINE))
                result = runner.invoke(app, arguments, catch_exceptions=False)
                assert result.exit_code == 0, f"{shown.command}\n{result.output}"
                printed[shown.command] = result.output
    return printed


SMALLIMG_COMMANDS = [shown for shown in shown_commands() if shown.command.startswith(COMMAND_LINE)]
OTHER_COMMANDS = [shown.command for shown in shown_commands() if not shown.command.startswith(COMMAND_LINE)]


@pytest.mark.parametrize("shown", SMALLIMG_COMMANDS, ids=lambda shown: shown.command)
def test_command_prints_what_the_readme_shows(shown: Shown, outputs: dict[str, str]) -> None:
    assert shape(outputs[shown.command]) == shape(shown.output)


def test_every_verb_is_shown() -> None:
    verbs = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
    assert {shown.command.split()[3] for shown in SMALLIMG_COMMANDS} == verbs


@pytest.mark.parametrize("command", OTHER_COMMANDS)
def test_other_commands_are_make_targets(command: str) -> None:
    program, *targets = shlex.split(command)
    assert program == "make"
    done = subprocess.run(["make", "-n", *targets], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_links_lead_somewhere() -> None:
    targets = re.findall(r"\]\(([^)#]+)", README)
    local = [target for target in targets if "://" not in target]
    assert "LICENSE" in local
    assert [target for target in local if not (ROOT / target).exists()] == []


def test_source_files_it_names_exist() -> None:
    tables = "".join(re.findall(r"^\|.*$", README, re.MULTILINE))
    named = set(re.findall(r"`([\w/]+\.py|[\w/]+/)`", tables))
    assert {"app.py", "smallimg/pipeline.py", "networks/unet.py"} <= named
    folders = (ROOT, ROOT / "smallimg", ROOT / "smallimg" / "data")
    assert {name for name in named if not any((folder / name).exists() for folder in folders)} == set()


def test_every_wing_is_in_its_table() -> None:
    """In the order in which they may import one another, and each once."""
    rows = re.findall(
        r"^\| ((?:`[\w/.]+`(?:, )?)+) \|.*\|$", README.split("| wing |")[1].split("\n\n")[0], re.MULTILINE
    )
    named = [re.sub(r"^smallimg/|/$|\.py$", "", name) for row in rows for name in re.findall(r"`([\w/.]+)`", row)]
    wings = [*(wing for level in WINGS for wing in level if not wing.startswith("__"))]
    assert sorted(named) == sorted(wings)
    level = {wing: index for index, level in enumerate(WINGS) for wing in level}
    houses = [name for name in named if (ROOT / "smallimg" / name).is_dir() or name in ("app", "pipeline")]
    assert houses == sorted(houses, key=lambda name: level[name])


def test_options_it_names_exist() -> None:
    lines = re.findall(r"^(?:\$ )?python -m smallimg (\w+)(.*)$", README, re.MULTILINE)
    for verb, rest in lines:
        words = [verb, rest.split()[0]] if verb == "runs" else [verb]
        known = CliRunner().invoke(app, [*words, "--help"]).output
        assert [option for option in re.findall(r"--\w+", rest) if option not in known] == []


def test_front_matter_is_what_a_space_needs() -> None:
    front_matter = yaml.safe_load(README.split("---\n")[1])
    assert front_matter["sdk"] == "gradio"
    assert f"gradio=={front_matter['sdk_version']}" in (ROOT / "requirements.txt").read_text().splitlines()
    assert (ROOT / front_matter["app_file"]).is_file()
    assert (ROOT / front_matter["thumbnail"]).is_file()
    assert len(front_matter["short_description"]) <= 60  # the Hub refuses a longer one


class TestMake:
    """Both commands set everything up themselves, and say so when they cannot."""

    @pytest.mark.parametrize(
        ("python", "sentence"),
        [
            ("exit 1", "needs Python 3.11 or newer"),
            # Debian splits venv off: Python runs, but `import ensurepip` fails.
            ('case "$*" in *ensurepip*) exit 1;; esac', "has no venv module"),
        ],
    )
    @pytest.mark.parametrize("target", ["app", "test"])
    def test_missing_python_is_a_sentence(self, tmp_path: Path, target: str, python: str, sentence: str) -> None:
        for name in ("Makefile", "requirements.txt", "requirements-dev.txt"):
            (tmp_path / name).write_bytes((ROOT / name).read_bytes())
        fake = tmp_path / "python"
        fake.write_text(f"#!/bin/sh\n{python}\n")
        fake.chmod(0o755)
        done = subprocess.run(
            ["make", target, f"PYTHON={fake}"], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode != 0
        assert sentence in done.stderr
        assert "apt-get install python3" in done.stderr
        assert not (tmp_path / ".venv").exists()

    @pytest.fixture
    def said(self, tmp_path: Path) -> Path:
        """A copy whose `.venv` only writes down what it is called with, and cannot reach torch's index."""
        for name in ("Makefile", "requirements.txt", "requirements-dev.txt"):
            (tmp_path / name).write_bytes((ROOT / name).read_bytes())
        python, said = tmp_path / ".venv" / "bin" / "python", tmp_path / "said"
        python.parent.mkdir(parents=True)
        python.write_text(f'#!/bin/sh\necho "$*" >> {said}\ncase "$*" in *$UNREACHED*) exit 1;; esac\n')
        python.chmod(0o755)
        return said

    @pytest.mark.parametrize("cpu", [False, True])
    def test_only_where_asked_torch_comes_from_its_index_of_cpu_builds(self, said: Path, cpu: bool) -> None:
        make = ["make", "app", *(["CPU=1"] if cpu else [])]
        subprocess.run(make, cwd=said.parent, env=os.environ | {"UNREACHED": "nothing"}, check=True)
        *torch, rest, started = said.read_text("utf-8").splitlines()
        assert rest.endswith("install -r requirements.txt")
        assert started == "app.py"
        assert len(torch) == cpu
        bounds = [
            line for line in (ROOT / "requirements.txt").read_text().splitlines() if re.match(r"torch(vision)?>", line)
        ]
        for line in torch:
            assert line.endswith(f"--index-url https://download.pytorch.org/whl/cpu {' '.join(bounds)}")

    def test_an_index_that_is_not_reached_is_a_sentence(self, said: Path) -> None:
        done = subprocess.run(
            ["make", "app", "CPU=1"], cwd=said.parent, env=os.environ | {"UNREACHED": "--index-url"},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode != 0
        assert "could not be fetched from https://download.pytorch.org/whl/cpu" in done.stderr
        assert "make app\n" in done.stderr
        assert len(said.read_text("utf-8").splitlines()) == 1, "nothing else is installed"
        assert not (said.parent / ".venv" / ".app-installed").exists()
