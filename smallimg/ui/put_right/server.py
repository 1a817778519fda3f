"""What the page asks to put a mistake right: each function takes what its script sent, and trusts none of it."""

from collections.abc import Callable, Mapping
from typing import Any

from smallimg.data.kept import KeptData
from smallimg.data.put_right import Standings, changed_since, put_right, take_out
from smallimg.errors import DataError, SmallimgError
from smallimg.pictures.images import open_local
from smallimg.runs.run import refuse_if_learning
from smallimg.ui.data_uri import data_uri
from smallimg.ui.put_right.seen import Seen, find_seen, set_of, since_words
from smallimg.ui.train.by_class.told import Answer, text, told


def server_functions() -> list[Callable[[Any], Answer]]:
    """Those that the script finds as `server.…`."""
    return [open_mistake, put_mistake, changed]


@told
def open_mistake(data: Any) -> Answer:
    """A picture large, the classes that it can be put into, and why it cannot where that is so."""
    seen, picture = _asked(data)
    why, in_set = "", ""
    try:
        in_set = set_of(seen).id
    except SmallimgError as error:
        why = str(error)
    standings = Standings(seen.root)
    since = standings.of(picture)
    if not since.is_there:
        raise DataError(f"{picture} is gone from the set.")
    said = seen.pictures[picture]
    if said["truth"] is None and not standings.is_built:
        why = why or "It shows things of several classes, or none that is known: which box is what is put right there."
    return {
        **_state(standings, picture, said),
        "large": data_uri(open_local(since.path, at_least=960), longest_side=960),
        "classes": list(dict.fromkeys([*(() if standings.is_built else seen.classes), *standings.classes()])),
        "why": why,
        "set": in_set,
        "at": since.path.relative_to(standings.root).as_posix(),
    }


@told
def put_mistake(data: Any) -> Answer:
    """Put a picture into a class (`class`; "" where that stays what it is), or out of the set (`out`)."""
    seen, picture = _asked(data)
    kept = _changeable(seen)
    class_name = text(data, "class")
    if isinstance(data, Mapping) and data.get("out") is True:
        take_out(seen.root, picture)
    else:
        standings = Standings(seen.root)
        known = {*standings.classes(), *(() if standings.is_built else seen.classes)}
        if class_name and class_name not in known:
            raise DataError(f"There is no class “{class_name[:40]}” in “{kept.name}” any more: reload the page.")
        put_right(seen.root, picture, class_name or None)
    return {**_state(Standings(seen.root), picture, seen.pictures[picture]), "changed": True}


@told
def changed(data: Any) -> Answer:
    """Whether the set has changed since the run or evaluation that is looked at began."""
    seen = find_seen(text(data, "of"))
    return {"changed": seen.root.is_dir() and changed_since(seen.root, seen.created)}


def _asked(data: Any) -> tuple[Seen, str]:
    """What is looked at, and the picture of it that was asked about: one that it has said something of."""
    seen, picture = find_seen(text(data, "of")), text(data, "picture")
    if picture not in seen.pictures:
        raise DataError(f"The picture “{picture[:80]}” is not among these any more: reload the page.")
    return seen, picture


def _changeable(seen: Seen) -> KeptData:
    kept = set_of(seen)
    refuse_if_learning(kept.path, name=kept.name)
    return kept


def _state(standings: Standings, picture: str, said: Mapping[str, Any]) -> Answer:
    since = standings.of(picture)
    truth = said["truth"]
    return {
        "class": since.class_name or truth or "",
        "out": since.is_out,
        "words": since_words(since, truth),
    }
