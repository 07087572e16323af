"""ZIP files that were made to do harm, or are damaged, are refused with a sentence."""

from __future__ import annotations

import io
import random
import stat
import struct
import tracemalloc
import warnings
import zipfile
from pathlib import Path

import pytest

from flux_playground.archive import ImportLimits, import_archive
from flux_playground.archive.untrusted_zip import UntrustedZip
from flux_playground.errors import InvalidArchive
from flux_playground.storage.generation_store import GenerationStore

from .gallery import draw, fill, write_export, write_zip

LIMITS = ImportLimits(images=20, total_bytes=20_000_000, file_bytes=5_000_000)


@pytest.mark.parametrize(
    "name",
    [
        "../evil.jpg",
        "a/../../evil.jpg",
        "/etc/evil.jpg",
        "C:\\evil.jpg",
        "C:evil.jpg",
        "..\\evil.jpg",
        "\\\\host\\a.jpg",
    ],
)
def test_paths_that_lead_out(name: str, store: GenerationStore, tmp_path: Path) -> None:
    """An unsafe name is refused, the image beside it is imported, and nothing is written elsewhere."""
    path = write_zip(tmp_path / "a.zip", [(name, draw(1)), ("fine.jpg", draw(2))])
    report = import_archive(store, "bob", path, limits=LIMITS)
    assert report.rejected == ((name, "Its name leads out of the ZIP file."),)
    assert len(report.added) == 1
    assert not list(tmp_path.rglob("*evil*"))


def test_links(store: GenerationStore, tmp_path: Path) -> None:
    """A symbolic link is not followed."""
    link = zipfile.ZipInfo("link.jpg")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    report = import_archive(store, "bob", write_zip(tmp_path / "a.zip", [(link, b"/etc/passwd")]), limits=LIMITS)
    assert report.rejected == (("link.jpg", "It is a link, not a file."),)


