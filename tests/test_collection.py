"""Changes to a sources folder: what is refused, that nothing is lost, and that a change is whole or does not happen."""

from __future__ import annotations

import errno
import json
import os
import shutil
import threading
import tomllib
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from conftest import WordEncoder
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import index.collection as collection
import index.files as files
from index import (
    CatalogueError,
    CollectionError,
    LoadError,
    Metadata,
    QAError,
    SourcesError,
    add_document,
    build_index,
    changes,
    edit_entry,
    list_removed,
    remove_document,
    restore_removed,
)
from index.catalogue import CATALOGUE_NAME, KEYS, read_catalogue
from index.files import PARTIAL, acquire_lock
from index.load import LOADERS, MAX_BYTES, scan_sources
from index.names import file_name

CATALOGUE = """# What is known of each document.

["a.txt"]
title = "The first"   # its first line
date = 2020-03-06
# of 2020, not of 2021

# The second came by post.
["sub/b.md"]
title = 'The "second"'
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two documents and their catalogue."""
    sources = tmp_path / "sources"
    (sources / "sub").mkdir(parents=True)
    (sources / "a.txt").write_bytes(b"The first words.\r\n")
    (sources / "sub" / "b.md").write_bytes(b"The second words.\n")
    (sources / CATALOGUE_NAME).write_text(CATALOGUE, encoding="utf-8", newline="")
    return sources


def state(folder: Path) -> dict[str, bytes]:
    """Every file that was left in the folder, but for the lock."""
    return {
        p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file() and p.name != collection.LOCK
    }


def ids(folder: Path) -> list[str]:
    return [source.id for source in scan_sources(folder).sources]


def catalogue(folder: Path) -> str:
    return (folder / CATALOGUE_NAME).read_bytes().decode("utf-8")


def refusal(folder: Path, kind: type[QAError], change: Callable[[], object]) -> str:
    """The one line with which a change is refused, after which everything is as it was."""
    before = state(folder)
    with pytest.raises(kind) as refused:
        change()
    assert state(folder) == before
    message = str(refused.value)
    assert message.isprintable() and len(message) < 600
    return message


# --- adding


def test_an_added_document_is_its_bytes_and_can_be_indexed(folder: Path, tmp_path: Path) -> None:
    """Its id is its name; nothing else is left in the folder, and the next build finds it."""
    before = state(folder)
    assert add_document(folder, "New report.TXT", b"New words.\r\n") == "New report.TXT"
    assert state(folder) == before | {"New report.TXT": b"New words.\r\n"}
    report = build_index(folder, tmp_path / "index", encoder=WordEncoder())
    assert (report.documents, report.skipped) == (3, ())
    assert not changes(folder, tmp_path / "index")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "empty"),
        (".txt", "begins with a dot"),
        (".hidden.txt", "begins with a dot"),
        ("..", "begins with a dot"),
        (" a.txt", "a space"),
        ("a.txt ", "a space"),
        ("../a.txt", "a plain file name without folders"),
        ("sub/a.txt", "a plain file name without folders"),
        ("/etc/a.txt", "a plain file name without folders"),
        ("C:\\a.txt", "a plain file name without folders"),
        ("a.txt:stream.txt", "a plain file name without folders"),
        ("what?.txt", "a plain file name without folders"),
        ("a\x00.txt", "control character"),
        ("a\n.txt", "control character"),
        ("a\x1b[31m.txt", "control character"),
        ("a\u2028.txt", "control character"),
        ("a\u202etxt.txt", "control character"),
        ("a\udce9.txt", "not UTF-8"),
        ("con.txt", "a device"),
        ("NUL .md", "a device"),
        ("com1.any.txt", "a device"),
        ("lpt\u00b9.txt", "a device"),
        ("catalogue.toml", "the catalogue"),
        ("Catalogue.TOML", "the catalogue"),
        ("a.exe", 'no loader for ".exe"; known: .txt, .md'),
        ("a.txt.", "no loader"),
        ("txt", 'no loader for "txt"'),
        ("é" * 126 + ".txt", "256 bytes, more than the 255"),
        ("x" * 10_000_000 + ".txt", "10,000,004 characters"),
    ],
)
def test_a_name_that_no_document_can_have_is_refused(folder: Path, name: str, reason: str) -> None:
    """With the reason and the cure, before anything is written."""
    message = refusal(folder, CollectionError, lambda: add_document(folder, name, b"Words."))
    assert reason in message and "rename the file" in message


