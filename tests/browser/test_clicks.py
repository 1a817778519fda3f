"""A click on a button inside a component comes as its event, whichever part of the button is hit."""

from typing import Any

import pytest
from playwright.sync_api import Browser

from smallimg.ui.clicks import tell_clicks

BUTTONS = "".join(
    f'<button data-cell="{value}"><b>{value or "none"}</b></button>' for value in ("4", "0,1", "two words", "")
)
LISTEN = """([script, html]) => {
  window.told = [];
  document.body.innerHTML = `<div>${html}<button id="other"><b>other</b></button></div>`;
  new Function("element", "trigger", script)(document.querySelector("div"), (...event) => told.push(event));
}"""


@pytest.mark.parametrize("how", [{}, {"press": True}, {"once": True}])
def test_a_click_tells_what_its_button_says(browser: Browser, how: dict[str, Any]) -> None:
    page = browser.new_page()
    page.evaluate(LISTEN, [tell_clicks("cell", **how), BUTTONS])
    for _ in range(2):
        for one in page.locator("b").all():
            one.click(force=True)
    pressed = page.locator("[aria-pressed=true]").all_inner_texts()
    told = page.evaluate("told")
    page.close()
    values = [("4", 4), ("0,1", 0), ("two words", 0), ("", 0)]
    expected = [["select", {"index": index, "value": value}] for value, index in values]
    assert told == expected * (1 if "once" in how else 2)
    assert pressed == (["none"] if "press" in how else [])
