"""A stranger who knows the ids of all of Anna's things asks every function of the page for them.

The functions are those that the page has when the test runs: one that is added later, and forgets whose a thing is, is
found here. What a stranger gets has to be, letter for letter, what they get for an id that never was.
"""

import asyncio
import hashlib
import re
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
from gradio.blocks import Block
from gradio.helpers import special_args
from open_page import SECRET, Things, build_page, draw_common, make_things, secret_picture

from smallimg.ui.visitors.desk import open_desk
from smallimg.visitors.asking import Asker, asking

ANNA, BERTA = Asker(("guest-anna",)), Asker(("guest-berta",))
STRANGER = Asker(("guest-0123456789012345678901",))
#: What a stranger may name, each with something like it that never was.
NEVER = {
    "run": "hers-0101-000000",
    "bundle": "/nowhere/runs/hers-0101-000000",
    "evaluation": "a-model-on-a-set-0101-000000",
    "data": "classes-999",
    "data_path": "/nowhere/data/classes-999",
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of everybody's things."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("SMALLIMG_RUNS", "SMALLIMG_DATA", "SPACE_ID"):
            patch.delenv(name, raising=False)
        patch.setenv("SMALLIMG_HOME", str(home))
        patch.setenv("SMALLIMG_PUBLIC", "kept=500, waiting_in_all=500, disk_mb=20000")
        draw_common(home)
        yield home


@pytest.fixture(scope="module")
def page(home: Path) -> gr.Blocks:
    desk = open_desk()
    assert desk is not None
    return build_page(desk)


@pytest.fixture(scope="module")
def things(home: Path) -> Things:
    return make_things(ANNA, secret_picture(home))


class Wild(dict[str, Any]):
    """What a page's script may send: whatever it is asked for is the same id."""

    def __init__(self, said: str) -> None:
        super().__init__()
        self.said = said

    def get(self, key: str, default: Any = None) -> Any:
        return [self.said] if key == "pictures" else self.said

    __getitem__ = get


def functions(page: gr.Blocks) -> Iterator[tuple[str, Any]]:
    """Every function that the page can be asked for, by what it is called here."""
    for number, one in page.fns.items():
        if one.fn is not None:
            yield f"{number}:{one.name}", one


def server_functions(page: gr.Blocks) -> Iterator[tuple[int, str, Callable[[Any], Any]]]:
    """(component, name, function) of what the components' scripts can ask."""
    for number, block in page.blocks.items():
        for name, function in vars(block).items():
            if getattr(function, "_is_server_fn", False):
                yield number, name, function


def value_for(block: Block, said: str) -> Any:
    """What a stranger has in a field, as the function gets it; files are asked for over the net, elsewhere."""
    if isinstance(block, gr.JSON):
        kept = dict.fromkeys(("run", "data", "evaluation"), said)
        return {"tab": "train", "run": said, "evaluation": said, "kept": kept}
    if isinstance(block, gr.Dropdown) and block.multiselect:
        return [said]
    if isinstance(block, gr.Textbox | gr.Dropdown | gr.HTML):
        return said
    if isinstance(block, gr.File | gr.Image | gr.UploadButton | gr.DownloadButton):
        return None
    return True if isinstance(block, gr.Checkbox) else block.value


def answer(function: Any, said: str, *, asker: Asker = STRANGER) -> str:
    """What a function answers, without the id, and with numbers made alike: some count seconds."""
    event = gr.SelectData(None, {"index": 0, "value": said, "selected": True})
    values = special_args(function.fn, [value_for(block, said) for block in function.inputs], None, event)[0]
    return plain(lambda: function.fn(*values), said, asker=asker)


def plain(call: Callable[[], Any], said: str, *, asker: Asker = STRANGER) -> str:
    with asking(asker):
        try:
            answered = call()
            if hasattr(answered, "__next__"):
                answered = list(answered)
            if isinstance(answered, Coroutine):
                answered = asyncio.run(answered)
        except Exception as error:  # noqa: BLE001  # whatever it is, it must be the same for what never was
            answered = f"{type(error).__name__}: {error}"
    text = repr(told(answered)).replace(said, "…")
    return re.sub(r"[0-9]+", "#", text)


def told(value: Any) -> Any:
    if isinstance(value, Block):
        return type(value).__name__, value.constructor_args
    if isinstance(value, list | tuple):
        return [told(one) for one in value]
    return value


def snapshot(folder: Path) -> dict[str, str]:
    """What lies in Anna's folders."""
    return {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest()
        for base in ("runs", "data")
        for path in (folder / base).rglob("*")
        if path.is_file() and not path.name.endswith((".lock", ".starting"))
    }


@pytest.mark.parametrize("kind", NEVER)
def test_a_function_knows_nothing_of_what_is_annas(page: gr.Blocks, home: Path, things: Things, kind: str) -> None:
    before, said = snapshot(home), getattr(things, kind)
    wrong = []
    for name, function in functions(page):
        hers = answer(function, said)
        if SECRET in hers or hers != answer(function, NEVER[kind]):
            wrong.append((name, hers))
    for _, name, function in server_functions(page):
        hers = plain(lambda function=function: function(Wild(said)), said)
        if SECRET in hers or hers != plain(lambda function=function: function(Wild(NEVER[kind])), NEVER[kind]):
            wrong.append((name, hers))
    assert not wrong
    assert {path: digest for path, digest in snapshot(home).items() if path in before} == before


def test_the_functions_are_all_there(page: gr.Blocks) -> None:
    """Of what could silently be left out above."""
    assert len([*functions(page)]) > 60
    assert {"open_classes", "put_picture", "name_picture"} <= {name for _, name, _ in server_functions(page)}


def test_the_owner_is_told(page: gr.Blocks, home: Path) -> None:
    """The same questions, so that silence above means something."""
    things = make_things(BERTA, secret_picture(home))
    heard = "".join(
        answer(function, said, asker=BERTA)
        for said in (things.run, things.evaluation, things.data)
        for name, function in functions(page)
        if "delete" not in name
    )
    for word in ("run", "note", "set", "cup"):
        assert f"{SECRET} {word}" in heard, word
