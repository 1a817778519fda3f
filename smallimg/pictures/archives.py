"""Unpack a zip that somebody sent, within limits."""

import atexit
import shutil
import stat
import tempfile
import unicodedata
import zipfile
import zlib
from collections import Counter
from collections.abc import Collection, Sequence
from contextlib import ExitStack
from pathlib import Path, PurePosixPath, PureWindowsPath

from smallimg.errors import DataError, is_full
from smallimg.pictures.litter import is_litter
from smallimg.visitors.wanted import still_wanted

MAX_RATIO = 100
#: Set in an entry whose name is in UTF-8 (APPNOTE 4.4.4, bit 11).
UTF8_FLAG = 0x800
#: What names without that flag are written in: by most programs, and on Windows from Japan to Western Europe.
CODE_PAGES = ("utf-8", "cp932", "gbk", "cp949", "cp866", "cp850", "cp437")
#: Unicode's categories of letters, their accents, digits, blanks and brackets.
WRITTEN = {"Lo", "Lm", "Ll", "Lu", "Mn", "Mc", "Nd", "Zs", "Ps", "Pe", "Po", "Pd"}
CHUNK_BYTES = 1 << 16
#: What a caller can advise whose data may be a folder as well.
ADVICE = "zip fewer, or unpack it and give the folder"
#: How files begin that are sent in place of a zip.
BEGINNINGS = {
    b"": "it is empty",
    b"\xff\xd8\xff": "it is a picture",
    b"\x89PNG": "it is a picture",
    b"GIF8": "it is a picture",
    b"RIFF": "it is a picture",
    b"%PDF": "it is a PDF",
    b"Rar!": "it is a RAR archive",
    b"7z\xbc\xaf": "it is a 7z archive",
    b"\x1f\x8b": "it is a gzip archive",
}


def extract_zip(
    archive: Path, *, suffixes: Collection[str], max_files: int, max_bytes: int, advice: str = ADVICE
) -> Path:
    """Unpack the files with one of `suffixes` into a new folder that is deleted when the process ends.

    Sizes are counted while unpacking, since a zip's own account of them can lie. Hidden files are passed over.

    Args:
        archive: the zip.
        suffixes: lower case, with the dot.
        max_files: most entries the zip may list, of whatever kind.
        max_bytes: most bytes its files may unpack to.
        advice: what to do about a zip that breaks a limit, after a colon.

    Raises:
        DataError: when it is no zip, is damaged or encrypted, breaks a limit, unpacks to more than 100 times its size,
            or has an entry that is a link or would land outside the folder.
    """
    folder = Path(tempfile.mkdtemp(prefix="smallimg-"))
    with ExitStack() as clean_up:
        clean_up.callback(shutil.rmtree, folder, ignore_errors=True)
        try:
            with zipfile.ZipFile(archive) as file:
                _extract(
                    file, archive, folder, suffixes=suffixes, max_files=max_files, max_bytes=max_bytes, advice=advice
                )
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError) as error:
            raise DataError(f"{archive.name} could not be unpacked: {_why_not(archive, error)}.") from error
        atexit.register(clean_up.pop_all().close)
    return folder


def kinds_in_zip(archive: Path, *, besides: Collection[str]) -> Counter[str]:
    """How many files of each ending a zip holds that `extract_zip` leaves in it, hidden ones not counted.

    Args:
        archive: one that was unpacked.
        besides: the suffixes that were asked for, lower case, with the dot.
    """
    with zipfile.ZipFile(archive) as file:
        paths = [PurePosixPath(name.replace("\\", "/")) for name in file.namelist() if name[-1:] not in "/\\"]
    suffixes = (path.suffix.lower() for path in paths if not _is_hidden(path))
    return Counter(suffix for suffix in suffixes if suffix not in besides)