@pytest.mark.parametrize("name", [None, 3, b"a.txt", ["a.txt"]])
def test_a_name_that_is_no_text_is_refused(folder: Path, name: Any) -> None:
    """What comes from a page may be of any type."""
    assert "expected text" in refusal(folder, CollectionError, lambda: add_document(folder, name, b"Words."))


@given(name=st.text(max_size=12).map(lambda t: t + ".txt") | st.text(max_size=12))
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_name_is_refused_or_is_one_that_a_scan_finds(tmp_path: Path, name: str) -> None:
    """Whatever the name, either one line says why not, or exactly one document of that name is there."""
    try:
        stored = file_name(name, LOADERS)
    except CollectionError as error:
        assert str(error).isprintable()
        return
    assert stored == unicodedata.normalize("NFC", name) == file_name(stored, LOADERS)
    place = tmp_path / "names"
    place.mkdir(exist_ok=True)
    (place / stored).write_bytes(b"Words.")
    try:
        assert ids(place) == [stored] and [p.name for p in place.iterdir()] == [stored]
    finally:
        (place / stored).unlink()


def test_names_are_stored_composed(folder: Path) -> None:
    """As a Mac sends them they are decomposed; the same name in both forms is the same document."""
    assert add_document(folder, "cafe\u0301.txt", b"Words.") == "caf\u00e9.txt"
    assert "there is such a document already" in refusal(
        folder, CollectionError, lambda: add_document(folder, "caf\u00e9.txt", b"Words.")
    )


def test_a_name_of_the_greatest_length_is_taken(folder: Path) -> None:
    """The unfinished file's own name does not come on top; it can be replaced, removed and brought back."""
    name = "é" * 125 + "x.txt"
    add_document(folder, name, b"Words.")
    add_document(folder, name, b"Other words.", replace=True)
    remove_document(folder, name)
    assert restore_removed(folder) == name


@pytest.mark.parametrize("twin", ["A.TXT", "a.Txt", "SUB"])
def test_a_twin_in_case_is_refused(folder: Path, twin: str) -> None:
    """Some systems cannot hold both; folders count too, and `replace` does not help."""
    (folder / "sub.md").mkdir()
    name = "SUB.md" if twin == "SUB" else twin
    for replace in (False, True):
        message = refusal(folder, CollectionError, lambda r=replace: add_document(folder, name, b"Words.", replace=r))  # type: ignore[misc]
        assert "differs only in case" in message


def test_a_decomposed_twin_on_the_disk_is_refused(folder: Path) -> None:
    """Two names that look the same are a trap."""
    (folder / "cafe\u0301.txt").write_bytes(b"Words.")
    assert "accents' form" in refusal(folder, CollectionError, lambda: add_document(folder, "caf\u00e9.txt", b"Words."))


@pytest.mark.parametrize(
    ("data", "reason"), [(b"", "empty"), (b"a\x00b", "binary"), (b"caf\xe9", "not UTF-8"), (b"\x01" * 9, "control")]
)
def test_what_cannot_be_indexed_is_refused_with_the_loaders_words(folder: Path, data: bytes, reason: str) -> None:
    """Now, rather than at the next build; a former version stays."""
    for name in ("new.txt", "a.txt"):
        message = refusal(folder, LoadError, lambda n=name: add_document(folder, n, data, replace=True))  # type: ignore[misc]
        assert message.startswith(f"{name}: ") and reason in message


def test_a_document_that_is_too_large_is_refused(folder: Path) -> None:
    """By the same measure as in a build."""
    assert "more than the 32 MB" in refusal(folder, LoadError, lambda: add_document(folder, "a.md", b"x" * (MAX_BYTES + 1)))


def test_a_document_is_replaced_only_on_request_and_its_former_version_is_kept(folder: Path) -> None:
    """Its entry stays; the former version can be brought back, and then the later one is kept."""
    assert "there is such a document already" in refusal(folder, CollectionError, lambda: add_document(folder, "a.txt", b"New."))
    add_document(folder, "a.txt", b"New.", replace=True)
    (kept,) = list_removed(folder)
    assert (kept.document, kept.replaced, kept.entry) == ("a.txt", True, "")
    assert (folder / "a.txt").read_bytes() == b"New." and catalogue(folder) == CATALOGUE
    assert (folder / collection.REMOVED / kept.name / "a.txt").read_bytes() == b"The first words.\r\n"
    assert "replace it, or remove it first" in refusal(folder, CollectionError, lambda: restore_removed(folder, kept.name))
    assert "there is not a document to bring back" in refusal(folder, CollectionError, lambda: restore_removed(folder))
    restore_removed(folder, kept.name, replace=True)
    assert (folder / "a.txt").read_bytes() == b"The first words.\r\n"
    (later,) = list_removed(folder)
    assert (folder / collection.REMOVED / later.name / "a.txt").read_bytes() == b"New."


