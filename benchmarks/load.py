"""Many at once: how long a prediction takes when others ask too and a training runs, and whether each gets its own.

Clients ask `/predict` over HTTP, one picture after the other, each client in an order of its own; every answer is held
against what the same picture gave when nobody else asked.
"""

import argparse
import asyncio
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import httpx

from benchmarks.speed import PORT, running_app
from benchmarks.tables import print_table
from smallimg.files import shipped
from smallimg.runs.run import list_runs, read_run
from smallimg.ui.turns import SETTING as AT_ONCE_SETTING
from smallimg.ui.turns import Turns

PICTURES = sorted(shipped("assets/examples").glob("everyday/*.jpg"))
PATIENCE_S = 600


class Asked:
    """What a page has answered.

    Attributes:
        seconds: how long each answer took.
        refused: sentences in place of answers.
        lost: requests without either.
        mixed_up: answers that belong to another picture.
        cpu_s: what all of them took of the server's processor, where Linux says so.
    """

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.refused: list[str] = []
        self.lost = 0
        self.mixed_up = 0
        self.cpu_s = math.nan


async def upload(client: httpx.AsyncClient, path: Path) -> dict[str, Any]:
    """A picture as the endpoint takes it."""
    answer = await client.post("gradio_api/upload", files={"files": (path.name, path.read_bytes())})
    return {"path": answer.json()[0], "meta": {"_type": "gradio.FileData"}}


async def predict(client: httpx.AsyncClient, picture: dict[str, Any]) -> dict[str, Any] | str:
    """The answer, or the sentence in its place.

    Raises:
        httpx.HTTPError, KeyError, ValueError: when there is neither.
    """
    event = (await client.post("gradio_api/call/v2/predict", json={"picture": picture})).json()["event_id"]
    answer = await client.get(f"gradio_api/call/v2/predict/{event}")
    kind, data = answer.text.strip().splitlines()[-2:]
    told = json.loads(data.removeprefix("data: "))
    if kind == "event: complete":
        found: dict[str, Any] = told[0]
        return found
    return str(told["error"])


def essence(found: dict[str, Any]) -> tuple[Any, ...]:
    """What tells the answer to one picture from that to another."""
    return found["image"], found["label"], found["box"]


async def visit(url: str, order: Sequence[int], expected: Sequence[tuple[Any, ...]], asked: Asked) -> None:
    """One client: its pictures, one after the other."""
    async with httpx.AsyncClient(base_url=url, timeout=PATIENCE_S, trust_env=False) as client:
        for index in order:
            picture = await upload(client, PICTURES[index])
            begun = time.perf_counter()
            try:
                found = await predict(client, picture)
            except (httpx.HTTPError, KeyError, ValueError):
                asked.lost += 1
                continue
            if isinstance(found, str):
                asked.refused.append(found)
                continue
            asked.seconds.append(time.perf_counter() - begun)
            asked.mixed_up += essence(found) != expected[index]


async def ask_first(url: str) -> list[tuple[Any, ...]]:
    """What each picture gives when nobody else asks."""
    async with httpx.AsyncClient(base_url=url, timeout=PATIENCE_S, trust_env=False) as client:
        expected = []
        for path in PICTURES:
            found = await predict(client, await upload(client, path))
            assert isinstance(found, dict), found
            expected.append(essence(found))
    return expected


async def ask_together(url: str, clients: int, each: int, expected: Sequence[tuple[Any, ...]]) -> Asked:
    together = Asked()
    orders = [[(first + 3 * step) % len(PICTURES) for step in range(each)] for first in range(clients)]
    await asyncio.gather(*(visit(url, order, expected, together) for order in orders))
    return together


def cpu_seconds(pid: int) -> float:
    """What a process has had of the processor until now."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def smallimg(*words: str) -> None:
    subprocess.run([sys.executable, "-m", "smallimg", *words], check=True, capture_output=True)


def row(name: str, asked: Asked, idle: float) -> list[str]:
    p95 = quantiles(asked.seconds, n=20)[-1]
    times = [f"{median(asked.seconds):.2f}", f"{p95:.2f}", f"{p95 / idle:.1f}"]
    cpu = f"{1000 * asked.cpu_s / len(asked.seconds):.0f}"
    return [name, str(len(asked.seconds)), *times, cpu, str(asked.lost), str(asked.mixed_up), str(len(asked.refused))]


def try_load(url: str, data: str, arguments: argparse.Namespace, at_once: int) -> list[list[str]]:
    """The rows of a page that looks at so many pictures at once."""
    with running_app(**{AT_ONCE_SETTING: str(at_once)}) as server:
        expected = asyncio.run(ask_first(url))
        alone, begun = Asked(), cpu_seconds(server)
        asyncio.run(visit(url, [*range(len(PICTURES))] * 3, expected, alone))
        alone.cpu_s = cpu_seconds(server) - begun
        smallimg("runs", "start", data, "--name", f"beside {at_once}")
        run = next(one for one in list_runs() if one.config.name == f"beside {at_once}")
        try:
            while read_run(run.id).status == "waiting":  # the one before it may be stopping
                time.sleep(0.5)
            begun = cpu_seconds(server)
            together = asyncio.run(ask_together(url, arguments.clients, arguments.each, expected))
            together.cpu_s = cpu_seconds(server) - begun
            status = read_run(run.id).status
        finally:
            smallimg("runs", "stop", run.id)
    idle = median(alone.seconds)
    beside = f"{arguments.clients} clients, {arguments.each} each, a training beside ({status})"
    return [
        row(f"{at_once} at once: one client, nothing beside", alone, idle),
        row(f"{at_once} at once: {beside}", together, idle),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=20)
    parser.add_argument("--each", type=int, default=10, help="predictions of a client")
    parser.add_argument("--at-once", type=int, action="append", help="pictures at once; several are tried in turn")
    arguments = parser.parse_args()
    rows: list[list[str]] = []
    with tempfile.TemporaryDirectory() as folder:
        os.environ["SMALLIMG_HOME"] = folder
        smallimg("challenge", f"{folder}/drawn", "--train", "400", "--test", "80")
        for at_once in arguments.at_once or [Turns().at_once]:
            rows += try_load(f"http://127.0.0.1:{PORT}/", f"{folder}/drawn", arguments, at_once)
    print_table(
        "Many at once",
        ["", "answers", "median s", "p95 s", "p95 / idle median", "CPU ms", "lost", "mixed up", "refused"],
        rows,
    )


if __name__ == "__main__":
    main()
