"""What can be known of the container without building it: its steps, and the page on what they copy."""

import fnmatch
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
import tomllib
from pathlib import Path
from typing import IO

import pytest
from stranger import STRANGER, as_stranger

ROOT = Path(__file__).parents[1]
DOCKERFILE = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text("utf-8"), flags=re.MULTILINE).replace("\\\n", " ")
STEPS = re.findall(r"^([A-Z]+) +(.*)$", DOCKERFILE, re.MULTILINE)
COPIED = {source for name, rest in STEPS if name == "COPY" for source in shlex.split(rest)[:-1]}
SETTINGS = dict(word.split("=", 1) for name, rest in STEPS if name == "ENV" for word in shlex.split(rest))


def of(name: str) -> str:
    """What the only step of that name says."""
    [said] = [rest for step, rest in STEPS if step == name]
    return said


def test_every_line_is_a_step() -> None:
    known = {"FROM", "RUN", "WORKDIR", "COPY", "USER", "ENV", "VOLUME", "EXPOSE", "HEALTHCHECK", "STOPSIGNAL", "CMD"}
    assert {name for name, _ in STEPS} == known
    assert len(STEPS) == len([line for line in DOCKERFILE.splitlines() if line.strip()])
    assert STEPS[0][0] == "FROM"
    assert STEPS[-1][0] == "CMD"


def test_its_python_is_the_spaces() -> None:
    version = re.fullmatch(r"python:(\d+\.\d+)-slim", of("FROM"))
    assert version
    assert f'python_version: "{version[1]}"' in (ROOT / "README.md").read_text("utf-8")
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["requires-python"]
    assert tuple(map(int, version[1].split("."))) >= tuple(map(int, wanted.removeprefix(">=").split(".")))


def test_it_runs_as_a_user_without_rights() -> None:
    names = [name for name, _ in STEPS]
    user = of("USER")
    assert any(name == "RUN" and f"useradd --uid 1000 --create-home {user}" in rest for name, rest in STEPS)
    assert names.index("USER") < names.index("CMD")
    assert not {"COPY", "RUN", "ADD"} & set(names[names.index("USER") :]), "what it runs on belongs to root"


def test_all_that_the_page_needs_is_copied_and_sent() -> None:
    assert {"requirements.txt", "app.py", "assets", "checkpoints", "smallimg"} == COPIED
    assert all((ROOT / source).exists() for source in COPIED)
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    sent = {line.removeprefix("!") for line in lines if line.startswith("!")}
    assert sent == COPIED
    assert "*" in lines
    assert not any(fnmatch.fnmatch(".venv", name) for name in sent)


def test_torch_is_installed_for_cpus_first() -> None:
    first, second = next(rest for name, rest in STEPS if name == "RUN" and "pip" in rest).split("&&")
    [chosen] = re.findall(r"\$\((.*)\)", first)
    found = subprocess.run(["sh", "-c", chosen], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    assert [re.split("[<>=]", one)[0] for one in found] == ["torch", "torchvision"]
    assert "--index-url https://download.pytorch.org/whl/cpu" in first
    assert second.split() == ["pip", "install", "--no-cache-dir", "-r", "requirements.txt"]


def test_what_it_keeps_lies_in_the_users_own_folder() -> None:
    assert SETTINGS["SMALLIMG_HOME"] == of("VOLUME") == f"/home/{of('USER')}"
    assert SETTINGS["GRADIO_SERVER_PORT"] == of("EXPOSE")
    assert SETTINGS["GRADIO_SERVER_NAME"] == "0.0.0.0"
    assert SETTINGS["SMALLIMG_PUBLIC"] == "1"


@pytest.mark.parametrize("stopped", ["once_it_is_well", "while_it_starts"])
def test_it_starts_on_what_is_copied_and_ends_in_order_when_it_is_stopped(tmp_path: Path, stopped: str) -> None:
    tree, home = tmp_path / "app", tmp_path / "home"
    tree.mkdir()
    home.mkdir()
    for source in COPIED:
        copy = shutil.copytree if (ROOT / source).is_dir() else shutil.copy
        copy(ROOT / source, tree / source)
    if as_stranger():
        os.chown(home, STRANGER, STRANGER)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    away = {"http_proxy": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9"}
    changed = {"SMALLIMG_HOME": str(home), "GRADIO_SERVER_PORT": port, "GRADIO_SERVER_NAME": "127.0.0.1"}
    settings = {"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", **SETTINGS, **changed, **away}
    check = json.loads(of("HEALTHCHECK").partition("CMD ")[2].replace(of("EXPOSE"), port))

    def start(words: list[str], log: IO[str]) -> subprocess.Popen[bytes]:
        # What runs in the background of a shell ignores SIGINT, and hands that down; a container's process does not.
        command = [*as_stranger(), "env", "--default-signal=INT", sys.executable, *words[1:]]
        return subprocess.Popen(command, cwd=tree, env=settings, stdout=log, stderr=log)

    def is_heard(checks: IO[str]) -> bool:
        if stopped == "once_it_is_well":
            return not start(check, checks).wait()
        with socket.socket() as caller:  # its port opens before Gradio has asked itself whether it answers
            return not caller.connect_ex(("127.0.0.1", int(port)))

    with (tmp_path / "log").open("w") as log, (tmp_path / "checks").open("w") as checks:
        page = start(json.loads(of("CMD")), log)
        try:
            until = time.monotonic() + 240
            while not is_heard(checks):
                assert page.poll() is None, (tmp_path / "log").read_text()
                assert time.monotonic() < until, (tmp_path / "checks").read_text()
                time.sleep(0.01)
            page.send_signal(signal.Signals[of("STOPSIGNAL")])
            page.wait(90)  # beside other tests it gets little of the processor
        finally:
            page.kill()
            page.wait()
    assert page.returncode == 0
    assert "Traceback" not in (tmp_path / "log").read_text()
