"""What `pip install` makes of the project: a wheel that predicts without torch, finds what comes along, and no more."""

import json
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
DOG = ROOT / "assets" / "examples" / "everyday" / "dog.jpg"
#: Asks the page, run from an unpacked wheel, where it is and what it found.
PAGE = """
import json
import smallimg, smallimg.app
from smallimg.bundles.bundle import list_bundles
from smallimg.ui.try_it.examples import examples_of
from smallimg.ui.try_it.welcome import FOOT
examples = {name: len(examples_of(name)) for name in list_bundles()}
print(json.dumps({"file": smallimg.__file__, "examples": examples, "foot": FOOT}))
"""


def required(extra: str | None = None) -> Iterator[str]:
    """What an extra asks for, those extras that it stands on included."""
    for line in PROJECT["optional-dependencies"][extra] if extra else PROJECT["dependencies"]:
        if other := re.fullmatch(r"smallimg\[(\w+)\]", line):
            yield from required(other[1])
        else:
            yield line


def test_a_space_installs_what_the_page_needs() -> None:
    """requirements.txt and the extras list the same packages with the same bounds."""
    lines = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    assert sorted(line for line in lines if not line.startswith("#")) == sorted({*required(), *required("app")})


def test_only_training_needs_torch() -> None:
    assert not [line for line in (*required(), *required("rembg")) if line.startswith("torch")]


def run(*command: str | Path, cwd: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """A command, run where nothing of this project is beside it."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        command, cwd=cwd, env=environment | settings, capture_output=True, text=True, check=False
    )  # fmt: skip


def pip(*arguments: str | Path, cwd: Path) -> None:
    done = run(sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments, cwd=cwd)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = ("wheel", "--quiet", "--no-deps", "--wheel-dir", folder, ROOT)
    done = run(sys.executable, "-m", "pip", "--disable-pip-version-check", *build, cwd=folder)
    if done.returncode:
        ask = ("download", "--quiet", "--no-deps", "--retries=0", "--timeout=15", "--dest", "asked", "typer")
        if run(sys.executable, "-m", "pip", *ask, cwd=folder).returncode:
            pytest.skip("no package index can be reached, so a wheel can be neither built nor installed")
        pytest.fail(done.stderr)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path) -> Path:
    """The folder of programs of an environment that holds the wheel, and what it asks for without extras."""
    environment = wheel.parent / "environment"
    assert run(sys.executable, "-m", "venv", "--without-pip", environment, cwd=wheel.parent).returncode == 0
    bin_folder = environment / "bin"
    pip("--python", bin_folder / "python", "install", "--quiet", "--no-compile", wheel, cwd=wheel.parent)
    return bin_folder


def test_the_wheel_holds_the_package_its_bundles_and_its_examples(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    package = [file for file in (ROOT / "smallimg").rglob("*") if file.is_file() and "__pycache__" not in file.parts]
    beside = [
        ROOT / "app.py",
        *(file for name in ("challenge", "cifar10", "everyday") for file in (ROOT / "checkpoints" / name).iterdir()),
        *(file for file in (ROOT / "assets" / "examples").rglob("*") if file.is_file()),
    ]
    wanted = {str(file.relative_to(ROOT)) for file in package}
    wanted |= {f"smallimg/{file.relative_to(ROOT)}" for file in beside}
    assert held == wanted


def test_it_predicts_without_torch(installed: Path, tmp_path: Path) -> None:
    done = run(installed / "smallimg", "predict", DOG, "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["answer"] == "dog"
    assert said["box"] is not None
    assert list(tmp_path.iterdir()) == []
    heavy = "torch", "torchvision", "rembg", "gradio", "sklearn"
    found = run(
        installed / "python", "-c", f"import importlib.util as u; print([*map(u.find_spec, {heavy})])", cwd=tmp_path
    )
    assert found.stdout.strip() == str([None] * len(heavy))


def test_both_ways_to_call_it_print_the_same_help(installed: Path, tmp_path: Path) -> None:
    command = run(installed / "smallimg", "--help", cwd=tmp_path).stdout
    module = run(installed / "python", "-m", "smallimg", "--help", cwd=tmp_path).stdout
    assert command.startswith("Usage: smallimg [OPTIONS] COMMAND")
    assert module == command.replace("smallimg", "python -m smallimg", 1)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["train", "mini", "--out", "mine"], 'pip install "smallimg[train]"'),
        (["predict", str(DOG), "--background", "u2netp"], 'pip install "smallimg[rembg]"'),
    ],
)
def test_a_verb_says_what_it_lacks(installed: Path, tmp_path: Path, arguments: list[str], sentence: str) -> None:
    done = run(installed / "smallimg", *arguments, cwd=tmp_path)
    assert done.returncode == 1
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_the_page_finds_its_bundles_and_examples_in_the_wheel(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "unpacked")
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    done = run(sys.executable, "-c", PAGE, cwd=folder, PYTHONPATH=str(tmp_path / "unpacked"))
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout.splitlines()[-1])
    assert Path(said["file"]) == tmp_path / "unpacked" / "smallimg" / "__init__.py"
    assert said["examples"] == {"challenge": 8, "cifar10": 8, "everyday": 8}
    assert wheel_version(wheel) in said["foot"]
    assert PROJECT["license"] in said["foot"]


def wheel_version(wheel: Path) -> str:
    return wheel.name.split("-")[1]
