"""What other packages read from the environment while they are imported, settled before any of them is.

`smallimg/__init__.py` calls `settle` first of all, so that whoever imports a file of ours comes through here: the page,
the command line, a run's worker. The processes that these start inherit it. `app.py` imports smallimg before gradio.
"""

import contextlib
import os
import tempfile
from collections.abc import MutableMapping
from pathlib import Path

#: Everything runs on this machine and nobody is told of it. That is a promise, so it stands whatever was set before.
SILENT = {
    # onnxruntime queues what machine this is in the user's cache folder and sends it when a network is loaded. It reads
    # this while it is imported; its own `disable_telemetry_events` comes after the first of it is written.
    "ORT_DISABLE_TELEMETRY": "1",
    "GRADIO_ANALYTICS_ENABLED": "False",  # gradio: each start, what the page is made of, a look for a newer gradio
    "HF_HUB_DISABLE_TELEMETRY": "1",  # huggingface_hub, which gradio and accelerate bring along
    "DO_NOT_TRACK": "1",  # whoever else keeps to the custom
}

#: With these in its environment, as offices and their containers have them, gradio would ask the proxy whether its own
#: page is there, and give up.
PROXIES = frozenset({"http_proxy", "https_proxy", "all_proxy"})
HERE = ("127.0.0.1", "localhost")


def settle(environment: MutableMapping[str, str] = os.environ) -> None:
    """Make the settings; those of `defaults` only where somebody has made none of their own."""
    environment.update(SILENT)
    for name, value in defaults().items():
        if not environment.get(name):
            environment[name] = value
    past = environment.get("no_proxy") or environment.get("NO_PROXY") or ""
    if past != "*" and any(name.lower() in PROXIES and value for name, value in environment.items()):
        there = [name for name in past.split(",") if name]
        said = ",".join(dict.fromkeys((*there, *HERE)))
        environment.update(no_proxy=said, NO_PROXY=said)


def defaults() -> dict[str, str]:
    """Settings without which smallimg would work worse, or not everywhere."""
    # rembg imports its alpha matting, which numba then compiles for most of a minute, and cannot where it has no folder
    # to keep the result. smallimg asks for plain cut-outs only: the matting is never called.
    found = {"NUMBA_DISABLE_JIT": "1"}
    if os.environ.get("SMALLIMG_HOME"):
        return found | _all_within(home().absolute())
    # Gradio's own default is one folder for everybody, in which the second user of a machine may not write.
    with contextlib.suppress(FileNotFoundError):  # a full disk: whoever needs a temporary file will say so
        found["GRADIO_TEMP_DIR"] = str(_our_own(Path(tempfile.gettempdir()) / f"smallimg-{os.getuid()}") / "gradio")
    return found


def _our_own(folder: Path) -> Path:
    """The folder, or the first of its name and a number that is nobody else's: in a common one anybody can make any."""
    places = (folder, *(folder.with_name(f"{folder.name}-{number}") for number in range(2, 100)))
    return next((place for place in places if _is_ours(place)), folder)


def _is_ours(folder: Path) -> bool:
    try:
        return folder.lstat().st_uid == os.getuid() and folder.is_dir() and not folder.is_symlink()
    except FileNotFoundError:
        return True


def _all_within(folder: Path) -> dict[str, str]:
    """Settings of all that is written, downloaded and remembered, so that nothing else needs to be writable."""
    temporary = folder / "tmp"
    with contextlib.suppress(OSError):  # whoever writes first will say that it cannot be written
        temporary.mkdir(parents=True, exist_ok=True)
    places = {"TMPDIR": "tmp", "GRADIO_TEMP_DIR": "tmp/gradio", "XDG_CACHE_HOME": "cache"}
    places |= {"REMBG_HOME": "models/rembg", "TORCH_HOME": "models/torch", "HF_HOME": "models/hub"}
    return {name: str(folder / place) for name, place in places.items()}


def kept_in(name: str) -> Path:
    """Where the `runs` lie, or the `data`: `$SMALLIMG_RUNS`, `$SMALLIMG_DATA`, or a folder of that name in `home()`."""
    return Path(os.environ.get(f"SMALLIMG_{name.upper()}") or home() / name)


def home() -> Path:
    """Where smallimg keeps what is made with it: `$SMALLIMG_HOME`, or the working folder."""
    return Path(os.environ.get("SMALLIMG_HOME") or ".")
