"""What a browser remembers of the "Train" tab: which tab and run it was at, and how steps 1 and 2 were set.

The page writes it down (remember.js) and hands it back when it is opened again. Nothing in it is trusted: it may be of
an older version, of data and runs that are gone since, or made up.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import gradio as gr

from smallimg.data.kept import list_data
from smallimg.runs.run import list_runs
from smallimg.training.start import SCRATCH, SUITED
from smallimg.ui.cards import notice
from smallimg.ui.train.actions import fresh_lists, start_choices
from smallimg.ui.train.data_kept import kept_list
from smallimg.ui.train.data_panel import CLASSES, DataPanel, show_source
from smallimg.ui.train.settings import FIELDS, MODES, Settings

#: What the page keeps beside the fields of step 2.
STEP_1 = ("data", "source", "size", "famous", "per_class")

#: The tabs that a link can open; the first needs none.
LINKED = ("train", "evaluate", "inside", "why")


def restore(data: DataPanel, settings: Settings, address: Any, *now: Any) -> tuple[Any, ...]:
    """The page as it was.

    Args:
        data, settings: the components of steps 1 and 2.
        address: from remember.js: `tab` and `run` of the address, and what was `kept`: by the names of `STEP_1` and
            `smallimg.ui.train.settings.FIELDS`, and `run`, the one looked at last.
        now: what the lists have chosen now, see `fresh_lists`.

    Returns:
        Updates of: the tabs, the message, the lists of runs, of those compared, of models and of kept data, the parts
        of `STEP_1`, the sources' columns, and the fields of step 2.
    """
    said = _mapping(address)
    kept = _mapping(said.get("kept"))
    linked, run = _text(said.get("run")), _text(said.get("run")) or _text(kept.get("run"))
    ids = [one.id for one in list_runs()]
    chosen_data = _text(kept.get("data"))
    chosen, others, model, *_ = fresh_lists(run, *now)
    sets = kept_list(value=chosen_data if chosen_data in [one.id for one in list_data()] else None)
    missing = ""
    if linked and linked not in ids:
        instead = "the newest one is shown instead" if ids else "start one, and it is shown here"
        missing = notice(f"There is no run “{linked[:80]}” here any more: {instead}.")
    parts = (data.source, data.size, data.famous, data.per_class)
    first = [_checked(part, kept.get(name)) for part, name in zip(parts, STEP_1[1:], strict=True)]
    source = first[0] if isinstance(first[0], str) else CLASSES
    *columns, _, _ = show_source(source)
    fields = {name: _checked(field, kept.get(name)) for name, field in zip(FIELDS, settings.fields, strict=True)}
    # What training starts from is a list that grows; how it goes on from there is asked only where there is something.
    starts, began = start_choices(), _text(kept.get("start_from"))
    began = began if began in [value for _, value in starts] else SUITED
    fields["start_from"] = gr.Dropdown(starts, value=began)
    mode = {} if fields["start_mode"] == gr.skip() else {"value": fields["start_mode"]}
    fields["start_mode"] = gr.Dropdown(list(MODES), visible=began not in (SUITED, SCRATCH), **mode)
    tab = gr.Tabs(selected=said["tab"]) if said.get("tab") in LINKED else gr.skip()
    return (tab, missing, chosen, others, model, sets, chosen_data, *first, *columns, *fields.values())


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: Any) -> str:
    return value[:200] if isinstance(value, str) else ""


def _checked(field: Any, value: Any) -> Any:
    """The value, where the field can hold it; else the field stays as it is."""
    return value if _fits(field, value) else gr.skip()


def _fits(field: Any, value: Any) -> bool:
    if isinstance(field, gr.CheckboxGroup):
        return isinstance(value, Sequence) and not isinstance(value, str) and all(_offers(field, one) for one in value)
    if isinstance(field, gr.Radio | gr.Dropdown):
        return _offers(field, value)
    if isinstance(field, gr.Checkbox):
        return isinstance(value, bool)
    if isinstance(field, gr.Number | gr.Slider):
        is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        return is_number and field.minimum <= value <= field.maximum
    return isinstance(value, str) and len(value) <= (field.max_length or 0)


def _offers(field: Any, value: Any) -> bool:
    return isinstance(value, str) and value in [one for _, one in field.choices]
