"""A bundle as a zip, to be taken along; `smallimg.runs.adopt` brings one in."""

import contextlib
import json
import zipfile
from dataclasses import replace
from pathlib import Path

from smallimg.bundles.bundle import OTHERS, STAGE_FILES, load_bundle, model_card
from smallimg.errors import RunError, called

#: All that a bundle consists of.
FILES = ("bundle.json", "README.md", *STAGE_FILES.values(), OTHERS)


def export_bundle(path: Path, target: Path, *, name: str | None = None) -> Path:
    """Write a bundle's own files, and nothing else that lies in its folder, to a zip.

    Args:
        path: the bundle's folder.
        target: the zip to write.
        name: what people call it; it travels in the bundle's card, and `import_bundle` takes it from there.

    Raises:
        BundleError: when there is no bundle in `path`.
        RunError: when the zip cannot be written.
    """
    bundle = load_bundle(path)
    content = json.loads((path / "bundle.json").read_text(encoding="utf-8"))
    texts = {}
    if name:
        content["card"]["name"] = name
        texts = {
            "bundle.json": json.dumps(content, indent=1, ensure_ascii=False) + "\n",
            "README.md": model_card(replace(bundle, card=content["card"])),
        }
    temporary = target.with_name(f".{target.name}.tmp")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in FILES:
                if file in texts:
                    archive.writestr(f"{target.stem}/{file}", texts[file])
                elif (path / file).is_file():
                    archive.write(path / file, f"{target.stem}/{file}")
        temporary.replace(target)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise RunError(f"{called(target)} could not be written ({error.strerror}): choose another place.") from error
    return target