@pytest.mark.parametrize("kind", ["folder", "link", "dangling link"])
def test_only_a_file_is_replaced(folder: Path, tmp_path: Path, kind: str) -> None:
    """A link is not followed and a folder is not taken away."""
    (tmp_path / "outside.txt").write_bytes(b"Outside.")
    if kind == "folder":
        (folder / "new.txt").mkdir()
    else:
        (folder / "new.txt").symlink_to(tmp_path / ("outside.txt" if kind == "link" else "gone.txt"))
    message = refusal(folder, CollectionError, lambda: add_document(folder, "new.txt", b"Words.", replace=True))
    assert "not a file of its own" in message and (tmp_path / "outside.txt").read_bytes() == b"Outside."
    assert not (tmp_path / "gone.txt").exists()


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """No folder is made by accident."""
    for change in (lambda: add_document(tmp_path / "gone", "a.txt", b"A"), lambda: remove_document(tmp_path / "gone", "a.txt")):
        with pytest.raises(SourcesError, match="there is no such folder"):
            change()
    assert list_removed(tmp_path / "gone") == () and not (tmp_path / "gone").exists()


# --- removing and bringing back


@pytest.mark.parametrize("document", ["a.txt", "sub/b.md"])
def test_a_removed_document_comes_back_with_its_entry(folder: Path, tmp_path: Path, document: str) -> None:
    """Between the two a build finds neither document nor entry, and nothing to complain of."""
    before, known = state(folder), read_catalogue(folder)
    removed = remove_document(folder, document)
    assert (removed.document, removed.replaced) == (document, False)
    assert tomllib.loads(removed.entry).keys() == {document}
    assert ids(folder) == [d for d in known if d != document] == list(read_catalogue(folder))
    assert build_index(folder, tmp_path / "index", encoder=WordEncoder()).skipped == ()
    assert list_removed(folder) == (removed,)
    assert restore_removed(folder) == document
    assert read_catalogue(folder) == known
    after = state(folder)
    assert after.pop(CATALOGUE_NAME) and after == {k: v for k, v in before.items() if k != CATALOGUE_NAME}


def test_comments_of_an_entry_go_with_it_and_those_of_the_next_stay(folder: Path) -> None:
    """Every comment is in the catalogue or in the record."""
    removed = remove_document(folder, "a.txt")
    assert "# its first line" in removed.entry and "# of 2020, not of 2021" in removed.entry
    assert catalogue(folder) == CATALOGUE.replace(removed.entry, "")
    assert "# The second came by post.\n[" in catalogue(folder) and "came by post" not in removed.entry


def test_a_document_without_entry_or_catalogue_is_removed_too(folder: Path) -> None:
    """No catalogue is made for it."""
    (folder / CATALOGUE_NAME).unlink()
    assert remove_document(folder, "a.txt").entry == ""
    restore_removed(folder)
    assert not (folder / CATALOGUE_NAME).exists() and ids(folder) == ["a.txt", "sub/b.md"]


def test_the_last_one_removed_comes_back_first(folder: Path) -> None:
    """Also when all happens within a second; a name brings back any other."""
    names = [f"{n}.txt" for n in range(12)]
    for name in names:
        add_document(folder, name, b"Words.")
        remove_document(folder, name)
    listed = list_removed(folder)
    assert [r.document for r in listed] == names[::-1]
    assert restore_removed(folder, listed[5].name) == names[6]
    assert restore_removed(folder) == names[11]


