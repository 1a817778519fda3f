"""A page that is open to the public, asked over the net: by Anna, and by a stranger who has seen all her addresses."""

import contextlib
import hashlib
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from live_app import App
from open_page import SECRET, Things, draw_common, make_things, secret_picture
from playwright.sync_api import Browser

from smallimg.ui.visitors.cookie import COOKIE, read_secret, visitor_in
from smallimg.visitors.asking import Asker

REQUESTS = 6
STAGES = ["background", "detector", "classifier"]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("runs", "data", "home"):
            patch.setenv(f"SMALLIMG_{name.upper()}", str(home if name == "home" else home / name))
        draw_common(home)
        secret_picture(home)
        yield home


@pytest.fixture(scope="module")
def url(home: Path) -> Iterator[str]:
    app = App(home, SMALLIMG_PUBLIC=f"requests={REQUESTS}, kept=500, waiting_in_all=500", SMALLIMG_HOME=str(home))
    yield app.url
    app.kill()


@contextmanager
def visit(url: str, *, cookie: bool = True) -> Iterator[httpx.Client]:
    """A new visitor's browser, or a program that keeps no cookie."""
    with httpx.Client(base_url=url, trust_env=False, timeout=120) as client:
        if cookie:
            client.get("/").raise_for_status()
        yield client


@pytest.fixture(scope="module")
def anna(url: str, home: Path) -> Iterator[tuple[httpx.Client, Things, str]]:
    """Her browser, her things, and a picture that she has sent."""
    picture = home / f"{SECRET}.png"
    with visit(url) as client:
        visitor = visitor_in(f"{COOKIE}={client.cookies[COOKIE]}", read_secret(home))
        assert visitor
        yield client, make_things(Asker((visitor,)), picture), upload(client, picture)


def upload(client: httpx.Client, picture: Path) -> str:
    with picture.open("rb") as file:
        path: str = client.post("/gradio_api/upload", files={"files": (picture.name, file)}).json()[0]
    return path


def ask(client: httpx.Client, number: int, data: list[Any]) -> str:
    """What the server says to a function's number, as the page's own script asks."""
    page = uuid4().hex
    event = {"index": 0, "value": next((one for one in data if isinstance(one, str)), ""), "selected": True}
    said = client.post(
        "/gradio_api/queue/join",
        json={"fn_index": number, "data": data, "session_hash": page, "event_data": event, "trigger_id": None},
    )
    if said.status_code != 200:
        return said.text
    return client.get("/gradio_api/queue/data", params={"session_hash": page}).text


def ask_by_name(client: httpx.Client, name: str, data: list[Any]) -> str:
    said = client.post(f"/gradio_api/call/{name}", json={"data": data})
    if said.status_code != 200:
        return said.text
    return client.get(f"/gradio_api/call/{name}/{said.json()['event_id']}").text


def hers_in(config: dict[str, Any], dependency: dict[str, Any], things: Things, path: str) -> list[Any]:
    """What somebody sends who wants all that is Anna's: hers in every field that takes a name or a file."""
    fields = {one["id"]: one for one in config["components"]}
    named = cycle([things.data, things.run, things.evaluation, things.bundle])
    file = {"path": path, "meta": {"_type": "gradio.FileData"}, "orig_name": "a.png"}
    values: list[Any] = []
    for number in dependency["inputs"]:
        kind, props = fields[number]["type"], fields[number]["props"]
        if kind in ("textbox", "html"):
            values.append(next(named))
        elif kind == "dropdown":
            values.append([next(named)] if props.get("multiselect") else next(named))
        elif kind in ("file", "image", "uploadbutton"):
            values.append([file] if props.get("file_count") == "multiple" else file)
        elif kind == "json":
            values.append({"tab": "train", "run": things.run, "kept": {"data": things.data, "run": things.run}})
        else:
            values.append(True if kind == "checkbox" else props.get("value"))
    return values


def heard(client: httpx.Client, address: str) -> str:
    """What the server says before it breaks off, as Gradio does where there is nothing to tell."""
    said = ""
    with contextlib.suppress(httpx.RemoteProtocolError), client.stream("GET", address) as answer:
        for part in answer.iter_text():
            said += part
    return said


