"""What the page does to a sources folder, told in a line each."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import WordEncoder

from index import CatalogueError, build_index, open_index
from qa import manage


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "a.txt").write_text("The ferry sails at noon.\n", encoding="utf-8")
    return tmp_path / "sources"


def upload(tmp_path: Path, name: str, text: str = "The pier is green.\n") -> Path:
    folder = tmp_path / "upload"
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def test_files_are_added_one_by_one(sources, tmp_path):
    """Each is told; a bad one costs only itself; the copies that the upload made are gone."""
    files = [upload(tmp_path, "b.txt"), upload(tmp_path, "a.txt"), upload(tmp_path, "c.exe"), upload(tmp_path, "d.txt", "\x00")]
    told = manage.add(sources, files).splitlines()
    assert told[0] == "b.txt was added." and told[-1] == manage.NEXT
    assert [line.split(" was not added: ")[0] for line in told[1:4]] == ["a.txt", "c.exe", "d.txt"]
    assert sorted(p.name for p in sources.glob("*.*")) == ["a.txt", "b.txt"] or not any(f.exists() for f in files)
    assert not any(f.exists() for f in files)
    assert (sources / "a.txt").read_text(encoding="utf-8") == "The ferry sails at noon.\n"


def test_a_document_is_replaced_only_when_asked_to(sources, tmp_path):
    """The former version is kept aside."""
    told = manage.add(sources, [upload(tmp_path, "a.txt")], replace=True)
    assert told.startswith("a.txt was added.") and (sources / "a.txt").read_text(encoding="utf-8") == "The pier is green.\n"
    assert any("The ferry" in p.read_text(encoding="utf-8") for p in (sources / ".removed").rglob("a.txt"))


def test_removed_and_put_back(sources):
    """With its entry in the catalogue; what is not there is told."""
    assert manage.describe(sources, "a.txt", {"title": "Ferries"}).startswith("The entry of a.txt was changed.")
    assert manage.remove(sources, "a.txt").startswith("a.txt was removed; it is kept aside.")
    assert manage.last_removed(sources) == "a.txt" and not (sources / "a.txt").exists()
    assert manage.remove(sources, "a.txt").startswith("a.txt was not removed: ")
    assert manage.put_back(sources).startswith("a.txt was put back.")
    assert manage.known(sources, "a.txt")["title"] == "Ferries" and manage.last_removed(sources) == ""
    assert "put back" not in manage.put_back(sources)


@pytest.mark.parametrize("values", [{"date": "yesterday"}, {"colour": "blue"}, {"title": "a\nb"}])
def test_a_bad_entry_is_told(sources, values):
    """And changes nothing."""
    assert manage.describe(sources, "a.txt", values).startswith("The entry was not changed: ")
    assert not (sources / "catalogue.toml").exists() and set(manage.known(sources, "a.txt").values()) == {""}


@pytest.mark.parametrize("document", ["../secret.txt", "/etc/passwd", "", "catalogue.toml", "b.txt"])
def test_only_documents_can_be_removed(sources, document):
    """Whatever a request names."""
    assert " was not removed: " in manage.remove(sources, document)


def test_an_earlier_generation_answers_again(sources, tmp_path):
    """Told with its date; one that is not there, or of another model, is told and changes nothing."""
    folder = tmp_path / "index"
    build_index(sources, folder, encoder=WordEncoder())
    upload(sources.parent, "b.txt").rename(sources / "b.txt")
    build_index(sources, folder, encoder=WordEncoder())
    for generation, model in (("g000007", "words@1"), ("../g000001", "words@1"), ("g000001", "other@2")):
        assert manage.go_back(folder, generation, model).startswith("The index answers as before: ")
        assert len(open_index(folder).documents) == 2
    assert manage.go_back(folder, "g000001", "words@1").startswith("g000001 answers again, of 20")
    assert len(open_index(folder).documents) == 1


def test_a_broken_catalogue_is_told(sources):
    """Not hidden behind an empty form."""
    (sources / "catalogue.toml").write_text("[", encoding="utf-8")
    with pytest.raises(CatalogueError):
        manage.known(sources, "a.txt")
