"""Many at once: how long a prediction takes when others ask too and a training runs, and whether each gets its own.

Clients ask `/predict` over HTTP, one picture after the other, each client in an order of its own; every answer is held
against what the same picture gave when nobody else asked.

With `--minutes` they stay as long, on a page that is open to the public, and do what its visitors do: ask for pictures
of many sizes and kinds, broken ones too, open the page, build a small set and delete it. Every five minutes a row says
how they fared and what has grown since all of them had asked for all pictures once.
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
from contextlib import suppress
from pathlib import Path
from random import Random
from statistics import median, quantiles
from typing import Any
from uuid import uuid4

import httpx
import typer
from PIL import Image

from benchmarks.speed import PORT, running_app
from benchmarks.tables import print_table
from smallimg.files import shipped
from smallimg.runs.run import list_runs, read_run
from smallimg.ui.turns import SETTING as AT_ONCE_SETTING
from smallimg.ui.turns import Turns

PICTURES = sorted(shipped("assets/examples").glob("everyday/*.jpg"))
PATIENCE_S = 600
#: A row of `--minutes` tells of so long.
STRETCH_S = 300
#: What a visitor does, each as often as it stands here.
DOINGS = ("predict",) * 12 + ("open the page",) * 2 + ("build a set",)


class Asked:
    """What a page has answered.

    Attributes:
        seconds: how long each answer took.
        refused: sentences in place of answers.
        lost: requests without either.
        mixed_up: answers that belong to another picture.
        cpu_s: what all of them took of the server's processor, where Linux says so.
        requests: all that were sent, those for the page and for sets among them.
        pages: how often the page was opened.
        sets: how many sets were built and deleted.
    """

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.refused: list[str] = []
        self.lost = 0
        self.mixed_up = 0
        self.cpu_s = math.nan
        self.requests = self.pages = self.sets = 0


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


def essence(found: dict[str, Any] | str) -> tuple[Any, ...]:
    """What tells the answer to one picture from that to another, be it a sentence."""
    return (found,) if isinstance(found, str) else (found["image"], found["label"], found["box"])


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


async def ask_first(url: str, pictures: Sequence[Path] = PICTURES) -> list[tuple[Any, ...]]:
    """What each picture gives when nobody else asks."""
    async with httpx.AsyncClient(base_url=url, timeout=PATIENCE_S, trust_env=False) as client:
        return [essence(await predict(client, await upload(client, path))) for path in pictures]


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


def draw_many_kinds(folder: Path) -> list[Path]:
    """Pictures as visitors bring them: the examples, large and tiny ones, odd modes, and such as are none."""
    first, second = (Image.open(path).convert("RGB") for path in PICTURES[:2])
    drawn = {
        "large.jpg": first.resize((5000, 4000)), "tall.jpg": second.resize((300, 6000)),
        "tiny.png": first.resize((9, 7)), "grey.png": first.convert("I").resize((1600, 1200)).convert("I;16"),
        "cmyk.jpg": second.convert("CMYK"), "see-through.png": second.convert("RGBA").resize((2000, 1500)),
        "palette.gif": first.quantize(32), "wide.webp": second.resize((4000, 900)),
    }  # fmt: skip
    for name, image in drawn.items():
        image.save(folder / name)
    header = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + (60_000).to_bytes(4) * 2 + b"\x08\2\0\0\0\x77\x88\x99\xaa"
    broken = {
        "cut off.jpg": PICTURES[0].read_bytes()[:4000],
        "words.png": b"none" * 90,
        "bomb.png": header,
        "empty": b"",
    }
    for name, content in broken.items():
        (folder / name).write_bytes(content)
    return [*PICTURES, *(folder / name for name in (*drawn, *broken))]


class Visitor:
    """One who stays: a client with a cookie, and what it knows of the page.

    Args:
        client: over HTTP.
        stretches: where it writes down how it fares: in the last of them.
        random: what it does next.
    """

    def __init__(self, client: httpx.AsyncClient, stretches: list[Asked], random: Random) -> None:
        self.client, self.stretches, self.random = client, stretches, random
        self.config: dict[str, Any] = {}
        client.event_hooks["response"].append(self._count)

    async def _count(self, response: httpx.Response) -> None:
        self.stretches[-1].requests += 1
        self.stretches[-1].lost += response.status_code >= 400

    async def stay(self, until: float, pictures: Sequence[Path], expected: Sequence[tuple[Any, ...]]) -> None:
        """Do one thing after the other."""
        while time.monotonic() < until:
            try:
                doing = self.random.choice(DOINGS) if self.config else "open the page"
                if doing == "predict":
                    await self.ask(*self.random.choice([*zip(pictures, expected, strict=True)]))
                elif doing == "build a set":
                    await self.build_a_set()
                else:
                    await self.open_page()
            except (httpx.HTTPError, KeyError, ValueError) as error:
                self.stretches[-1].lost += 1
                typer.echo(f"lost: {error!r}", err=True)

    async def ask(self, path: Path, expected: tuple[Any, ...]) -> None:
        picture = await upload(self.client, path)
        begun = time.perf_counter()
        found = await predict(self.client, picture)
        self.stretches[-1].seconds.append(time.perf_counter() - begun)
        if isinstance(found, str) and essence(found) != expected:
            self.stretches[-1].refused.append(f"{path.name}: {found}")
        else:
            self.stretches[-1].mixed_up += essence(found) != expected

    async def open_page(self) -> None:
        """As a browser: the page, what it asks for on loading, and the line that tells that it is still open."""
        (await self.client.get("")).raise_for_status()
        self.config = (await self.client.get("config")).json()
        page = uuid4().hex
        async with self.client.stream("GET", f"gradio_api/heartbeat/{page}"):
            for one in self.config["dependencies"]:
                if one["backend_fn"] and any(event == "load" for _, event in one["targets"]):
                    await self.join(one, page)
            await self.hear(page)
        self.stretches[-1].pages += 1

    async def join(self, function: dict[str, Any], page: str, data: list[Any] | None = None) -> None:
        values = {one["id"]: one["props"].get("value") for one in self.config["components"]}
        body = {
            "fn_index": function["id"],
            "data": [values.get(one) for one in function["inputs"]] if data is None else data,
            "session_hash": page,
        }
        (await self.client.post("gradio_api/queue/join", json=body)).raise_for_status()

    async def hear(self, page: str) -> None:
        """All that a page is told, until it is told no more."""
        said = (await self.client.get("gradio_api/queue/data", params={"session_hash": page})).text
        told = [json.loads(line.removeprefix("data: ")) for line in said.splitlines() if line.startswith("data: ")]
        self.stretches[-1].refused += [str(one["output"]) for one in told if one.get("success") is False]

    async def build_a_set(self) -> None:
        """Two classes of three pictures, looked at, and all one's things deleted."""
        named = (one for one in self.config["components"] if "put_picture" in (one["props"].get("server_fns") or ()))
        page, view, data = uuid4().hex, next(named)["id"], ""
        for kind in ("cup", "ball"):
            made = await self.server(view, page, "call_class", {"set": data, "old": "", "name": kind})
            data = made.get("set", data)
            for path in self.random.sample(PICTURES, 3):
                await self.server(view, page, "put_picture", {"set": data, "class": kind}, path)
        await self.server(view, page, "open_classes", {"set": data})
        delete = next(one for one in self.config["dependencies"] if one["api_name"] == "delete_mine")
        await self.join(delete, page, [True])
        await self.hear(page)
        self.stretches[-1].sets += 1

    async def server(self, view: int, page: str, name: str, data: dict[str, str], path: Path | None = None) -> Any:
        """What a function of the class-by-class view answers; a picture goes along as the page's script sends it."""
        body: dict[str, Any] = {"component_id": view, "session_hash": page, "fn_name": name}
        address = "gradio_api/component_server"
        if path is None:
            answer = (await self.client.post(address, json=body | {"data": data})).json()
        else:
            file = {"file": (path.name, path.read_bytes())}
            answer = (await self.client.post(address, data=body | data, files=file)).json()
        if "error" in answer:
            self.stretches[-1].refused.append(answer["error"])
        return answer


