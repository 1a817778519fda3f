"""What the class-by-class view asks of the server: each function takes what the script sent, and trusts none of it."""

import base64
from collections.abc import Callable, Iterable, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from smallimg.cli.wording import listed, percent
from smallimg.data.by_class import (
    MOST_PICTURES,
    OUT,
    add_class,
    add_picture,
    clean_up,
    delete_class,
    find_picture,
    last_change,
    move_pictures,
    new_set,
    open_set,
    read_classes,
    rename_class,
)
from smallimg.data.challenge.scene import draw_picture as draw_sample_object
from smallimg.data.challenge.writer import TRAIN_BACKGROUNDS
from smallimg.data.invited import VALID_S, invite, take_back_invitation
from smallimg.data.kept import KeptData, rename_data
from smallimg.data.thumbnails import thumbnail
from smallimg.errors import BundleError, DataError, ImageError
from smallimg.pictures.images import open_image, open_local
from smallimg.results import Prediction
from smallimg.runs.forecast import doing
from smallimg.runs.run import Run, list_runs, refuse_if_learning
from smallimg.ui.data_uri import data_uri
from smallimg.ui.pipelines import Pipelines
from smallimg.ui.train.by_class.told import Answer, picture, text, texts, told
from smallimg.ui.train.cards import roughly
from smallimg.ui.train.phone.code import code_svg
from smallimg.ui.train.phone.door import Door
from smallimg.ui.train.phone.routes import PHONES

NEW_NAME = "My classes"
MOST_BARS = 5
#: Of each class, so many pictures that a phone has sent are handed over at once.
MOST_NEWS = 24
#: What is drawn for who has no camera; each on any ground, so that the ground tells nothing.
SAMPLES = ("cup", "ball", "scissors")


def server_functions(pipelines: Pipelines) -> list[Callable[[Any], Answer]]:
    """Those that the script finds as `server.…`.

    Args:
        pipelines: where the trained networks are read.
    """

    @told
    def name_picture(data: Any) -> Answer:
        """What the set's newest networks say of a picture that was sent."""
        sent, name, content = picture(data)
        run = newest_run(open_set(text(sent, "set")).path, ready=True)
        if run is None:
            raise BundleError("Nothing is trained on these pictures yet: press Train first.")
        prediction = pipelines.get(run.id, "own").predict(open_image(content, name=name))
        bars = sorted(prediction.probabilities.items(), key=lambda one: -one[1])[:MOST_BARS]
        return {
            "answer": prediction.answer,
            "why": why_no_name(prediction),
            "bars": [{"name": label, "share": value, "text": percent(value)} for label, value in bars],
        }

    door = Door()

    @told
    def use_phone(data: Any) -> Answer:
        """A code by which a phone puts pictures into a class of the set, for a while."""
        kept = open_set(text(data, "set"))
        page, code = text(data, "page"), invite(kept, text(data, "class"))
        address = f"{(reached := door.address(page))}{PHONES}/{code}"
        minutes = round(VALID_S / 60)
        return {"address": address, "code": code_svg(address), "minutes": minutes, "nearby": reached != page}

    return [
        use_phone,
        no_phone,
        news,
        open_classes,
        call_set,
        call_class,
        drop_class,
        put_picture,
        draw_picture,
        move,
        look,
        training,
        name_picture,
    ]


def why_no_name(prediction: Prediction) -> str:
    """A sentence beside “not sure”, which a long bar seems to contradict; "" where there is an answer."""
    if prediction.answer is not None or prediction.doubt is None:
        return ""
    return {
        "unlike": "It is unlike the pictures that were learned. The bars compare these classes with each other only: a "
        f"long one says that {prediction.label} is the likeliest of them, not that it is one.",
        "close": "Two of these classes are too close to call.",
        "unlikely": "None of these classes is likely enough to be said aloud.",
    }[prediction.doubt]


@told
def open_classes(data: Any) -> Answer:
    """A whole set: its name, and its classes with a small picture of each picture."""
    kept = open_set(text(data, "set"))
    clean_up(kept.path)
    classes = [{"name": one.name, "pictures": _shown(kept, one.name, one.files)} for one in read_classes(kept.path)]
    return {"set": kept.id, "name": kept.name, "classes": classes}


@told
def call_set(data: Any) -> Answer:
    """Call a set something else."""
    kept = rename_data(open_set(text(data, "set")).id, text(data, "name"))
    return {"name": kept.name}


@told
def call_class(data: Any) -> Answer:
    """Make a class, and the set where there is none yet; or call one something else (`old`)."""
    asked, old, new = (text(data, part) for part in ("set", "old", "name"))
    if old:
        return {"class": rename_class(_changeable(asked).path, old, new)}
    if asked:
        place = data.get("place")
        return {"class": add_class(open_set(asked).path, new, place=place if isinstance(place, int) else None)}
    kept = new_set(NEW_NAME)
    return {"class": add_class(kept.path, new), "set": kept.id, "called": kept.name}


@told
def drop_class(data: Any) -> Answer:
    """Take a class out with its pictures; where these wait."""
    return {"pictures": delete_class(_changeable(text(data, "set")).path, text(data, "class"))}