def test_a_document_can_be_removed_twice(folder: Path) -> None:
    """Each version is kept on its own."""
    remove_document(folder, "a.txt")
    add_document(folder, "a.txt", b"Other words.")
    edit_entry(folder, "a.txt", {"title": "Other"})
    remove_document(folder, "a.txt")
    assert len(list_removed(folder)) == 2
    restore_removed(folder)
    assert (folder / "a.txt").read_bytes() == b"Other words." and read_catalogue(folder)["a.txt"].title == "Other"
    assert "there is such a document again" in refusal(folder, CollectionError, lambda: restore_removed(folder))
    restore_removed(folder, replace=True)
    assert (folder / "a.txt").read_bytes() == b"The first words.\r\n"
    assert read_catalogue(folder)["a.txt"].title == "Other", "an entry that is there stays"


@pytest.mark.parametrize(
    "document",
    ["gone.txt", "", ".", "..", "../outside.txt", "/etc/passwd", "sub", "sub/../a.txt", "./a.txt", "A.TXT", "catalogue.toml",
     ".lock", "a.txt\x00", "a\n" * 500, "out.txt", "linked/outside.txt", None, 3, ["a.txt"], {}],
)  # fmt: skip
def test_only_what_a_build_would_look_at_is_changed(folder: Path, tmp_path: Path, document: Any) -> None:
    """Neither a path out of the folder nor a link that leads there, nor anything of another type."""
    (tmp_path / "outside.txt").write_bytes(b"Outside.")
    (folder / "out.txt").symlink_to(tmp_path / "outside.txt")
    (folder / "linked").symlink_to(tmp_path, target_is_directory=True)
    for change in (lambda: remove_document(folder, document), lambda: edit_entry(folder, document, {"title": "T"})):
        assert "no document" in refusal(folder, CollectionError, change)
    assert (tmp_path / "outside.txt").read_bytes() == b"Outside."


def test_removing_a_link_leaves_what_it_leads_to(folder: Path) -> None:
    """A link to a document of the folder is a document; it is the link that goes and comes back."""
    (folder / "same.txt").symlink_to("a.txt")
    remove_document(folder, "same.txt")
    assert ids(folder) == ["a.txt", "sub/b.md"]
    restore_removed(folder)
    assert (folder / "same.txt").is_symlink() and (folder / "same.txt").read_bytes() == b"The first words.\r\n"


@pytest.mark.parametrize("name", ["", "..", "../..", "20200101T000000Z-1", "\x00", "a" * 999, 3, ["x"]])
def test_only_what_was_removed_is_brought_back(folder: Path, name: Any) -> None:
    """A name that is none of those listed is refused."""
    remove_document(folder, "a.txt")
    assert "to bring back" in refusal(folder, CollectionError, lambda: restore_removed(folder, name))


@pytest.mark.parametrize(
    "record",
    [b"", b"[]", b"{}", b'{"document": 3, "time": "", "replaced": false, "entry": ""}']
    + [json.dumps({"document": d, "time": "", "replaced": False, "entry": ""}).encode()
       for d in ("../x.txt", "/x.txt", "sub/../../x.txt", ".x.txt", "a//x.txt", "a\\..\\x.txt", "C:x.txt\n", "")],
)  # fmt: skip
def test_a_record_that_cannot_be_meant_is_passed_over(folder: Path, record: bytes) -> None:
    """It may have been changed by hand; its file stays where it is."""
    removed = remove_document(folder, "a.txt")
    (folder / collection.REMOVED / removed.name / collection.RECORD).write_bytes(record)
    assert list_removed(folder) == ()
    assert "to bring back" in refusal(folder, CollectionError, lambda: restore_removed(folder, removed.name))


def test_nothing_is_brought_back_through_a_link(folder: Path, tmp_path: Path) -> None:
    """The document's folder may have become a link meanwhile."""
    remove_document(folder, "sub/b.md")
    (folder / "sub").rmdir()
    (folder / "sub").symlink_to(tmp_path, target_is_directory=True)
    assert "a link out of the sources folder" in refusal(folder, CollectionError, lambda: restore_removed(folder))
    (folder / "sub").unlink()
    assert restore_removed(folder) == "sub/b.md" and ids(folder) == ["a.txt", "sub/b.md"]


def test_a_twin_that_has_come_keeps_a_document_from_coming_back(folder: Path) -> None:
    """As when it is added."""
    remove_document(folder, "a.txt")
    add_document(folder, "A.txt", b"Words.")
    assert "differs only in case" in refusal(folder, CollectionError, lambda: restore_removed(folder))


# --- the catalogue