def snapshot(folder: Path) -> dict[str, str]:
    files = (path for base in ("runs", "data") for path in (folder / base).rglob("*") if path.is_file())
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files if not path.name.startswith(".")}


def test_a_stranger_gets_nothing_by_number_or_name(
    url: str, home: Path, anna: tuple[httpx.Client, Things, str]
) -> None:
    _, things, path = anna
    before = snapshot(home)
    with visit(url) as stranger:
        config = stranger.get("/config").json()
        assert SECRET not in json.dumps(config)
        assert things.run not in json.dumps(config)
        asked = [one for one in config["dependencies"] if one["backend_fn"]]
        assert len(asked) > 60
        for dependency in asked:
            data = hers_in(config, dependency, things, path)
            by_number = ask(stranger, dependency["id"], data)
            by_name = ask_by_name(stranger, dependency["api_name"], data)
            assert SECRET not in by_number + by_name, (dependency["id"], dependency["api_name"])
    assert {name: digest for name, digest in snapshot(home).items() if name in before} == before


def test_a_strangers_script_gets_nothing(url: str, home: Path, anna: tuple[httpx.Client, Things, str]) -> None:
    _, things, _ = anna
    never = "classes-999"
    with visit(url) as stranger:
        config = stranger.get("/config").json()
        asked = 0
        for component in config["components"]:
            for name in component["props"].get("server_fns") or ():
                answers = []
                for said in (things.data, never):
                    sent = {
                        "set": said,
                        "class": f"{SECRET} cup",
                        "picture": "x/00001.png",
                        "pictures": [],
                        "name": "x",
                    }
                    body = {"component_id": component["id"], "fn_name": name, "session_hash": "x", "data": sent}
                    answers.append(stranger.post("/gradio_api/component_server", json=body).text.replace(said, "…"))
                assert answers[0] == answers[1]
                asked += 1
    assert asked >= 10


def test_a_file_is_theirs_who_sent_it_or_were_given_it(
    url: str, home: Path, anna: tuple[httpx.Client, Things, str]
) -> None:
    client, _, path = anna
    assert client.get(f"/gradio_api/file={path}").content == (home / f"{SECRET}.png").read_bytes()
    never = path.replace(Path(path).parent.name, "0" * 64)
    for cookie in (True, False):
        with visit(url, cookie=cookie) as stranger:
            for form in ("file=", "file/", "file=/../../", "file=./../../../../../.."):
                hers, none = (stranger.get(f"/gradio_api/{form}{one}") for one in (path, never))
                assert (hers.status_code, hers.text) == (none.status_code, none.text.replace(never, path))
                assert hers.status_code in (403, 404)


def test_nobody_cancels_or_reads_what_another_waits_for(url: str, home: Path) -> None:
    with visit(url) as anna, visit(url) as stranger:
        number = next(one["id"] for one in anna.get("/config").json()["dependencies"] if one["api_name"] == "predict")
        path = upload(anna, home / f"{SECRET}.png")
        page = f"greedy-{id(anna)}"
        events = [join(anna, number, path).json()["event_id"] for _ in range(REQUESTS)]
        for event in reversed(events):
            body = {"session_hash": page, "fn_index": number, "event_id": event}
            never = {"session_hash": "never", "fn_index": number, "event_id": "never"}
            answers = [stranger.post("/gradio_api/cancel", json=one) for one in (body, never)]
            assert [one.text for one in answers] == [answers[0].text] * 2
        for address in ("queue/data?session_hash={}", "call/predict/{}"):
            hers, none = (heard(stranger, f"/gradio_api/{address.format(one)}") for one in (page, "never"))
            assert hers == none
            assert "404" in none
        told = anna.get("/gradio_api/queue/data", params={"session_hash": page}).text
        assert told.count('"process_completed"') == REQUESTS
        assert told.count("probabilities") == REQUESTS
        event = {"fn_index": number, "data": [], "session_hash": page}
        assert stranger.post("/gradio_api/queue/join", json=event).status_code == 404


