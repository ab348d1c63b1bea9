"""Files to documents: what is read, what is passed over and why, in one line that names the file and the cure."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index import LoadError, Metadata, SourcesError
from index.load import LOADERS, MAX_BYTES, Source, load_document, read_source, scan_sources
from index.load_text import load_text


def reason(data: bytes) -> str:
    """Why a file of these bytes is refused: one line, the file named."""
    with pytest.raises(LoadError) as refused:
        load_text(data, "a.txt")
    message = str(refused.value)
    assert message.startswith("a.txt: ") and "\n" not in message
    return message


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=("Cs", "Cc"))).map(lambda t: f"a{t}"))
def test_a_text_is_the_decoded_file_itself(text: str) -> None:
    """Nothing is normalised: anyone can check a quotation against the file."""
    assert load_text(text.encode("utf-8"), "a.txt").text == text


@pytest.mark.parametrize(
    "text", ["one\r\ntwo\r\n", "one\rtwo", "\ufeffone", "one\u2028two", "one\tt\x0cwo\n", "o\u0308ne \u00a0two"]
)
def test_line_ends_and_marks_stay(text: str) -> None:
    """CRLF, a lone CR, a byte-order mark and combining letters are kept as they are."""
    assert load_text(text.encode("utf-8"), "a.txt").text == text


@pytest.mark.parametrize("data", [b"", b"   \n\n", b"\xef\xbb\xbf", b"--- ... ---"])
def test_an_empty_file_is_refused(data: bytes) -> None:
    """No letter and no digit is nothing to index."""
    assert "empty" in reason(data)


def test_a_binary_file_is_refused() -> None:
    """A zero byte is in no text; the message says where it is."""
    assert "binary, with a zero byte at byte 5" in reason(b"words\x00more words")
    assert "UTF-16" in reason(b"words\x00more words")


@pytest.mark.parametrize(
    ("data", "byte", "position"),
    [(b"caf\xe9 au lait", "0xe9", 3), (b"\xff a", "0xff", 0), (b"words \xe2\x80", "0xe2", 6), (b"a\xed\xa0\x80b", "0xed", 1)],
)
def test_what_is_not_utf8_is_refused_with_its_byte(data: bytes, byte: str, position: int) -> None:
    """The message gives the byte, where it stands, and the cure."""
    message = reason(data)
    assert f"byte {byte} at byte {position}" in message and "save the file as UTF-8" in message


def test_control_characters_are_refused_when_there_are_many() -> None:
    """A file full of control characters is data; one that has slipped into a text is not held against it."""
    assert "1,000 of 2,000 characters are control characters" in reason(b"a\x01" * 1000)
    text = "A line with a bell\x07 in it. " + "Words. " * 20
    assert load_text(text.encode(), "a.txt").text == text


def test_a_file_of_fifty_megabytes_is_refused_unread(tmp_path: Path) -> None:
    """Too large is said with both numbers, from the size alone: this file has holes and is never read."""
    path = tmp_path / "big.txt"
    with path.open("wb") as file:
        file.truncate(50 * 2**20)
    with pytest.raises(LoadError, match=r"big\.txt: 50\.0 MB, more than the 32 MB that one file may have; split it"):
        read_source(Source("big.txt", path))
    assert MAX_BYTES < 50 * 2**20


def test_a_document_carries_the_hash_of_its_bytes() -> None:
    """The hash is of the file, so that anyone can compare it with sha256sum."""
    data = "café\r\n".encode()
    document = load_document("sub/a.md", data, Metadata(title="T"))
    assert (document.id, document.text, document.title) == ("sub/a.md", "café\r\n", "T")
    assert document.sha256 == hashlib.sha256(data).hexdigest()


def write(folder: Path, name: str, text: str = "Some words.") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def skipped(folder: Path) -> dict[str, str]:
    return {s.path: s.reason for s in scan_sources(folder).skipped}


def test_documents_are_found_below_the_folder_in_order(tmp_path: Path) -> None:
    """Ids are paths with "/", sorted; hidden files and the catalogue are no sources, and not worth a remark."""
    for name in ("b.txt", "a/z.md", "a/B.TXT", ".hidden.txt", ".git/a.txt", "catalogue.toml"):
        write(tmp_path, name)
    scan = scan_sources(tmp_path)
    assert [s.id for s in scan.sources] == ["a/B.TXT", "a/z.md", "b.txt"]
    assert scan.skipped == () and scan.notes == ()


def test_a_file_without_a_loader_is_passed_over_by_name(tmp_path: Path) -> None:
    """The reason names the suffix and those that are known."""
    write(tmp_path, "a.exe")
    write(tmp_path, "README")
    assert skipped(tmp_path) == {
        "a.exe": f'no loader for ".exe"; known: {", ".join(LOADERS)}, .zip',
        "README": f'no loader for "README"; known: {", ".join(LOADERS)}, .zip',
    }


def test_links_are_followed_only_inside_the_folder(tmp_path: Path) -> None:
    """A link out of the folder, to nowhere, to itself or to a folder is passed over; one inside is a document."""
    sources = tmp_path / "sources"
    write(sources, "real.txt")
    write(tmp_path, "secret.txt")
    (sources / "inside.txt").symlink_to("real.txt")
    (sources / "out.txt").symlink_to(tmp_path / "secret.txt")
    (sources / "up.txt").symlink_to("../secret.txt")
    (sources / "nowhere.txt").symlink_to("gone.txt")
    (sources / "loop.txt").symlink_to("loop.txt")
    (sources / "folder").symlink_to(tmp_path)
    assert [s.id for s in scan_sources(sources).sources] == ["inside.txt", "real.txt"]
    assert {path: why.split(";")[0] for path, why in skipped(sources).items()} == {
        "folder": "a link to a folder",
        "loop.txt": "a link that leads nowhere",
        "nowhere.txt": "a link that leads nowhere",
        "out.txt": "a link out of the sources folder",
        "up.txt": "a link out of the sources folder",
    }


def test_names_that_differ_only_in_case_are_noted(tmp_path: Path) -> None:
    """Both are indexed, and a note says that other systems cannot hold both."""
    write(tmp_path, "Report.txt")
    write(tmp_path, "report.txt")
    if len(list(tmp_path.iterdir())) < 2:
        pytest.skip("this file system does not tell case apart")
    scan = scan_sources(tmp_path)
    assert len(scan.sources) == 2
    assert scan.notes == ("Report.txt and report.txt differ only in case; both are indexed, but some systems cannot hold both",)


def test_a_name_that_cannot_be_an_id_is_passed_over(tmp_path: Path) -> None:
    """Line breaks and bytes that are not UTF-8, in a file's name or its folder's, are refused; a hard space is not."""
    write(tmp_path, "two\nlines.txt")
    write(tmp_path, "hard\u00a0space.txt")
    for name in (b"caf\xe9.txt", b"f\xe9/a.txt"):
        path = os.path.join(os.fsencode(tmp_path), name)
        try:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(b"words")
        except OSError:
            pytest.skip("this file system takes no such name")
    assert [s.id for s in scan_sources(tmp_path).sources] == ["hard\u00a0space.txt"]
    assert sorted(skipped(tmp_path).values()) == [
        "its name holds a line break or control character; rename it",
        "its name is not UTF-8; rename it",
        "its name is not UTF-8; rename it",
    ]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_is_not_opened(tmp_path: Path) -> None:
    """Reading a pipe would wait for ever."""
    os.mkfifo(tmp_path / "pipe.txt")
    assert skipped(tmp_path) == {"pipe.txt": "not a regular file"}


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_refused_with_the_systems_reason(tmp_path: Path) -> None:
    """Permission denied is said as such."""
    path = write(tmp_path, "a.txt")
    path.chmod(0)
    with pytest.raises(LoadError, match=r"a\.txt: cannot be read: Permission denied"):
        read_source(Source("a.txt", path))


def test_a_file_that_goes_away_is_refused(tmp_path: Path) -> None:
    """Gone between listing and reading: noted like any other that cannot be read."""
    with pytest.raises(LoadError, match=r"a\.txt: cannot be read: No such file"):
        read_source(Source("a.txt", tmp_path / "a.txt"))


def test_a_missing_folder_is_refused_with_the_cure(tmp_path: Path) -> None:
    """No folder, or a file in its place, is one line that says what to do."""
    with pytest.raises(SourcesError, match=r"gone: there is no such folder; make it"):
        scan_sources(tmp_path / "gone")
    with pytest.raises(SourcesError, match=r"found a file, expected a folder"):
        scan_sources(write(tmp_path, "a.txt"))