def grown(server: int, folder: Path) -> list[str]:
    """Megabytes of memory (PSS, its children's too), open files, threads, megabytes and number of temporary files."""
    pss = 0
    for pid in family(server):
        with suppress(OSError):  # one that has ended meanwhile
            rows = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines()
            pss += int(next(row for row in rows if row.startswith("Pss:")).split()[1])
    files, threads = (len([*Path(f"/proc/{server}/{kind}").iterdir()]) for kind in ("fd", "task"))
    sizes = []
    for path in folder.rglob("*"):
        with suppress(OSError):
            sizes += [path.stat().st_size] if path.is_file() else []
    return [f"{pss / 1024:.0f}", str(files), str(threads), f"{sum(sizes) / 1e6:.1f}", str(len(sizes))]


def family(pid: int) -> list[int]:
    """A process and all that it has started, but no training."""
    found = [pid]
    for one in found:
        with suppress(OSError):  # one that has ended meanwhile
            told = [task.read_text("ascii").split() for task in Path(f"/proc/{one}/task").glob("*/children")]
            words = {int(child): Path(f"/proc/{child}/cmdline").read_bytes() for children in told for child in children}
            found += [child for child, said in words.items() if b"runs.worker" not in said]
    return found


async def stay(url: str, server: int, arguments: argparse.Namespace, folder: Path) -> list[list[str]]:
    """The rows of `--minutes`; also told as they come."""
    pictures = draw_many_kinds(Path(tempfile.mkdtemp(dir=folder)))
    expected = await ask_first(url, pictures)
    await asyncio.gather(*(ask_first(url, pictures) for _ in range(arguments.clients)))  # all networks are there then
    rows = [["warm", *"–––––––––", *grown(server, folder / "tmp")]]
    stretches, begun = [Asked()], time.monotonic()
    until = begun + 60 * arguments.minutes

    async def one(number: int) -> None:
        async with httpx.AsyncClient(base_url=url, timeout=PATIENCE_S, trust_env=False) as client:
            await Visitor(client, stretches, Random(number)).stay(until, pictures, expected)

    async with asyncio.TaskGroup() as group:
        for number in range(arguments.clients):
            group.create_task(one(number))
        for minute in range(STRETCH_S // 60, arguments.minutes + 1, STRETCH_S // 60):
            while time.monotonic() < begun + 60 * minute:
                if not any(run.is_alive for run in list_runs()):
                    await asyncio.to_thread(smallimg, "runs", "start", f"{folder}/drawn", "--name", "beside")
                await asyncio.sleep(min(10, max(0, begun + 60 * minute - time.monotonic())))
            asked = stretches[-1]
            stretches.append(Asked())
            rows.append([f"{minute} min", *fared(asked), *grown(server, folder / "tmp")])
            typer.echo(" | ".join(rows[-1]))
            for sentence in sorted(set(asked.refused)):
                typer.echo(f"refused: {sentence}", err=True)
    await asyncio.sleep(60)
    return [*rows, ["a minute after", *"–––––––––", *grown(server, folder / "tmp")]]


def fared(asked: Asked) -> list[str]:
    numbers = (asked.requests, len(asked.seconds), asked.pages, asked.sets)
    p95 = quantiles(asked.seconds, n=20)[-1]
    wrong = (asked.lost, asked.mixed_up, len(asked.refused))
    return [*map(str, numbers), f"{median(asked.seconds):.2f}", f"{p95:.2f}", *map(str, wrong)]


def soak(arguments: argparse.Namespace, folder: Path) -> None:
    """Stay for so many minutes, beside a training, and print the table."""
    with running_app(SMALLIMG_PUBLIC="1", TMPDIR=f"{folder}/tmp", GRADIO_TEMP_DIR=f"{folder}/tmp/gradio") as server:
        try:
            rows = asyncio.run(stay(f"http://127.0.0.1:{PORT}/", server, arguments, folder))
        finally:
            for run in list_runs():
                if run.is_alive:
                    smallimg("runs", "stop", run.id)
    print_table(
        f"{arguments.clients} visitors for {arguments.minutes} minutes, a training beside",
        [
            "", "requests", "answers", "pages", "sets", "median s", "p95 s", "lost", "mixed up", "refused",
            "memory, MB", "open files", "threads", "temporary, MB", "temporary files",
        ],
        rows,
    )  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=20)
    parser.add_argument("--each", type=int, default=10, help="predictions of a client")
    parser.add_argument("--at-once", type=int, action="append", help="pictures at once; several are tried in turn")
    parser.add_argument("--minutes", type=int, default=0, help="stay so long as visitors do, see above")
    arguments = parser.parse_args()
    rows: list[list[str]] = []
    with tempfile.TemporaryDirectory() as folder:
        os.environ["SMALLIMG_HOME"] = folder
        smallimg("challenge", f"{folder}/drawn", "--train", "400", "--test", "80")
        if arguments.minutes:
            soak(arguments, Path(folder))
            return
        for at_once in arguments.at_once or [Turns().at_once]:
            rows += try_load(f"http://127.0.0.1:{PORT}/", f"{folder}/drawn", arguments, at_once)
    print_table(
        "Many at once",
        ["", "answers", "median s", "p95 s", "p95 / idle median", "CPU ms", "lost", "mixed up", "refused"],
        rows,
    )


if __name__ == "__main__":
    main()
