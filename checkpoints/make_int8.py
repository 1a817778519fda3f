"""Write the networks of a bundle once more in whole numbers of 8 bits, beside those that they are made from.

    python -m checkpoints.make_int8 BUNDLE PATTERN… [--count 64] [--stage classifier …]

PATTERN names pictures such as the bundle learned from, quoted: "photos/*.jpg". Of each, `--count` are drawn, and the
networks are asked about them as in any prediction: what flows through them then tells how it is to be rounded. Nothing
is trained, and no picture's label is looked at. On two cores it takes a minute.
"""

import os
from glob import glob
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray
from tqdm import tqdm

from smallimg.bundles.bundle import load_bundle, save_bundle, with_quantised
from smallimg.bundles.engine_choice import SETTING
from smallimg.bundles.sessions import NetworkSession
from smallimg.networks.int8 import write_int8
from smallimg.pictures.images import open_image
from smallimg.pipeline import Pipeline

SEED = 0


def main(
    bundle: str,
    patterns: list[str],
    count: int = 64,
    stage: Annotated[list[str] | None, typer.Option(help="by default each that the bundle has")] = None,
) -> None:
    """Write them and say what each takes."""
    os.environ[SETTING] = "onnxruntime"  # what is there already in whole numbers is not to be made from itself
    generator = np.random.default_rng(SEED)
    pictures: list[Path] = []
    for pattern in patterns:
        found = sorted(glob(pattern, recursive=True))  # noqa: PTH207  # the pattern may be anywhere
        if not found:
            raise typer.BadParameter(f"There is no picture “{pattern}”.")
        pictures += [Path(found[index]) for index in generator.permutation(len(found))[:count]]
    asked = _asked(bundle, pictures)
    known = load_bundle(bundle)
    for name in stage or known.stages:
        looks = np.concatenate(asked[known.file(name)])
        chosen = generator.permutation(len(looks))[: count * len(patterns)]
        write_int8(known.file(name), known.int8_file(name), looks[chosen])
        sizes = [file.stat().st_size / 1e6 for file in (known.file(name), known.int8_file(name))]
        typer.echo(f"{name}: {sizes[0]:.1f} MB, in whole numbers {sizes[1]:.1f} MB, from {len(chosen)} looks")
    save_bundle(with_quantised(known))


def _asked(bundle: str, pictures: list[Path]) -> dict[Path, list[NDArray[np.uint8]]]:
    """What each network of a bundle is asked while it predicts, by the network's file."""
    asked: dict[Path, list[NDArray[np.uint8]]] = {}
    really = NetworkSession.run

    def listen(session: NetworkSession, pixels: NDArray[np.uint8], *others: Any) -> Any:
        asked.setdefault(session._file, []).append(pixels)
        return really(session, pixels, *others)

    pipeline = Pipeline.load(bundle)
    NetworkSession.run = listen  # type: ignore[method-assign]
    try:
        for path in tqdm(pictures):
            pipeline.predict(open_image(path))
    finally:
        NetworkSession.run = really  # type: ignore[method-assign]
    return asked


if __name__ == "__main__":
    typer.run(main)
