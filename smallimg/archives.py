"""Unpack a zip that somebody sent, within limits."""

import atexit
import shutil
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Collection
from contextlib import ExitStack
from pathlib import Path, PurePosixPath, PureWindowsPath

from smallimg.errors import DataError

MAX_RATIO = 100
CHUNK_BYTES = 1 << 16


def extract_zip(archive: Path, *, suffixes: Collection[str], max_files: int, max_bytes: int) -> Path:
    """Unpack the files with one of `suffixes` into a new folder that is deleted when the process ends.

    Sizes are counted while unpacking, since a zip's own account of them can lie. Hidden files are passed over.

    Args:
        archive: the zip.
        suffixes: lower case, with the dot.
        max_files: most entries the zip may list, of whatever kind.
        max_bytes: most bytes its files may unpack to.

    Raises:
        DataError: when it is no zip, is damaged or encrypted, breaks a limit, unpacks to more than 100 times its size,
            or has an entry that is a link or would land outside the folder.
    """
    folder = Path(tempfile.mkdtemp(prefix="smallimg-"))
    with ExitStack() as clean_up:
        clean_up.callback(shutil.rmtree, folder, ignore_errors=True)
        try:
            with zipfile.ZipFile(archive) as file:
                _extract(file, archive, folder, suffixes=suffixes, max_files=max_files, max_bytes=max_bytes)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError) as error:
            raise DataError(f"{archive.name} could not be unpacked ({error}): zip the data again.") from error
        atexit.register(clean_up.pop_all().close)
    return folder


def _extract(
    file: zipfile.ZipFile, archive: Path, folder: Path, *, suffixes: Collection[str], max_files: int, max_bytes: int
) -> None:
    entries = file.infolist()
    if len(entries) > max_files:
        raise DataError(
            f"{archive.name} holds {len(entries):,} files and the limit is {max_files:,}: "
            "zip fewer, or unpack it and give the folder."
        )
    allowance = MAX_RATIO * archive.stat().st_size
    unpacked = 0
    for entry in entries:
        path = _safe_path(entry, archive)
        if entry.is_dir() or path.suffix.lower() not in suffixes or _is_hidden(path):
            continue
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise DataError(f"{archive.name} is packed in an unusual way: zip the data again with the usual settings.")
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with file.open(entry) as source, target.open("xb") as sink:
            while chunk := source.read(CHUNK_BYTES):
                unpacked += len(chunk)
                if unpacked > max_bytes:
                    raise DataError(
                        f"{archive.name} unpacks to more than the limit of {max_bytes / 1e6:g} MB: "
                        "zip less, or unpack it and give the folder."
                    )
                if unpacked > allowance:
                    raise DataError(
                        f"{archive.name} unpacks to more than {MAX_RATIO} times its size, as a zip bomb does: "
                        "if you trust it, unpack it and give the folder."
                    )
                sink.write(chunk)


def _safe_path(entry: zipfile.ZipInfo, archive: Path) -> PurePosixPath:
    """The entry's path below the folder; some zips made on Windows have backslashes."""
    path = PurePosixPath(entry.filename.replace("\\", "/"))
    is_link = stat.S_ISLNK(entry.external_attr >> 16)
    if is_link or path.is_absolute() or ".." in path.parts or PureWindowsPath(path).drive:
        raise DataError(f"{archive.name} holds {entry.filename!r}, a link or a path out of its folder: leave it out.")
    return path


def _is_hidden(path: PurePosixPath) -> bool:
    return any(part.startswith(".") or part == "__MACOSX" for part in path.parts)