def test_an_edit_changes_its_entry_and_nothing_else(folder: Path) -> None:
    """Comments, order and way of writing stay; new keys come after the old; an empty value takes its key out."""
    found = edit_entry(folder, "a.txt", {"title": ' On "bridges" \\ ', "publisher": "Tarn Post", "date": "", "author": ""})
    assert found == read_catalogue(folder)["a.txt"] == Metadata(title='On "bridges" \\', publisher="Tarn Post")
    assert catalogue(folder) == CATALOGUE.replace('"The first"', '"On \\"bridges\\" \\\\"').replace(
        "date = 2020-03-06\n", 'publisher = "Tarn Post"\n'
    )


def test_an_edit_of_a_document_without_entry_adds_one(folder: Path) -> None:
    """At the end; where there is no catalogue yet, one is made."""
    add_document(folder, 'It\'s "new".txt'.replace('"', ""), b"Words.")
    edit_entry(folder, "It's new.txt", {"title": "New"})
    assert catalogue(folder) == CATALOGUE + '\n["It\'s new.txt"]\ntitle = "New"\n'
    (folder / CATALOGUE_NAME).unlink()
    assert edit_entry(folder, "a.txt", {"title": "", "date": ""}) == Metadata() and not (folder / CATALOGUE_NAME).exists()
    edit_entry(folder, "a.txt", {"title": "Again"})
    assert catalogue(folder) == '["a.txt"]\ntitle = "Again"\n'


def test_what_is_the_same_is_not_written_again(folder: Path) -> None:
    """The file is not touched, and what is written otherwise stays so."""
    before = os.stat(folder / CATALOGUE_NAME)
    edit_entry(folder, "a.txt", {"title": "The first", "date": "2020-03-06", "language": ""})
    after = os.stat(folder / CATALOGUE_NAME)
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_the_catalogue_keeps_its_permissions(folder: Path) -> None:
    """One that others may not read stays so."""
    (folder / CATALOGUE_NAME).chmod(0o600)
    edit_entry(folder, "a.txt", {"title": "New"})
    assert (folder / CATALOGUE_NAME).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("values", "kind", "reason"),
    [
        ({"titel": "A"}, CollectionError, 'unknown key "titel"; the keys are title,'),
        ({"title\n": "A"}, CollectionError, "unknown key"),
        ({3: "A"}, CollectionError, "unknown key"),
        ({"title": 3}, CollectionError, "title: found int, expected text"),
        ({"title": None}, CollectionError, "title: found NoneType, expected text"),
        ({"title": "a\nb"}, CollectionError, "expected one line of text"),
        ({"title": "a\x1b[31m"}, CollectionError, "control character"),
        ({"title": "a\u2028b"}, CollectionError, "expected one line of text"),
        ({"title": "\udcff"}, CollectionError, "control character"),
        ({"rights": "x" * 1001}, CollectionError, "1,001 characters, more than the 1,000"),
        ({"date": "March 2020"}, CatalogueError, 'date is "March 2020", expected YYYY, YYYY-MM or YYYY-MM-DD'),
        ({"date": "2020-02-30"}, CatalogueError, "expected YYYY"),
    ],
)
def test_a_value_that_cannot_be_is_refused(folder: Path, values: Any, kind: type[QAError], reason: str) -> None:
    """With what was found and expected; dates by the rules of the catalogue itself."""
    assert reason in refusal(folder, kind, lambda: edit_entry(folder, "a.txt", values))
    assert reason in refusal(folder, kind, lambda: edit_entry(folder, "a.txt", {"publisher": "P"} | values))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('["a.txt"\n', "not readable as TOML"),
        ('["a.txt"]\nauthors = "A"\n', 'unknown key "authors"'),
        ('["a.txt"]\ndate = "soon"\n', "date is"),
        ('"a.txt" = 3\n', "change this entry by hand"),
        ("a = " + "[" * 5000 + "\n", "not readable as TOML"),
    ],
)
def test_an_edit_of_an_entry_that_is_wrong_already_says_so(folder: Path, text: str, reason: str) -> None:
    """It is for a person to mend; the text is not touched."""
    (folder / CATALOGUE_NAME).write_text(text)
    assert reason in refusal(folder, CatalogueError, lambda: edit_entry(folder, "a.txt", {"title": "A"}))


