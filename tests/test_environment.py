"""Settings that other packages read while they are imported are made before any of them is, whoever comes first."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from smallimg.environment import SILENT, defaults, settle

ROOT = Path(__file__).parents[1]
#: Runs a file of ours up to the first import of a package that reads settings, then says which it was and what is set.
#: torch reads none of these; but what imports others after it is not waited for, for seconds.
UNTIL_READ = """
import json, os, runpy, sys

class Reached(BaseException):
    pass

class Watch:
    def find_spec(self, name, path=None, target=None):
        if name in ("accelerate", "gradio", "huggingface_hub", "numba", "onnxruntime", "rembg", "torch"):
            sys.meta_path.remove(self)
            raise Reached(name)

sys.meta_path.insert(0, Watch())
try:
    runpy.run_path(sys.argv[1], run_name="entry") if sys.argv[1].endswith(".py") else __import__(sys.argv[1])
except Reached as reached:
    found = dict(os.environ)
    import numba.core.config
    print(json.dumps({"first": str(reached), "jit_is_off": numba.core.config.DISABLE_JIT, "set": found}))
"""


def test_what_is_promised_stands_whatever_was_set_before() -> None:
    environment = {"ORT_DISABLE_TELEMETRY": "0", "GRADIO_ANALYTICS_ENABLED": "True", "PATH": "/bin"}
    settle(environment)
    assert SILENT.items() <= environment.items()
    assert environment["PATH"] == "/bin"


def test_what_somebody_else_has_settled_stays() -> None:
    environment = {"NUMBA_DISABLE_JIT": "0", "GRADIO_TEMP_DIR": ""}
    settle(environment)
    assert environment["NUMBA_DISABLE_JIT"] == "0"
    assert environment["GRADIO_TEMP_DIR"] == defaults()["GRADIO_TEMP_DIR"]  # empty is not settled


@pytest.mark.parametrize(
    ("given", "past"),
    [
        ({}, None),
        ({"http_proxy": ""}, None),
        ({"HTTPS_PROXY": "http://proxy:3128"}, "127.0.0.1,localhost"),
        ({"http_proxy": "http://proxy:3128", "NO_PROXY": "example.com,localhost"}, "example.com,localhost,127.0.0.1"),
        ({"all_proxy": "socks5://proxy", "no_proxy": "*"}, "*"),
    ],
)
def test_a_proxy_is_not_asked_for_this_machine(given: dict[str, str], past: str | None) -> None:
    environment = dict(given)
    settle(environment)
    assert environment.get("no_proxy") == past
    settle(environment)  # a process that is started inherits it
    assert environment.get("no_proxy") == past


def test_two_users_of_a_machine_have_a_folder_each(monkeypatch: pytest.MonkeyPatch) -> None:
    folders = set()
    for user in (1000, 1001):
        monkeypatch.setattr(os, "getuid", lambda user=user: user)
        folders.add(defaults()["GRADIO_TEMP_DIR"])
    assert len(folders) == 2


def test_a_folder_that_another_has_made_is_not_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    own = tmp_path / f"smallimg-{os.getuid()}"
    assert defaults()["GRADIO_TEMP_DIR"] == str(own / "gradio")
    own.symlink_to(tmp_path)
    assert defaults()["GRADIO_TEMP_DIR"] == f"{own}-2/gradio"
    (tmp_path / f"{own.name}-2").write_text("no folder")
    assert defaults()["GRADIO_TEMP_DIR"] == f"{own}-3/gradio"
    (tmp_path / f"{own.name}-3").mkdir()
    assert defaults()["GRADIO_TEMP_DIR"] == f"{own}-3/gradio"


def test_a_machine_without_room_for_temporary_files_is_not_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def full() -> str:
        raise FileNotFoundError("No usable temporary directory found")

    monkeypatch.setattr("tempfile.gettempdir", full)
    assert "GRADIO_TEMP_DIR" not in defaults()


@pytest.mark.parametrize(
    "entry",
    ["app", "smallimg.pipeline", "smallimg.training.bundle", "benchmarks.engines", "checkpoints.make_everyday"],
)
def test_the_settings_come_before_those_who_read_them(entry: str) -> None:
    ours = SILENT.keys() | defaults().keys()
    environment = {name: value for name, value in os.environ.items() if name not in ours}
    said = subprocess.run(
        [sys.executable, "-c", UNTIL_READ, entry],
        cwd=ROOT, env=environment | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    found = json.loads(said.stdout)
    assert SILENT.items() <= found["set"].items(), f"{found['first']} is imported before smallimg"
    assert defaults().items() <= found["set"].items(), f"{found['first']} is imported before smallimg"
    assert found["jit_is_off"] == 1