def test_equal_names(store: GenerationStore, tmp_path: Path) -> None:
    """Of two files of one name none is imported: programs differ in which of them they show."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = write_zip(tmp_path / "a.zip", [("a.jpg", draw(1)), ("a.jpg", draw(2))])
    report = import_archive(store, "bob", path, limits=LIMITS)
    assert (report.added, report.rejected) == ((), (("a.jpg", "The ZIP file has two files of this name."),))


def test_bomb_in_one_file(store: GenerationStore, tmp_path: Path) -> None:
    """A file that grows a thousand times is refused before it is unpacked."""
    path = write_zip(tmp_path / "a.zip", [("a.bmp", bytes(4_000_000))], compression=zipfile.ZIP_DEFLATED)
    tracemalloc.start()
    report = import_archive(store, "bob", path, limits=LIMITS)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert report.rejected == (("a.bmp", "It would grow to more than 200 times its size."),)
    assert peak < 1_000_000


def test_bomb_of_many_files(tmp_path: Path) -> None:
    """Files that are too large together refuse the whole file."""
    path = write_zip(tmp_path / "a.zip", [(f"{n}.bmp", bytes(3_000_000)) for n in range(10)], compression=8)
    with pytest.raises(InvalidArchive, match=r"unpacks to 30\.0 MB, more than 20\.0 MB"):
        UntrustedZip(path, LIMITS)


def test_large_file(store: GenerationStore, tmp_path: Path) -> None:
    """A file over the limit is refused by name."""
    report = import_archive(store, "bob", write_zip(tmp_path / "a.zip", [("a.jpg", bytes(6_000_000))]), limits=LIMITS)
    assert report.rejected == (("a.jpg", "It takes 6.0 MB; at most 5.0 MB can be read."),)


def test_too_many_files(store: GenerationStore, tmp_path: Path) -> None:
    """The number of images and of files is limited."""
    path = write_zip(tmp_path / "a.zip", [(f"{n}.jpg", b"") for n in range(21)])
    with pytest.raises(InvalidArchive, match="21 files; at most 20"):
        import_archive(store, "bob", path, limits=LIMITS)
    path = write_zip(tmp_path / "b.zip", [(f"{n}.jpg", b"") for n in range(200)])
    with pytest.raises(InvalidArchive, match="200 files; at most 90"):
        import_archive(store, "bob", path, limits=LIMITS)


def test_large_directory(tmp_path: Path) -> None:
    """A directory of a hundred thousand files is refused before it is read."""
    path = write_zip(tmp_path / "a.zip", [(f"{n}", b"") for n in range(100_000)])
    tracemalloc.start()
    with pytest.raises(InvalidArchive, match="too many files"):
        UntrustedZip(path, LIMITS)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_000_000


def test_size_that_lies(store: GenerationStore, tmp_path: Path) -> None:
    """A directory that names another size than the data has does not make more of it."""
    path = write_zip(tmp_path / "a.zip", [("a.jpg", draw(1) + bytes(3_000_000))], compression=zipfile.ZIP_DEFLATED)
    data = bytearray(path.read_bytes())
    start = data.rindex(b"PK\x01\x02")
    struct.pack_into("<I", data, start + 24, 100_000)
    path.write_bytes(data)
    report = import_archive(store, "bob", path, limits=LIMITS)
    assert report.rejected == (("a.jpg", "It is damaged in the ZIP file."),)


def test_zip_in_zip(store: GenerationStore, tmp_path: Path) -> None:
    """A ZIP file inside of another one is not opened."""
    inner = write_zip(tmp_path / "inner.zip", [("a.jpg", draw(1))]).read_bytes()
    report = import_archive(store, "bob", write_zip(tmp_path / "a.zip", [("inner.zip", inner)]), limits=LIMITS)
    assert report.rejected == (("inner.zip", "It is a ZIP file inside of another one, which is not opened."),)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_compressions(method: int, store: GenerationStore, tmp_path: Path) -> None:
    """Only what every program writes is read."""
    report = import_archive(store, "bob", write_zip(tmp_path / "a.zip", [("a.jpg", draw(1))], compression=method))
    assert report.rejected == (("a.jpg", "It is compressed in a way that is not read here."),)


def test_encrypted_files(store: GenerationStore, tmp_path: Path) -> None:
    """A file with a password is refused."""
    path = write_zip(tmp_path / "a.zip", [("a.jpg", draw(1))])
    data = bytearray(path.read_bytes())
    data[data.rindex(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    assert import_archive(store, "bob", path).rejected == (("a.jpg", "It is encrypted."),)


def test_entries_outside_the_manifest(store: GenerationStore, tmp_path: Path) -> None:
    """Unsafe files of an export that its manifest does not name are reported as well."""
    fill(store, 1)
    path = write_export(store, tmp_path / "a.zip")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("../evil.jpg", draw(2))
    report = import_archive(store, "bob", path)
    assert (len(report.added), report.rejected) == (1, (("../evil.jpg", "Its name leads out of the ZIP file."),))


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"PK\x05\x06" + bytes(17), draw(1), b"hello" * 100])
def test_no_zip_file(data: bytes, tmp_path: Path) -> None:
    """A file that is no ZIP file is refused."""
    path = tmp_path / "a.zip"
    path.write_bytes(data)
    with pytest.raises(InvalidArchive, match=r"This ZIP file is damaged or cut short\."):
        UntrustedZip(path, LIMITS)


def test_damage_anywhere(store: GenerationStore, tmp_path: Path) -> None:
    """An export with a wrong byte at any place is refused, in whole or in part, or is imported exactly."""
    made = {one.sha256 for one in fill(store, 2)}
    whole = write_export(store, tmp_path / "a.zip").read_bytes()
    chance = random.Random(7)
    for number in range(60):
        data = bytearray(whole)
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        path = tmp_path / "b.zip"
        path.write_bytes(data if number % 3 else data[: chance.randrange(len(data))])
        owner = f"visitor {number}"
        try:
            report = import_archive(store, owner, path, limits=LIMITS)
        except InvalidArchive:
            continue
        found = store.recent(owner)
        assert len(found) == len(report.added)
        assert {one.sha256 for one in found} <= made
        assert all(store.find_image(one) is not None for one in found)


def test_overlapping_entries(store: GenerationStore, tmp_path: Path) -> None:
    """Entries that share their bytes are bounded by the limit of the whole file."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("0.jpg", draw(1) + bytes(2_000_000))
        for number in range(1, 15):
            copy = zipfile.ZipInfo(f"{number}.jpg")
            first = archive.filelist[0]
            copy.header_offset, copy.CRC = first.header_offset, first.CRC
            copy.file_size, copy.compress_size = first.file_size, first.compress_size
            archive.filelist.append(copy)
            archive.NameToInfo[copy.filename] = copy
    path = tmp_path / "a.zip"
    path.write_bytes(file.getvalue())
    with pytest.raises(InvalidArchive, match="unpacks to 30"):
        UntrustedZip(path, LIMITS)
