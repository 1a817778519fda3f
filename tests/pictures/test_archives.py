"""Zips from strangers: what is wanted comes out, what could hurt does not."""

import stat
import zipfile
from pathlib import Path

import pytest

from smallimg.errors import DataError
from smallimg.pictures.archives import extract_zip

SUFFIXES = frozenset({".txt", ".csv"})


def extract(archive: Path, *, max_files: int = 10, max_bytes: int = 10_000, **options: str) -> list[str]:
    folder = extract_zip(archive, suffixes=SUFFIXES, max_files=max_files, max_bytes=max_bytes, **options)
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def make_zip(path: Path, files: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def test_wanted_files_come_out_whole(tmp_path: Path) -> None:
    archive = make_zip(tmp_path / "a.zip", {"a/b/c.txt": b"hello", "D.CSV": b"1,2", "empty.txt": b""})
    folder = extract_zip(archive, suffixes=SUFFIXES, max_files=10, max_bytes=100)
    assert (folder / "a/b/c.txt").read_bytes() == b"hello"
    assert (folder / "D.CSV").read_bytes() == b"1,2"
    assert (folder / "empty.txt").read_bytes() == b""


def test_other_and_hidden_files_stay_inside(tmp_path: Path) -> None:
    names = ["keep.txt", "run.sh", "inner.zip", ".hidden.txt", "__MACOSX/x.txt", ".git/x.txt", "no_suffix"]
    assert extract(make_zip(tmp_path / "a.zip", dict.fromkeys(names, b"x"))) == ["keep.txt"]


def test_backslashes_of_windows_are_folders(tmp_path: Path) -> None:
    assert extract(make_zip(tmp_path / "a.zip", {"train\\cat\\a.txt": b"x"})) == ["train/cat/a.txt"]


@pytest.mark.parametrize("name", ["../a.txt", "a/../../b.txt", "/etc/a.txt", "..\\a.txt", "C:\\a.txt", "C:a.txt"])
def test_a_path_out_of_the_folder_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="a link or a path out of its folder"):
        extract(make_zip(tmp_path / "a.zip", {"fine.txt": b"x", name: b"x"}))


def test_a_link_is_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("link.txt")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(DataError, match="a link or a path out of its folder"):
        extract(tmp_path / "a.zip")


def test_the_limits(tmp_path: Path) -> None:
    archive = make_zip(tmp_path / "a.zip", {f"{i}.txt": bytes(range(100)) for i in range(5)})
    assert len(extract(archive, max_files=5, max_bytes=500)) == 5
    with pytest.raises(DataError, match=r"holds 5 files and the limit is 4: .* give the folder"):
        extract(archive, max_files=4)
    with pytest.raises(DataError, match=r"unpacks to more than the limit of 0\.000499 MB"):
        extract(archive, max_bytes=499)
    with pytest.raises(DataError, match=r"the limit is 4: take a smaller one\.$"):
        extract(archive, max_files=4, advice="take a smaller one")


def test_a_zip_bomb_is_refused_while_it_unpacks(tmp_path: Path) -> None:
    archive = make_zip(tmp_path / "bomb.zip", {"zeros.txt": bytes(5_000_000)})
    assert archive.stat().st_size < 10_000
    with pytest.raises(DataError, match=r"bomb\.zip unpacks to more than 100 times its size"):
        extract(archive, max_bytes=10**9)


def test_nothing_is_left_behind_after_a_refusal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    with pytest.raises(DataError):
        extract(make_zip(tmp_path / "a.zip", {"a.txt": b"x" * 60, "b.txt": b"x" * 60}), max_bytes=100)
    assert list(temporary.iterdir()) == []


def test_damaged_encrypted_and_odd_zips_get_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(b"not a zip")
    for content, words in (
        (b"not a zip", "it is no zip, or only a part of one"),
        (b"", "it is empty"),
        (b"\xff\xd8\xff\xe0 JFIF", "it is a picture"),
        (b"Rar!\x1a\x07", "it is a RAR archive"),
        (make_zip(path, {"a.txt": b"x" * 500}, zipfile.ZIP_STORED).read_bytes()[:200], "only a part of one"),
    ):
        path.write_bytes(content)
        with pytest.raises(DataError, match=rf"^a\.zip could not be unpacked: .*{words}.*: put the files into a zip"):
            extract(path)

    data = bytearray(make_zip(path, {"a.txt": b"hello world"}, zipfile.ZIP_STORED).read_bytes())
    data[data.index(b"hello")] ^= 1
    path.write_bytes(data)
    with pytest.raises(DataError, match=r"it is damaged: zip the files again, or fetch it again\.$"):
        extract(path)

    data = bytearray(make_zip(path, {"a.txt": b"hello world"}).read_bytes())
    data[6] |= 1  # the flag "encrypted", in the entry and in the directory
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    with pytest.raises(DataError, match="locked with a password"):
        extract(path)

    with pytest.raises(DataError, match=r"it is a folder: zip it, and give the zip\.$"):
        extract(tmp_path)
    with pytest.raises(DataError, match="there is no such file: check the path"):
        extract(tmp_path / "gone.zip")

    with pytest.raises(DataError, match="packed in an unusual way"):
        extract(make_zip(path, {"a.txt": b"hello"}, zipfile.ZIP_LZMA))


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_used_twice_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("a.txt", "one")
        archive.writestr("a.txt", "two")
    with pytest.raises(DataError, match="two of its files have the same name"):
        extract(tmp_path / "a.zip")


@pytest.mark.parametrize(
    ("name", "encoding"),
    [
        ("写真/猫.txt", "cp932"), ("カメラ/いぬ 1.txt", "cp932"), ("图片/小猫.txt", "gbk"), ("фото/кошка.txt", "cp866"),
        ("für/größe.txt", "cp850"), ("café/a.txt", "utf-8"),
    ],
)  # fmt: skip
def test_names_of_other_code_pages_are_read_as_they_were_written(name: str, encoding: str, tmp_path: Path) -> None:
    """As Windows' own zip writes them: in the machine's code page, with no flag that says so."""
    stand_in = "x" * len(name.encode(encoding))
    data = make_zip(tmp_path / "a.zip", {stand_in: b"x"}).read_bytes()
    (tmp_path / "a.zip").write_bytes(data.replace(stand_in.encode(), name.encode(encoding)))
    assert extract(tmp_path / "a.zip") == [name]


def test_what_other_programs_leave_behind_is_passed_over(tmp_path: Path) -> None:
    litter = ("__MACOSX/a.txt", "@eaDir/a.txt", ".ipynb_checkpoints/a.txt", "._a.txt", "__macosx/b.txt")
    assert extract(make_zip(tmp_path / "a.zip", dict.fromkeys((*litter, "a.txt"), b"x"))) == ["a.txt"]
