"""The running page as its host sees it."""

import httpx


def test_figures_are_not_told_to_visitors(url: str) -> None:
    assert httpx.get(f"{url}metrics", timeout=60, trust_env=False).status_code == 404
