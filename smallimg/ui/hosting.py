"""For who hosts the page: whether it is well (`/healthz`), what it has to do (`/metrics`), and what ZeroGPU Spaces ask.

Both addresses stand before Gradio's own, so that neither its queue nor its pages are asked.
"""

import hmac
import os
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import gradio as gr
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from smallimg import __version__
from smallimg.environment import home
from smallimg.runs.run import list_runs
from smallimg.visitors.asking import MACHINE, asking

#: Whoever sends it as a bearer token is told the figures; without it nobody is.
TOKEN_SETTING = "SMALLIMG_METRICS_TOKEN"
#: The queues in which predictions wait: the page's, and the programs'.
PREDICTING = frozenset({"predict", "api"})
#: With server-side rendering, which Spaces have on, a server of Node's stands before this one, and passes only this on.
BEHIND_NODE = "/gradio_api"
Figure = tuple[str, str, dict[str, float]]


def hosting_routes(blocks: gr.Blocks) -> list[Route]:
    """`/healthz` and `/metrics` of a page, for `launch(app_kwargs={"routes": …})`."""
    begun = time.monotonic()

    def healthz(_: Request) -> Response:
        return JSONResponse({"status": "ok", "version": __version__}, headers={"Cache-Control": "no-store"})

    def metrics(request: Request) -> Response:
        token = os.environ.get(TOKEN_SETTING, "")
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not token or not hmac.compare_digest(given.encode(), token.encode()):
            return PlainTextResponse("Not found", status_code=404)  # as if there were no such page
        figures = [
            *_work(blocks),
            *_machine(),
            ("smallimg_up_seconds", "Since the page started.", {"": time.monotonic() - begun}),
        ]
        return PlainTextResponse(exposition(figures), media_type="text/plain; version=0.0.4")

    return [
        Route(f"{prefix}/{answer.__name__}", answer) for prefix in ("", BEHIND_NODE) for answer in (healthz, metrics)
    ]


def exposition(figures: list[Figure]) -> str:
    """Figures as Prometheus reads them: (name, what it is, {labels or "": value})."""
    lines = []
    for name, help_text, values in figures:
        kind = "counter" if name.endswith("_total") else "gauge"
        lines += [f"# HELP {name} {help_text}", f"# TYPE {name} {kind}"]
        lines += [
            f"{name}{{{labels}}} {value:g}" if labels else f"{name} {value:g}" for labels, value in values.items()
        ]
    return "\n".join(lines) + "\n"


def announce_to_zero_gpu() -> bool:
    """On a Space with ZeroGPU, which starts no app without a function for its GPU, name one; elsewhere do nothing.

    It is never called: three networks of a few MB are through on a CPU before a GPU would be handed out.

    Returns:
        Whether there was somebody to tell.
    """
    if find_spec("spaces") is None:
        return False
    import spaces  # type: ignore[import-not-found, unused-ignore]  # noqa: PLC0415  # is on Spaces only

    @spaces.GPU  # type: ignore[untyped-decorator, unused-ignore]
    def on_gpu() -> None:
        """Nothing."""

    return True


def _work(blocks: gr.Blocks) -> Iterator[Figure]:
    """What waits, what is done, and what was done."""
    queue = blocks._queue
    waiting = {name: len(one.queue) for name, one in queue.event_queue_per_concurrency_id.items()}
    predicting = sum(count for name, count in waiting.items() if name in PREDICTING)
    yield (
        "smallimg_waiting",
        "Requests that wait.",
        {'for="prediction"': predicting, 'for="all"': sum(waiting.values())},
    )
    active = sum(len(job) for job in queue.active_jobs if job is not None)
    yield "smallimg_active", "Requests that are worked on.", {"": active}
    done = [one for function, one in queue.process_time_per_fn.items() if function.concurrency_id in PREDICTING]
    yield "smallimg_predictions_total", "Answered requests for predictions.", {"": sum(one.count for one in done)}
    yield "smallimg_prediction_seconds_total", "What they took.", {"": sum(one.process_time for one in done)}
    with asking(MACHINE):  # the host's figures are of everybody's
        runs = Counter(run.status for run in list_runs())
    yield (
        "smallimg_runs",
        "Trainings by what has become of them.",
        {f'status="{k}"': n for k, n in sorted(runs.items())},
    )


def _machine() -> Iterator[Figure]:
    """Memory of this process, and room on the disk."""
    with suppress(OSError):  # Linux has it
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
        yield "smallimg_memory_bytes", "Resident memory of the page.", {"": pages * os.sysconf("SC_PAGE_SIZE")}
    with suppress(OSError):
        yield "smallimg_disk_free_bytes", "Room where it keeps its things.", {"": shutil.disk_usage(home()).free}
