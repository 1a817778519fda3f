"""Requests that name nothing of the page, or cannot be read, over HTTP as anybody can send them."""

from typing import Any

import gradio as gr
import pytest
from gradio.routes import App
from in_loop import in_loop
from starlette.testclient import TestClient

from smallimg.ui.page import NOBODY_KNOWS, Page
from smallimg.ui.refusals import NO_SUCH, refusals


def ask(number: float, times: float = 2) -> float:
    return times / number


@pytest.fixture(scope="module")
def client() -> TestClient:
    def build() -> App:
        page: Page
        with Page() as page:
            gr.api(ask, api_name="ask")
        return App.create_app(page, app_kwargs=refusals(), mcp_server=False)

    app = in_loop(build)

    @app.get("/broken")
    def broken() -> None:
        raise KeyError("something of ours")

    return TestClient(app, raise_server_exceptions=False)


@pytest.mark.parametrize(
    ("path", "body", "status", "words"),
    [
        ("call/nothing", {"data": []}, 404, NO_SUCH),
        ("call/v2/nothing", {}, 404, NO_SUCH),
        ("run/nothing", {"data": []}, 404, NO_SUCH),
        ("run/ask", {"data": [], "fn_index": 99}, 404, NO_SUCH),
        ("queue/join", {"data": [], "fn_index": 99, "session_hash": "a"}, 404, NO_SUCH),
        ("component_server", {"data": 1, "component_id": 99, "fn_name": "f", "session_hash": "a"}, 404, NO_SUCH),
        ("call/v2/ask", {"numb": 3}, 400, "“numb” is no parameter of this: “Use via API”"),
        ("run/ask", {}, 422, "The body.data is not as it has to be: Field required."),
        ("run/ask", [], 422, "The body is not as it has to be"),
        ("run/ask", {"data": []}, 500, "This takes 2 values, and none came"),
        ("run/ask", {"data": [0]}, 500, NOBODY_KNOWS),
        ("run/ask", {"data": [0, 0]}, 500, NOBODY_KNOWS),
        ("run/ask", {"data": ["x"]}, 500, NOBODY_KNOWS),
    ],
)
def test_each_is_told_in_a_sentence(client: TestClient, path: str, body: Any, status: int, words: str) -> None:
    answer = client.post(f"/gradio_api/{path}", json=body)
    assert (answer.status_code, answer.json()["error"][: len(words)]) == (status, words)


def test_what_is_left_out_at_the_end_has_its_default(client: TestClient) -> None:
    assert client.post("/gradio_api/run/ask", json={"data": [4]}).json()["data"] == [0.5]
    assert client.post("/gradio_api/run/ask", json={"data": [4, 8]}).json()["data"] == [2]


def test_a_fault_of_the_page_is_no_mistake_of_the_visitors(client: TestClient) -> None:
    answer = client.get("/broken")
    assert (answer.status_code, answer.json()["error"]) == (500, NOBODY_KNOWS)