def test_strangers_are_told_no_figures_and_no_code(url: str) -> None:
    with visit(url) as stranger:
        for path in ("monitoring", "monitoring/summary", "monitoring/x"):
            assert (path, stranger.get(f"/{path}").status_code) == (path, 403)
        for path in ("metrics", "gradio_api/runs", "gradio_api/profiling/summary"):
            assert (path, stranger.get(f"/{path}").status_code) == (path, 404)


def test_an_assistant_with_a_cookie_shuts_no_other_out(url: str) -> None:
    pytest.importorskip("mcp", reason="the extra `mcp` is not installed")
    asked = {"name": "predict", "arguments": {"url": "http://127.0.0.1/"}}
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": asked}
    accepted = {"accept": "application/json, text/event-stream"}
    for cookie in (True, False, True):
        with visit(url, cookie=cookie) as client:
            said = client.post("/gradio_api/mcp/", json=body, headers=accepted).text
            assert "leads to no server on the open internet" in said


def test_the_page_works_without_a_cookie_for_who_only_predicts(url: str, home: Path) -> None:
    with visit(url, cookie=False) as program:
        path = upload(program, home / f"{SECRET}.png")
        file = {"path": path, "meta": {"_type": "gradio.FileData"}}
        said = ask_by_name(program, "predict", [file, "", "challenge", "own", ["classifier"], 1, 0.05, False])
        assert "probabilities" in said


def test_the_cookie_is_kept_from_scripts_and_cannot_be_made_up(url: str, home: Path) -> None:
    with visit(url, cookie=False) as client:
        header = client.get("/").headers["set-cookie"]
        assert "HttpOnly" in header
        assert "SameSite=Lax" in header
        assert "set-cookie" not in client.get("/").headers  # it is known again
        client.cookies.clear()
        client.cookies.set(COOKIE, f"guest-{'a' * 22}.{'0' * 64}")
        assert COOKIE in client.get("/").headers["set-cookie"]
    assert (home / ".visitors-secret").stat().st_mode & 0o777 == 0o600


def test_who_asks_for_far_too_much_is_told_so(url: str, home: Path) -> None:
    with visit(url) as greedy, visit(url) as other:
        number = next(one["id"] for one in greedy.get("/config").json()["dependencies"] if one["api_name"] == "predict")
        path = upload(greedy, home / f"{SECRET}.png")
        with ThreadPoolExecutor(20) as threads:  # so that a busy machine does not answer them as slowly as they come
            answers = [*threads.map(lambda _: join(greedy, number, path), range(40))]
        refused = [one for one in answers if one.status_code == 429]
        assert len(refused) >= 15
        assert refused[0].json()["detail"].startswith(f"You have {REQUESTS} requests waiting here")
        assert join(other, number, upload(other, home / f"{SECRET}.png")).status_code == 200


def join(client: httpx.Client, predict: int, path: str) -> httpx.Response:
    """A prediction whose answer nobody waits for."""
    data = [{"path": path, "meta": {"_type": "gradio.FileData"}}, "", "challenge", "own", STAGES, 1, 0.05, False]
    body = {"fn_index": predict, "data": data, "session_hash": f"greedy-{id(client)}", "event_data": None}
    return client.post("/gradio_api/queue/join", json=body)


def test_ones_things_are_deleted_in_one_click(browser: Browser, url: str, home: Path) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.set_default_timeout(90_000)
        page.on("dialog", lambda dialog: dialog.accept())
        page.goto(f"{url}?tab=train")
        there = {path.name for path in (home / "data").iterdir()}
        field = page.locator("#by-class .si-class-name").first
        field.fill("cup")
        field.press("Enter")
        page.wait_for_function("() => Object.values(localStorage).some((one) => one.startsWith('classes-'))")
        page.reload()
        page.get_by_text("1 thing is here").wait_for()
        new = {path.name for path in (home / "data").iterdir()} - there
        assert len(new) == 1
        page.locator("#delete-my-things").click()
        page.get_by_text("nothing of yours here").wait_for()
        assert not new & {path.name for path in (home / "data").iterdir()}