@told
def put_picture(data: Any) -> Answer:
    """Put a picture that was sent into a class."""
    sent, name, content = picture(data)
    kept, label = open_set(text(sent, "set")), text(sent, "class")
    file = add_picture(kept.path, label, content, name=name)
    return {"at": f"{label}/{file}", "small": _small(kept.path, kept.path / label / file)}


@told
def draw_picture(data: Any) -> Answer:
    """Put a drawing of a sample object into a class: for who has no camera at hand."""
    kept, label, thing = open_set(text(data, "set")), text(data, "class"), text(data, "thing")
    if thing not in SAMPLES:
        raise DataError(f"There is no sample object “{thing[:40]}”: choose {listed(list(SAMPLES))}.")
    random = np.random.default_rng()
    pixels, _ = draw_sample_object(thing, str(random.choice(list(TRAIN_BACKGROUNDS.values()))), random, size=224)
    buffer = BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=90)
    file = add_picture(kept.path, label, buffer.getvalue(), name=f"{thing}.jpg")
    return {"at": f"{label}/{file}", "small": _small(kept.path, kept.path / label / file)}


@told
def move(data: Any) -> Answer:
    """Move pictures to another class, or take them out (where `to` is empty)."""
    kept = _changeable(text(data, "set"))
    pictures = texts(data, "pictures", most=MOST_PICTURES)
    return {"pictures": move_pictures(kept.path, pictures, text(data, "to") or OUT)}


@told
def no_phone(data: Any) -> Answer:
    """From now on no phone puts pictures into the set."""
    take_back_invitation(open_set(text(data, "set")))
    return {}


@told
def news(data: Any) -> Answer:
    """The pictures with a higher number than those that the page knows: a phone's."""
    kept, after = open_set(text(data, "set")), data.get("after")
    if not isinstance(after, int):
        raise DataError("The page sent a number that is none: reload it.")
    return {"classes": {one.name: _shown(kept, one.name, _since(one.files, after)) for one in read_classes(kept.path)}}


def _since(files: Sequence[str], after: int) -> list[str]:
    """The files that came after the one of that number; the number is in their names, see `add_picture`."""
    return [file for file in files if (stem := Path(file).stem).isdecimal() and int(stem) > after][:MOST_NEWS]


@told
def look(data: Any) -> Answer:
    """A picture of the set, large enough to be looked at."""
    file = find_picture(open_set(text(data, "set")).path, text(data, "picture"))
    return {"large": data_uri(open_local(file, at_least=960), longest_side=960)}


@told
def training(data: Any) -> Answer:
    """How the newest run on a set stands, and whether any of its runs can name pictures already."""
    path = open_set(text(data, "set")).path
    run, ready = newest_run(path), newest_run(path, ready=True)
    if run is None:
        return {"run": "", "alive": False, "ready": False, "words": ""}
    return {
        "run": run.id,
        "alive": run.is_alive,
        "ready": ready is not None,
        "words": _words(run, changed=ready is not None and last_change(path) > ready.created),
        "share": (run.epoch / run.epochs if run.epochs else 0.0) if run.is_alive else 1.0,
    }


def newest_run(data: Path, *, ready: bool = False) -> Run | None:
    """The newest run that learned from a set to name things; with `ready`, of those that can name pictures."""
    for run in list_runs():
        of_it = bool(run.config.data) and Path(run.config.data).resolve() == data.resolve()
        if of_it and "classifier" in run.config.stages and (run.bundle_ready or not ready):
            return run
    return None


def _words(run: Run, *, changed: bool) -> str:
    """How a run stands, in a sentence; `changed` says whether the pictures are no longer those that were learned."""
    if run.status == "waiting":
        return f"Waiting for {run.ahead} other {'run' if run.ahead == 1 else 'runs'} …" if run.ahead else "Starting …"
    if run.status == "running":
        words = doing(run.stage, epoch=run.epoch, epochs=run.epochs, step=run.step, steps=run.steps)
        left = f" · about {roughly(run.seconds_left)} left" if run.seconds_left is not None else ""
        return f"Learning – {words}{left}"
    if run.status in ("failed", "interrupted"):
        return run.reason or "Training broke off: “Resume”, in step 3, goes on."
    if run.status == "stopped":
        return "Training was stopped: “Resume”, in step 3, goes on."
    if changed:
        return "The pictures have changed since they were learned: train again, and the new ones count too."
    return "Learned. Hold something before the camera, or try a picture."


def _changeable(data_id: str) -> KeptData:
    """A set from which things may be moved now; what is only added disturbs no run that is under way."""
    kept = open_set(data_id)
    refuse_if_learning(kept.path, name=kept.name)
    return kept


def _shown(kept: KeptData, label: str, files: Iterable[str]) -> list[dict[str, str]]:
    """Pictures of a class as the script knows them."""
    return [{"at": f"{label}/{file}", "small": _small(kept.path, kept.path / label / file)} for file in files]


def _small(root: Path, file: Path) -> str:
    """A small picture as a URI; none for one that does not open, which stays to be deleted."""
    try:
        return f"data:image/webp;base64,{base64.b64encode(thumbnail(root, file)).decode()}"
    except ImageError:
        return ""
