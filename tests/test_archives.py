"""A .zip of documents: its members are documents; bombs, links, names that lead out and nested archives are not."""

from __future__ import annotations

import io
import stat
import zipfile
from pathlib import Path

import pytest
from conftest import WordEncoder

import index.package as package
from index import build_index, open_index
from index.load import Source, contents_of, ids_in
from index.package import MAX_MEMBERS


def packed(members: dict[str, bytes | str], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip file of these members."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as made:
        for name, data in members.items():
            made.writestr(name, data)
    return file.getvalue()


def contents(folder: Path, data: bytes) -> tuple[list[str], dict[str, str]]:
    """The ids of the documents in an archive of these bytes, and what was left out and why."""
    (folder / "b.zip").write_bytes(data)
    found = contents_of(Source("b.zip", folder / "b.zip"), {})
    return [d.id for d in found.documents], {s.path: s.reason for s in found.skipped}


def test_members_are_documents(tmp_path: Path) -> None:
    """Each by the path below the archive, in order; folders and hidden files are none; bad ones cost only themselves."""
    data = packed({"b/two.txt": "Two words.", "one.md": "# One\n\nWord.", "b/": "", ".DS_Store": "x", "__MACOSX/._one.md": "x",
                   "empty.txt": "", "a.exe": "x", "bad.docx": "x"})  # fmt: skip
    documents, skipped = contents(tmp_path, data)
    assert documents == ["b.zip/b/two.txt", "b.zip/one.md"]
    assert list(skipped) == ["b.zip/a.exe", "b.zip/bad.docx", "b.zip/empty.txt"]
    assert skipped["b.zip/a.exe"].startswith('no loader for ".exe"') and "zip" in skipped["b.zip/bad.docx"]
    assert ids_in(Source("b.zip", tmp_path / "b.zip")) == ["b.zip/b/two.txt", "b.zip/bad.docx", "b.zip/empty.txt", "b.zip/one.md"]


def test_an_index_holds_the_members(tmp_path: Path) -> None:
    """With their own text and the hash of their own bytes; a second build finds nothing new."""
    (tmp_path / "b.zip").write_bytes(packed({"m/one.txt": "The bridge is long."}))
    (tmp_path / "two.txt").write_text("The road is wide.")
    first = build_index(tmp_path, tmp_path / ".index", encoder=WordEncoder())
    opened = open_index(tmp_path / ".index")
    assert [d.id for d in opened.documents] == ["b.zip/m/one.txt", "two.txt"]
    assert opened.text(0) == "The bridge is long." and first.documents == 2
    assert not build_index(tmp_path, tmp_path / ".index", encoder=WordEncoder()).published


@pytest.mark.parametrize(
    "name", ["../out.txt", "a/../../out.txt", "/etc/out.txt", "C:/out.txt", "C:\\out.txt", "..\\out.txt", "a//b.txt", "./a.txt"]
)
def test_names_that_lead_out_are_refused(tmp_path: Path, name: str) -> None:
    """Nothing is written, and they are no ids either."""
    documents, skipped = contents(tmp_path, packed({name: "Words.", "good.txt": "Words."}))
    assert documents == ["b.zip/good.txt"]
    assert all("its name" in reason for reason in skipped.values()) and len(skipped) <= 1


def test_names_are_kept_as_they_are(tmp_path: Path) -> None:
    """Composed and decomposed letters are two names; a line break in one is refused."""
    documents, skipped = contents(tmp_path, packed({"caf\u00e9.txt": "Words.", "cafe\u0301.txt": "Words.", "a\nb.txt": "Words."}))
    assert documents == ["b.zip/cafe\u0301.txt", "b.zip/caf\u00e9.txt"]
    assert list(skipped.values()) == ["its name holds a line break or control character; rename it"]


def test_links_nested_archives_and_doubled_names_are_refused(tmp_path: Path) -> None:
    """Each with its reason."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        link = zipfile.ZipInfo("link.txt")
        link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
        made.writestr(link, "/etc/passwd")
        made.writestr("inner.zip", packed({"a.txt": "Words."}))
        made.writestr("twice.txt", "One.")
        with pytest.warns(UserWarning, match="Duplicate"):
            made.writestr("twice.txt", "Two.")
    documents, skipped = contents(tmp_path, file.getvalue())
    assert documents == ["b.zip/twice.txt"]
    assert skipped == {
        "b.zip/inner.zip": "an archive in an archive; unpack the outer one",
        "b.zip/link.txt": "a link in an archive; links are not followed",
        "b.zip/twice.txt": "its name is there twice",
    }


def test_bombs_are_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the ratio of a member, the size of one, the size of all, and their number."""
    _, skipped = contents(tmp_path, packed({"a.txt": b"a" * (8 * 2**20), "b.txt": b"ab" * (20 * 2**20)}))
    assert (
        skipped["b.zip/a.txt"].startswith("unpacks to 8,388,608 bytes from") and "as no document does" in skipped["b.zip/a.txt"]
    )
    assert skipped["b.zip/b.txt"] == "40.0 MB, more than the 32 MB that one file may have; split it"
    _, skipped = contents(tmp_path, packed({f"{n}.txt": "Words." for n in range(MAX_MEMBERS + 1)}))
    assert skipped["b.zip"] == "10,001 files in it, more than the 10,000 that one may hold; split it"
    monkeypatch.setattr(package, "MAX_UNPACKED", 2**20)
    _, skipped = contents(tmp_path, packed({f"{n}.txt": bytes(300_000) for n in range(11)}))
    assert skipped == {"b.zip": "unpacks to 3 MB, more than the 1 MB allowed; split it"}


def test_a_member_that_lies_about_its_size_is_refused(tmp_path: Path) -> None:
    """What it unpacks to is counted, and its checksum is checked."""
    data = bytearray(packed({"a.txt": b"Words. " * 1000}))
    central = data.rindex(b"PK\x01\x02")
    data[central + 24 : central + 28] = (50).to_bytes(4, "little")
    documents, skipped = contents(tmp_path, bytes(data))
    assert documents == [] and list(skipped) == ["b.zip/a.txt"]


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_uncommon_packing_is_refused(tmp_path: Path, method: int) -> None:
    """Their unpackers take memory before they give a byte."""
    _, skipped = contents(tmp_path, packed({"a.txt": "Words."}, method))
    assert skipped == {"b.zip/a.txt": "packed in an uncommon way; pack it with ordinary zip"}


def test_an_encrypted_member_is_refused(tmp_path: Path) -> None:
    """As its flag says."""
    data = bytearray(packed({"a.txt": "Words."}))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    _, skipped = contents(tmp_path, bytes(data))
    assert skipped == {"b.zip/a.txt": "encrypted; it needs a password: pack it without one"}


@pytest.mark.parametrize("data", [b"", b"PK", b"words", packed({"a.txt": "x"})[:-5]])
def test_what_is_no_archive_is_refused(tmp_path: Path, data: bytes) -> None:
    """In one line; an archive of nothing too."""
    documents, skipped = contents(tmp_path, data)
    assert documents == [] and list(skipped) == ["b.zip"] and "\n" not in skipped["b.zip"]
    assert contents(tmp_path, packed({}))[1] == {"b.zip": "empty: no file in it; nothing to index"}
