"""The running page as its host sees it."""

import json
import re
import subprocess
import sys
from pathlib import Path

import httpx

DOCKERFILE = Path(__file__).parents[2] / "Dockerfile"


def test_the_containers_health_check_tells_a_page_that_is_well_from_one_that_is_not(url: str) -> None:
    assert httpx.get(f"{url}healthz", timeout=60, trust_env=False).json()["status"] == "ok"
    [words] = re.findall(r"HEALTHCHECK .*\\\n +CMD (\[.*\])", DOCKERFILE.read_text("utf-8"))
    _, *arguments = json.loads(words)
    for address, is_well in ((url, True), ("http://127.0.0.1:9/", False)):
        asked = [one.replace("http://127.0.0.1:7860/", address) for one in arguments]
        done = subprocess.run([sys.executable, *asked], capture_output=True, check=False, env={})
        assert (done.returncode == 0) == is_well, done.stderr


def test_figures_are_not_told_to_visitors(url: str) -> None:
    assert httpx.get(f"{url}metrics", timeout=60, trust_env=False).status_code == 404
