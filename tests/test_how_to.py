"""The pages of docs/how_to keep their word: every block runs, in its order, and prints what is shown below it."""

import contextlib
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import yaml
from light import anew_in_this_process
from shown import Shown, blocks, commands, is_as_shown
from typer.testing import CliRunner

from smallimg.bundles.bundle import find_bundle
from smallimg.cli.main import app
from smallimg.networks.classifiers import CLASSIFIERS
from smallimg.runs.run import RunConfig, adopt_run
from smallimg.visitors.limits import SETTING, public_limits

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(page for page in (DOCS / "how_to").glob("*.md") if page.name != "README.md")
EXAMPLES = ROOT / "assets" / "examples" / "cifar10"


@pytest.fixture
def folder(tmp_path: Path, tiny_challenge: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the reader of a page has: a cat and a dog, a few photos, pictures of two classes, a run, and a bundle."""
    for name in ("cat.jpg", "dog.jpg"):
        shutil.copy(EXAMPLES / name, tmp_path)
    (tmp_path / "photos").mkdir()
    for name in ("bird.jpg", "cat.jpg"):
        shutil.copy(EXAMPLES / name, tmp_path / "photos")
    pictures = [*sorted((tiny_challenge / "train").iterdir()), *sorted((tiny_challenge / "test").iterdir())]
    for index, picture in enumerate(pictures):
        place = tmp_path / "my_photos" / ("cup", "phone")[index % 2] / f"{index}.jpg"
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(picture, place)
    shutil.copytree(find_bundle("challenge"), tmp_path / "runs" / "mine")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SMALLIMG_RUNS", raising=False)
    return tmp_path


@pytest.fixture
def first_try(folder: Path) -> None:
    """A run that is called “first try”."""
    mine = folder / "runs" / "mine"
    adopt_run(RunConfig("first try", data=""), {path.name: path for path in mine.iterdir()}, folder=folder / "runs")


@pytest.fixture
def known_architectures() -> Iterator[None]:
    """A page may add one; it is gone again afterwards."""
    before = dict(CLASSIFIERS)
    yield
    CLASSIFIERS.clear()
    CLASSIFIERS.update(before)


@pytest.mark.usefixtures("folder", "first_try", "known_architectures")
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_its_blocks_run_in_order(page: Path) -> None:
    names: dict[str, object] = {"__name__": page.stem}
    found = list(blocks(page.read_text("utf-8")))
    assert found
    printed = None
    for language, content in found:
        if language == "python":
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed):
                exec(compile(content, str(page), "exec"), names)
            continue
        if language == "console":
            for shown in commands(content):
                follow(shown)
        elif language == "yaml":
            front_matter = yaml.safe_load((ROOT / "README.md").read_text("utf-8").split("---\n")[1])
            assert yaml.safe_load(content).items() <= front_matter.items()
        else:
            assert language == "text"
            if printed is not None:  # or it draws a folder
                assert is_as_shown(printed.getvalue(), content), f"printed:\n{printed.getvalue()}\nshown:\n{content}"
        printed = None


def follow(shown: Shown) -> None:
    """Do what a page says, and compare what comes of it."""
    program, *arguments = shlex.split(shown.command)
    if program.startswith(f"{SETTING}="):
        assert public_limits({SETTING: program.partition("=")[2]})
        program, *arguments = arguments
    if program == "smallimg":
        with anew_in_this_process():
            result = CliRunner().invoke(app, arguments, catch_exceptions=False)
        assert result.exit_code == 0, f"{shown.command}\n{result.output}"
        assert is_as_shown(result.output, shown.output), f"{shown.command}\n{result.output}\nshown:\n{shown.output}"
    elif program == "python":
        subprocess.run([sys.executable, *arguments], check=True)
    elif program == "make":
        subprocess.run(["make", "-n", *arguments], cwd=ROOT, check=True, capture_output=True)
    elif program == "torchrun":  # one process is enough to read the options; two train in training/test_processes.py
        assert arguments[:4] == ["--nproc-per-node", "2", "-m", "smallimg"]
        result = CliRunner().invoke(app, arguments[4:], catch_exceptions=False)
        assert result.exit_code == 0, f"{shown.command}\n{result.output}"
        assert is_as_shown(result.output.replace("-bit numbers\n", "-bit numbers, in 2 processes\n"), shown.output)
    elif program == "pip":
        project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
        install, what = arguments
        assert install == "install"
        extras = re.fullmatch(r"\.(\[(\w+)\])?", what)
        assert extras, f"{shown.command} installs something else"
        assert extras[2] is None or extras[2] in project["optional-dependencies"]
    else:
        assert program == "hf"
        upload(arguments)


def upload(arguments: list[str]) -> None:
    """`hf upload` as far as its first request, to a server of our own that then refuses."""
    asked: list[tuple[str, bytes]] = []

    class Hub(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_error(403)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Hub) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        hub = {"HF_ENDPOINT": f"http://127.0.0.1:{server.server_port}", "HF_TOKEN": "none", "HF_HUB_OFFLINE": "0"}
        hf = Path(sys.executable).with_name("hf")
        done = subprocess.run([hf, *arguments], env=os.environ | hub, capture_output=True, text=True, check=False)
        server.shutdown()
    assert asked, done.stderr
    assert asked[0][0] == "/api/repos/create"
    assert {b'"type":"space"', b'"sdk":"gradio"'} <= set(re.findall(rb'"(?:type|sdk)": ?"\w+"', asked[0][1]))


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.md")), ids=lambda page: str(page.relative_to(DOCS)))
def test_links_lead_somewhere(page: Path) -> None:
    for target, heading in re.findall(r"\]\(([^)#]*)(?:#([^)]*))?\)", page.read_text("utf-8")):
        if "://" in target:
            continue
        linked = (page.parent / target).resolve() if target else page
        assert linked.exists(), target
        if heading:
            headings = re.findall(r"^#+ (.*)$", linked.read_text("utf-8"), re.MULTILINE)
            assert heading in {re.sub(r"[^\w -]", "", one).lower().replace(" ", "-") for one in headings}


@pytest.mark.parametrize("folder_name", ["how_to", "decisions"])
def test_every_page_is_listed(folder_name: str) -> None:
    listed = set(re.findall(r"\]\(([\w]+\.md)\)", (DOCS / folder_name / "README.md").read_text("utf-8")))
    assert listed == {page.name for page in (DOCS / folder_name).glob("*.md")} - {"README.md"}
