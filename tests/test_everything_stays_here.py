"""Everything runs on this machine, for whoever starts it: watched from outside, as another user who has no home, on
files that this user cannot change, with `SMALLIMG_HOME` the one place to write to.

The page with a prediction, `predict`, `train`, a run of all three networks and `evaluate` start cold, at once, with
nothing set in their environment. Where strace is missing they still have to work.
"""

import contextlib
import importlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from stranger import as_stranger
from system_calls import contacts, outside, read_calls, strace, why_no_strace, written

from smallimg.runs.forecast import Forecast
from smallimg.runs.run import RunConfig, create_run, read_log, read_run

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "assets" / "examples"
#: For a machine that has other things to do; alone, all of this takes less than a minute.
PATIENCE_S = 300


@dataclass(frozen=True)
class Place:
    """Where the programs run: what they look at, what they may write, and a home that cannot be made."""

    inputs: Path
    writable: Path
    home: Path
    port: int

    @property
    def runs(self) -> Path:
        return self.writable / "runs"

    @property
    def environment(self) -> dict[str, str]:
        """All of it: no proxy, no setting of this machine's comes along."""
        kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
        return kept | {
            "SMALLIMG_ENGINE": "onnxruntime",
            "SMALLIMG_NICE": "0",
            "LANG": "C.UTF-8",
            "HOME": str(self.home),
            "SMALLIMG_HOME": str(self.writable),
            "GRADIO_SERVER_PORT": str(self.port),
        }


@dataclass(frozen=True)
class Ended:
    """A program that has run: what it said, and the system calls of all its processes; None where nobody watched."""

    code: int
    output: str
    calls: list[str] | None


class Started:
    """A program under way in a session of its own."""

    def __init__(self, name: str, words: str, place: Place, **settings: str) -> None:
        self._calls = None if why_no_strace() else place.writable / f"calls-{name}"
        self._log = place.writable / f"{name}.log"
        watched = [] if self._calls is None else strace(self._calls)
        if self._calls is not None:
            self._calls.chmod(0o777)
        with self._log.open("w") as log:
            self.process = subprocess.Popen(
                [*as_stranger(), *watched, sys.executable, *words.split()],
                cwd=ROOT, env=place.environment | settings, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip

    @property
    def output(self) -> str:
        return self._log.read_text("utf-8", "replace")

    def end(self, *, kill: bool = False) -> Ended:
        """Wait for it and for all that it started, or kill them."""
        if kill:
            self._signal(signal.SIGTERM)
        try:
            code = self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._signal(signal.SIGKILL)
            pytest.fail(f"{self.process.args} has not ended:\n{self.output}")
        return Ended(code, self.output, None if self._calls is None else read_calls(self._calls))

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)


@pytest.fixture(scope="module")
def place(tiny_challenge: Path) -> Iterator[Place]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="stranger-") as name:
        folder = Path(name)  # pytest's own folders are closed to others
        folder.chmod(0o755)
        inputs, writable, closed = folder / "inputs", folder / "writable", folder / "closed"
        for made, mode in ((inputs, 0o755), (writable, 0o777), (writable / "runs", 0o777), (closed, 0o555)):
            made.mkdir()
            made.chmod(mode)
        shutil.copytree(tiny_challenge, inputs / "challenge")
        shutil.copy(EXAMPLES / "cifar10" / "dog.jpg", inputs)
        (inputs / "challenge").chmod(0o755)
        yield Place(inputs, writable, closed / "home", port)


@pytest.fixture(scope="module")
def programs(place: Place) -> Iterator[Mapping[str, Ended]]:
    """Every program, ended; two at a time, because there may be no more cores."""
    importlib.import_module("gradio")  # in a new installation it writes its types beside itself, this one time
    data, report, out = place.inputs / "challenge", place.writable / "report", place.writable / "bundle"
    small = {stage: {"input_size": 64} for stage in ("remover", "detector", "classifier")}
    asked = RunConfig("everything", str(data), epochs=1, overrides=small)
    run = create_run(asked, forecast=Forecast({}), folder=place.runs)  # nobody waits for one here
    for path in (run.path, *run.path.iterdir()):
        path.chmod(0o777)
    app = Started("app", "app.py", place)
    try:
        predict = f"-m smallimg predict {place.inputs}/dog.jpg --json"
        ended = {
            "predict": Started("predict", predict, place).end(),
            "openvino": Started("openvino", predict, place, SMALLIMG_ENGINE="openvino").end(),
            "evaluate": Started(
                "evaluate", f"-m smallimg evaluate {data} --model challenge --out {report}", place
            ).end(),
        }
        _await_page(app, place)
        answer = _predict(place)
        ended["app"] = replace(app.end(kill=True), output=json.dumps(answer))
        worker = Started("run", f"-m smallimg runs resume {run.id}", place)
        short = f"--out {out} --stage classifier --background none --epochs 1"
        ended["train"] = Started("train", f"-m smallimg train {data} {short}", place).end()
        ended["run"] = worker.end()
        yield ended
    finally:
        app.end(kill=True)


