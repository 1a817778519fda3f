"""What a click on a button inside a `gr.HTML` tells the Python side."""

_TELL = """
element.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-%(name)s]");
  if (!button) return;
  %(first)sconst value = button.dataset.%(name)s;
  trigger("select", { index: Number(value) || 0, value });
});
"""
_PRESS = """element.querySelector("[aria-pressed=true]")?.setAttribute("aria-pressed", "false");
  button.setAttribute("aria-pressed", "true");
  """
_ONCE = """button.disabled = true;
  """


def tell_clicks(name: str, *, press: bool = False, once: bool = False) -> str:
    """A component's `js_on_load`: a click on one of its buttons comes as its event `select`.

    The event's value is the button's `data-…` as text, and its index that as a number, 0 where it is none.

    Args:
        name: of the buttons' `data-…`, a single word.
        press: whether the button stays pressed, until another of them is.
        once: whether it can be clicked once only, until the component's value comes anew.
    """
    return _TELL % {"name": name, "first": _PRESS if press else _ONCE if once else ""}
