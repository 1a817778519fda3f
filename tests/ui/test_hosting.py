"""What the page tells who hosts it."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import gradio as gr
import pytest
from in_loop import in_loop
from starlette.applications import Starlette
from starlette.testclient import TestClient

from smallimg import __version__
from smallimg.runs.run import RunConfig, adopt_run
from smallimg.ui.hosting import BEHIND_NODE, TOKEN_SETTING, announce_to_zero_gpu, exposition, hosting_routes


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[TestClient]:
    monkeypatch.setenv("SMALLIMG_RUNS", str(tmp_path / "runs"))
    monkeypatch.delenv(TOKEN_SETTING, raising=False)
    with TestClient(Starlette(routes=hosting_routes(in_loop(gr.Blocks)))) as client:
        yield client


@pytest.mark.parametrize("address", ["/healthz", "/gradio_api/healthz"])
def test_it_says_that_it_is_well(client: TestClient, address: str) -> None:
    answer = client.get(address)
    assert (answer.status_code, answer.json()) == (200, {"status": "ok", "version": __version__})
    assert answer.headers["cache-control"] == "no-store"
    assert client.head(address).status_code == 200


@pytest.mark.parametrize("given", [{}, {"Authorization": "Bearer "}, {"Authorization": "Bearer wrong"}])
def test_figures_are_for_the_host_only(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, given: dict[str, str]
) -> None:
    assert client.get("/metrics", headers=given).status_code == 404
    monkeypatch.setenv(TOKEN_SETTING, "schlüssel")
    assert client.get("/metrics", headers=given).status_code == 404


def test_the_host_reads_queue_predictions_runs_and_memory(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    adopt_run(RunConfig("brought", "nowhere"), {})
    monkeypatch.setenv(TOKEN_SETTING, "secret")
    answer = client.get("/metrics", headers={"Authorization": "Bearer secret"})
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    told = dict(re.findall(r"^(smallimg_[^ ]+) (\S+)$", answer.text, re.MULTILINE))
    assert told['smallimg_waiting{for="all"}'] == told["smallimg_active"] == told["smallimg_predictions_total"] == "0"
    assert told['smallimg_runs{status="finished"}'] == "1"
    assert float(told["smallimg_memory_bytes"]) > 50e6
    assert float(told["smallimg_disk_free_bytes"]) > 0


def test_nodes_server_passes_its_addresses_on() -> None:
    """On a Space it stands before the page, and answers for itself what is not in this list."""
    rules = (Path(gr.__file__).parent / "templates" / "node" / "build" / "proxy_routes.js").read_text("utf-8")
    passed_on = rules.split("PYTHON_ROUTE_PREFIXES")[1].split("]")[0]
    assert f'"{BEHIND_NODE}"' in passed_on


def test_figures_are_written_as_prometheus_reads_them() -> None:
    text = exposition([("a_total", "All.", {"": 2}), ("b", "Some.", {'of="x"': 0.5, 'of="y"': 1e9})])
    assert text == (
        "# HELP a_total All.\n# TYPE a_total counter\na_total 2\n"
        '# HELP b Some.\n# TYPE b gauge\nb{of="x"} 0.5\nb{of="y"} 1e+09\n'
    )


def test_a_zero_gpu_space_finds_the_function_it_asks_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Elsewhere there is nobody to tell, and nothing is imported for it."""
    assert "spaces" not in sys.modules
    assert not announce_to_zero_gpu()
    (tmp_path / "spaces.py").write_text(
        "found = []\ndef GPU(function):\n    found.append(function)\n    return function\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    assert announce_to_zero_gpu()
    [function] = sys.modules["spaces"].found
    assert function() is None
    monkeypatch.delitem(sys.modules, "spaces")