def _await_page(app: Started, place: Place) -> None:
    for _ in range(PATIENCE_S * 2):
        if app.process.poll() is not None:
            pytest.fail(f"app.py stopped:\n{app.output}")
        with contextlib.suppress(urllib.error.URLError, OSError):
            _ask(place, "")
            return
        time.sleep(0.5)
    pytest.fail(f"app.py did not answer:\n{app.output}")


def _predict(place: Place) -> object:
    """What the page's endpoint says of the dog."""
    edge = "smallimg"
    body = f'--{edge}\r\nContent-Disposition: form-data; name="files"; filename="dog.jpg"\r\n\r\n'.encode()
    body += (place.inputs / "dog.jpg").read_bytes() + f"\r\n--{edge}--\r\n".encode()
    [path] = json.loads(_ask(place, "gradio_api/upload", body, f"multipart/form-data; boundary={edge}"))
    picture = {"path": path, "meta": {"_type": "gradio.FileData"}}
    event = json.loads(_ask(place, "gradio_api/call/v2/predict", json.dumps({"picture": picture}).encode()))["event_id"]
    answer = _ask(place, f"gradio_api/call/v2/predict/{event}").decode()
    return json.loads(answer.strip().splitlines()[-1].removeprefix("data: "))


def _ask(place: Place, path: str, body: bytes | None = None, kind: str = "application/json") -> bytes:
    request = urllib.request.Request(f"http://127.0.0.1:{place.port}/{path}", body, {"Content-Type": kind})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=60) as response:
        content: bytes = response.read()
        return content


PROGRAMS = ("app", "predict", "openvino", "evaluate", "train", "run")


def test_the_page_and_the_command_line_know_the_dog(programs: Mapping[str, Ended]) -> None:
    for name, engine in (("predict", "onnxruntime"), ("openvino", "openvino")):
        assert programs[name].code == 0, programs[name].output
        assert '"label": "dog"' in programs[name].output
        assert f'"engine": "{engine}"' in programs[name].output
    assert '"label": "dog"' in programs["app"].output


def test_pictures_are_measured(programs: Mapping[str, Ended], place: Place) -> None:
    assert programs["evaluate"].code == 0, programs["evaluate"].output
    assert json.loads((place.writable / "report" / "metrics.json").read_text())["n"] == 8


def test_networks_are_trained(programs: Mapping[str, Ended], place: Place) -> None:
    assert programs["train"].code == 0, programs["train"].output
    assert (place.writable / "bundle" / "classifier.onnx").is_file()
    [folder] = place.runs.iterdir()
    run = read_run(folder.name, folder=place.runs)
    assert (run.status, run.reason) == ("finished", ""), read_log(run.id, folder=place.runs)
    assert (folder / "results.json").is_file()


@pytest.mark.parametrize("program", PROGRAMS)
def test_nobody_else_is_talked_to(programs: Mapping[str, Ended], place: Place, program: str) -> None:
    assert contacts(_calls(programs, program), ports=[place.port]) == []


@pytest.mark.parametrize("program", PROGRAMS)
def test_no_file_is_written_elsewhere(programs: Mapping[str, Ended], place: Place, program: str) -> None:
    paths = written(_calls(programs, program), cwd=ROOT)
    assert paths, "the programs do write: if none is seen, nobody looked"
    assert outside(paths, place.writable) == []


def _calls(programs: Mapping[str, Ended], program: str) -> list[str]:
    calls = programs[program].calls
    if calls is None:
        pytest.skip(why_no_strace() or "nobody watched")
    assert calls, "strace has seen nothing"
    return calls