def test_a_catalogue_that_is_a_link_is_not_written(folder: Path, tmp_path: Path) -> None:
    """What it leads to may serve others, and the link would be lost."""
    (folder / CATALOGUE_NAME).rename(tmp_path / "shared.toml")
    (folder / CATALOGUE_NAME).symlink_to(tmp_path / "shared.toml")
    for change in (lambda: edit_entry(folder, "a.txt", {"title": "A"}), lambda: remove_document(folder, "a.txt")):
        assert "a link; put the file itself there" in refusal(folder, CollectionError, change)


FORMS = {
    "tables": '["a.txt"]\ntitle = "A"\n\n["b.txt"] # second\ntitle = "B"\n# more\n',
    "no end of line": '["a.txt"]\ntitle = "A"\n["b.txt"]\ntitle = "B"',
    "indented": '  ["a.txt"]\n  title = "A"\n\n  ["b.txt"]\n  title = "B"\n',
    "inline": '"a.txt" = { title = "A" } # first\n"b.txt" = { title = "B" }\n',
    "dotted": '"a.txt".title = "A"\n"b.txt".title = "B"\n',
    "literal keys": "['a.txt']\ntitle = 'A'\n['b.txt']\n\"title\" = 'B'\n",
    "CRLF": '["a.txt"]\r\ntitle = "A"\r\n\r\n# second\r\n["b.txt"]\r\ntitle = "B"\r\n',
    "long text": '["a.txt"]\ntitle = """\nA"""\n\n["b.txt"]\ntitle = """B\\\n  """\n',
    "in odd order": '["a.txt"]\ntitle = "A"\n["b.txt"]\n["c.txt".x]\ny = 1\n',
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("document", ["a.txt", "b.txt", "c.txt"])
def test_every_way_of_writing_an_entry_is_edited_or_refused(tmp_path: Path, form: str, document: str) -> None:
    """What comes out says what was meant, to the parser that reads it; the others' entries are as they were."""
    for name in ("a.txt", "b.txt", "c.txt"):
        (tmp_path / name).write_text("Words.")
    path = tmp_path / CATALOGUE_NAME
    path.write_bytes(FORMS[form].encode())
    before = tomllib.loads(FORMS[form])
    refused = form == "in odd order" and document == "c.txt"
    if refused:
        assert "unknown key" in refusal(tmp_path, CatalogueError, lambda: edit_entry(tmp_path, document, {"title": "New"}))
    else:
        edit_entry(tmp_path, document, {"title": "New", "author": "Ann Lee"})
        assert tomllib.loads(catalogue(tmp_path)) == before | {document: {"title": "New", "author": "Ann Lee"}}
        path.write_bytes(FORMS[form].encode())
    remove_document(tmp_path, document)
    assert tomllib.loads(catalogue(tmp_path)) == {k: v for k, v in before.items() if k != document}
    restore_removed(tmp_path)
    assert tomllib.loads(catalogue(tmp_path)) == before


LINES = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Zl", "Zp", "Cs")), max_size=20).map(str.strip)
VALUES = st.dictionaries(st.sampled_from([k for k in KEYS if k != "date"]), LINES, max_size=3)


@given(
    entries=st.lists(VALUES, min_size=3, max_size=3),
    edits=st.lists(st.tuples(st.integers(0, 2), VALUES), max_size=4),
    data=st.data(),
)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_edits_keep_the_others_byte_for_byte(
    tmp_path: Path, entries: list[dict[str, str]], edits: list[tuple[int, dict[str, str]]], data: st.DataObject
) -> None:
    """Whatever the values, comments and blank lines: the blocks of the other documents stay in the text as they are."""
    names = ["a.txt", "b 'x'.txt", "ü.md"]
    comment = LINES.map(lambda t: f"# {t}\n") | st.just("\n")
    blocks = []
    for name, values in zip(names, entries, strict=True):
        (tmp_path / name).write_text("Words.")
        lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in values.items()]
        blocks.append(f'["{name}"]\n' + "".join(data.draw(comment) + line for line in lines) + "# its last line\n")
    (tmp_path / CATALOGUE_NAME).write_bytes("\n".join(blocks).encode())
    for number, values in edits:
        before = read_catalogue(tmp_path)
        assert edit_entry(tmp_path, names[number], values) == read_catalogue(tmp_path)[names[number]]
        for other in {0, 1, 2} - {n for n, _ in edits}:
            assert blocks[other] in catalogue(tmp_path)
        after = read_catalogue(tmp_path)
        assert {n: m for n, m in after.items() if n != names[number]} == {n: m for n, m in before.items() if n != names[number]}
        for key, value in values.items():
            assert getattr(after[names[number]], key) == (" ".join(value.split()) or None)


