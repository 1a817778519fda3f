"""What can be known of the container without building it; `test_everything_stays_here` sees that any user can."""

import fnmatch
import re
import shlex
from pathlib import Path

ROOT = Path(__file__).parents[1]
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8").replace("\\\n", " ")
STEPS = re.findall(r"^([A-Z]+) +(.*)$", DOCKERFILE, re.MULTILINE)


def test_it_runs_as_a_user_without_rights() -> None:
    names = [name for name, _ in STEPS]
    assert dict(STEPS)["USER"] == "smallimg"
    assert names.index("USER") < names.index("CMD")
    assert not {"COPY", "RUN", "ADD"} & set(names[names.index("USER") :]), "what it runs on belongs to root"


def test_all_that_the_page_needs_is_copied_and_sent() -> None:
    copied = {source for name, rest in STEPS if name == "COPY" for source in shlex.split(rest)[:-1]}
    assert copied == {"requirements.txt", "app.py", "assets", "checkpoints", "smallimg"}
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    sent = {line.removeprefix("!") for line in lines if line.startswith("!")}
    assert sent == copied
    assert "*" in lines
    assert not any(fnmatch.fnmatch(".venv", name) for name in sent)


def test_what_it_keeps_lies_in_the_volume() -> None:
    settings = dict(word.split("=", 1) for name, rest in STEPS if name == "ENV" for word in shlex.split(rest))
    assert settings["SMALLIMG_HOME"] == dict(STEPS)["VOLUME"]
    assert settings["GRADIO_SERVER_PORT"] == dict(STEPS)["EXPOSE"]


def test_it_looks_whether_the_page_is_well() -> None:
    check = dict(STEPS)["HEALTHCHECK"]
    assert f"http://127.0.0.1:{dict(STEPS)['EXPOSE']}/healthz" in check