def _why_not(archive: Path, error: Exception) -> str:
    """The reason and the remedy in plain words; zlib's and zipfile's own say neither."""
    if is_full(error):
        return "the disk is full: make room, then try again"
    if isinstance(error, FileExistsError):
        return "two of its files have the same name: rename one, and zip them again"
    if isinstance(error, OSError) and error.errno is not None and not archive.is_file():
        is_folder = archive.is_dir()
        return "it is a folder: zip it, and give the zip" if is_folder else "there is no such file: check the path"
    if "encrypted" in str(error):
        return "it is locked with a password: zip the files again without one"
    if zipfile.is_zipfile(archive):
        return "it is damaged: zip the files again, or fetch it again"
    with archive.open("rb") as file:
        head = file.read(4)
    known = (words for beginning, words in BEGINNINGS.items() if head.startswith(beginning) and (beginning or not head))
    return f"{next(known, 'it is no zip, or only a part of one')}: put the files into a zip"


def _extract(
    file: zipfile.ZipFile,
    archive: Path,
    folder: Path,
    *,
    suffixes: Collection[str],
    max_files: int,
    max_bytes: int,
    advice: str,
) -> None:
    entries = file.infolist()
    if len(entries) > max_files:
        raise DataError(f"{archive.name} holds {len(entries):,} files and the limit is {max_files:,}: {advice}.")
    allowance = MAX_RATIO * archive.stat().st_size
    unpacked = 0
    for entry, name in zip(entries, _real_names(entries), strict=True):
        path = _safe_path(entry, name, archive)
        if entry.is_dir() or path.suffix.lower() not in suffixes or _is_hidden(path):
            continue
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise DataError(f"{archive.name} is packed in an unusual way: zip the data again with the usual settings.")
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with file.open(entry) as source, target.open("xb") as sink:
            while chunk := source.read(CHUNK_BYTES):
                still_wanted()
                unpacked += len(chunk)
                if unpacked > max_bytes:
                    raise DataError(
                        f"{archive.name} unpacks to more than the limit of {max_bytes / 1e6:g} MB: {advice}."
                    )
                if unpacked > allowance:
                    raise DataError(
                        f"{archive.name} unpacks to more than {MAX_RATIO} times its size, as a zip bomb does: {advice}."
                    )
                sink.write(chunk)


def _safe_path(entry: zipfile.ZipInfo, name: str, archive: Path) -> PurePosixPath:
    """The entry's path below the folder; some zips made on Windows have backslashes."""
    path = PurePosixPath(name.replace("\\", "/"))
    is_link = stat.S_ISLNK(entry.external_attr >> 16)
    if is_link or path.is_absolute() or ".." in path.parts or PureWindowsPath(path).drive:
        raise DataError(f"{archive.name} holds {name!r}, a link or a path out of its folder: leave it out.")
    return path


def _real_names(entries: Sequence[zipfile.ZipInfo]) -> list[str]:
    """The entries' names as they were when they were zipped.

    Zips made on Windows have names in the code page of that machine and do not say which; zipfile takes them for cp437.
    All names of a zip come from one machine: that code page is right in which they look most like words.
    """
    plain = [entry for entry in entries if not entry.flag_bits & UTF8_FLAG and not entry.filename.isascii()]
    candidates = []
    for encoding in CODE_PAGES:
        try:
            names = [entry.filename.encode("cp437").decode(encoding) for entry in plain]
        except UnicodeError:
            continue
        candidates.append((sum(map(_oddness, names)), names))
    best = min(candidates, key=lambda one: one[0])[1] if plain and candidates else []
    found = {id(entry): name for entry, name in zip(plain, best, strict=True)} if best else {}
    return [found.get(id(entry), entry.filename) for entry in entries]


def _oddness(name: str) -> int:
    """How often a name has what the wrong code page makes of it: symbols, and a change of script inside a word."""
    odd = 0
    before = ""
    for letter in unicodedata.normalize("NFC", name):
        kind = unicodedata.category(letter)
        script = unicodedata.name(letter, "").split(" ")[0] if kind[0] == "L" else ""
        script = "CJK" if script in ("HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA") else script
        odd += 3 * (not letter.isascii() and kind not in WRITTEN) + 3 * (script == "HALFWIDTH")
        odd += bool(script and before and script != before)
        before = script
    return odd


def _is_hidden(path: PurePosixPath) -> bool:
    return any(map(is_litter, path.parts))