# --- what the system refuses, and what is cut short


def refuse(number: int) -> Callable[..., None]:
    def call(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    return call


CHANGES: dict[str, Callable[[Path], object]] = {
    "add": lambda folder: add_document(folder, "new.txt", b"New words."),
    "replace": lambda folder: add_document(folder, "a.txt", b"New words.", replace=True),
    "remove": lambda folder: remove_document(folder, "a.txt"),
    "edit": lambda folder: edit_entry(folder, "a.txt", {"title": "New"}),
    "restore": lambda folder: restore_removed(folder),
    "swap": lambda folder: restore_removed(folder, replace=True),
}


def prepare(folder: Path, change: str) -> None:
    if change in ("restore", "swap"):
        remove_document(folder, "sub/b.md")
    if change == "swap":
        (folder / "sub" / "b.md").write_bytes(b"Other words.")


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize(
    ("number", "reason"), [(errno.EACCES, "Permission denied"), (errno.EROFS, "Read-only"), (errno.ENOSPC, "disk is full")]
)
def test_a_folder_that_cannot_be_written_is_one_line(
    folder: Path, monkeypatch: pytest.MonkeyPatch, change: str, number: int, reason: str
) -> None:
    """Whichever step the system refuses, the folder is as it was."""
    prepare(folder, change)
    steps = {"edit": ["fsync", "replace"], "remove": ["fsync", "replace", "rename", "mkdir"], "add": ["fsync"]}
    for step in steps.get(change, ["replace"]):
        with monkeypatch.context() as patch:
            patch.setattr(os, step, refuse(number))
            assert reason in refusal(folder, CollectionError, lambda: CHANGES[change](folder))
    with monkeypatch.context() as patch:
        patch.setattr("filelock.FileLock.acquire", refuse(number))
        assert reason in refusal(folder, CollectionError, lambda: CHANGES[change](folder))
    CHANGES[change](folder)


class Killed(BaseException):
    """Stands for the death of the process: no clean-up is to be relied on."""


def held_bytes(folder: Path) -> set[bytes]:
    return set(state(folder).values())


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_cut_short_anywhere_loses_nothing(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    """Killed before or after any step: every version of every file is there, each entry has its file, the next change works."""
    steps = ("fsync", "replace", "rename", "link", "unlink", "mkdir", "rmdir")
    original = {step: getattr(os, step) for step in steps}
    prepare(folder, change)
    documents = {data for name, data in state(folder).items() if name.endswith((".txt", ".md"))}
    titles = {m.title for m in read_catalogue(folder).values()} | {'The "second"'}
    reached, at = True, 0
    while reached:
        reached, copy = False, tmp_path / f"copy{at}"
        shutil.copytree(folder, copy)
        calls = 0

        def counted(step: str, last: int = at) -> Callable[..., Any]:
            def call(*arguments: Any, **named: Any) -> Any:
                nonlocal calls, reached
                calls += 1
                if calls > last:  # dead: nothing more is done
                    reached = True
                    raise Killed
                return original[step](*arguments, **named)

            return call

        with monkeypatch.context() as patch:
            for step in steps:
                patch.setattr(os, step, counted(step))
            patch.setattr(files, "remove_quietly", lambda path: None)
            patch.setattr(collection, "remove_quietly", lambda path: None)
            try:
                CHANGES[change](copy)
            except Killed:
                pass
        assert documents <= held_bytes(copy), at
        known = read_catalogue(copy)  # each entry has its file
        kept = [Metadata(**tomllib.loads(r.entry)[r.document]).title for r in list_removed(copy) if r.entry]
        assert titles <= {m.title for m in known.values()} | set(kept) | ({"The first"} if change == "edit" else set()), at
        whole = documents | {b"New words."}
        assert {source.path.read_bytes() for source in scan_sources(copy).sources} <= whole, "no half of a file is seen"
        add_document(copy, "next.txt", b"Next.")
        assert not list(copy.glob(PARTIAL + "*")), "the next change clears what was left"
        if change in ("restore", "swap", "remove") and (waiting := [r for r in list_removed(copy) if not r.replaced]):
            restore_removed(copy, waiting[0].name, replace=True)
            assert set(read_catalogue(copy)) == {"a.txt", "sub/b.md"}, at
        at += 1
    assert at > 2


def test_a_file_system_without_links_will_do(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """There names are claimed by an empty file first, and versions are copied."""
    monkeypatch.setattr(os, "link", refuse(errno.EPERM))
    add_document(folder, "new.txt", b"New words.")
    assert "already" in refusal(folder, CollectionError, lambda: add_document(folder, "new.txt", b"Other."))
    add_document(folder, "new.txt", b"Newer words.", replace=True)
    restore_removed(folder, list_removed(folder)[0].name, replace=True)
    assert (folder / "new.txt").read_bytes() == b"New words."
    before = read_catalogue(folder)
    remove_document(folder, "a.txt")
    restore_removed(folder)
    assert (folder / "a.txt").read_bytes() == b"The first words.\r\n" and read_catalogue(folder) == before
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", refuse(errno.EIO))
        refusal(folder, CollectionError, lambda: add_document(folder, "late.txt", b"Words."))


def test_a_file_that_appears_at_the_last_moment_is_not_overwritten(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another program may write to the folder without the lock."""
    monkeypatch.setattr(collection, "refuse_twin", lambda path: path.write_bytes(b"Theirs.") and None)
    lexists = os.path.lexists
    monkeypatch.setattr(os.path, "lexists", lambda path: lexists(path) and Path(path).name != "new.txt")
    with pytest.raises(CollectionError, match="File exists"):
        add_document(folder, "new.txt", b"Ours.")
    assert (folder / "new.txt").read_bytes() == b"Theirs." and not list(folder.glob(PARTIAL + "*"))


def test_a_change_made_by_hand_is_not_lost(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the edit it is kept; in the middle of one the edit is refused."""
    (folder / CATALOGUE_NAME).write_text(CATALOGUE + 'author = "By hand"\n', encoding="utf-8")
    edit_entry(folder, "a.txt", {"author": "Ann Lee"})
    assert read_catalogue(folder)["sub/b.md"].author == "By hand"
    check = collection.check_entry

    def edited_meanwhile(*arguments: Any) -> Metadata:
        (folder / CATALOGUE_NAME).write_text(CATALOGUE, encoding="utf-8")
        return check(*arguments)

    monkeypatch.setattr(collection, "check_entry", edited_meanwhile)
    with pytest.raises(CollectionError, match="changed by another program just now; try again"):
        edit_entry(folder, "a.txt", {"author": "Nobody"})
    assert catalogue(folder) == CATALOGUE


def together(*changes: Callable[[], object]) -> list[Exception]:
    """Run these at once, each in a thread of its own; returns what they raised."""
    start, errors = threading.Barrier(len(changes)), []

    def run(change: Callable[[], object]) -> None:
        start.wait()
        try:
            change()
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(change,)) for change in changes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors


def test_two_who_edit_at_once_both_have_their_way(folder: Path) -> None:
    """Neither change is lost, whichever comes first."""

    def edit(document: str, key: str) -> Callable[[], object]:
        return lambda: [edit_entry(folder, document, {key: f"{key} {n}"}) for n in range(5)]

    edits = [edit(document, key) for document in ("a.txt", "sub/b.md") for key in ("author", "rights")]
    assert together(*edits) == []
    known = read_catalogue(folder)
    assert {(m.author, m.rights) for m in known.values()} == {("author 4", "rights 4")}
    assert [m.title for m in known.values()] == ["The first", 'The "second"']


def test_of_two_who_add_the_same_name_at_once_one_is_refused(folder: Path) -> None:
    """And of two who remove it, too."""
    errors = together(*[lambda n=n: add_document(folder, "new.txt", b"Words %d." % n) for n in range(4)])  # type: ignore[misc]
    assert len(errors) == 3 and all("already" in str(e) for e in errors)
    errors = together(*[lambda: remove_document(folder, "new.txt") for _ in range(4)])
    assert len(errors) == 3 and all("no document" in str(e) for e in errors)
    assert len(list_removed(folder)) == 1


def test_who_waits_too_long_for_the_lock_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In one line; nothing is changed, and when the lock is free the change is made."""
    monkeypatch.setattr(collection, "PATIENCE", 0.05)
    lock = acquire_lock(folder / collection.LOCK, 0)
    message = refusal(folder, CollectionError, lambda: remove_document(folder, "a.txt"))
    assert "someone else is changing the documents" in message
    lock.release()
    remove_document(folder, "a.txt")
