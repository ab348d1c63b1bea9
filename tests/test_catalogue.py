"""The catalogue: what is known of a document, and a clear refusal of what cannot be meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from index import CatalogueError, Metadata
from index.catalogue import KEYS, read_catalogue


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sub").mkdir()
    (tmp_path / "a.txt").write_text("words")
    (tmp_path / "sub" / "b.md").write_text("words")
    return tmp_path


def write(folder: Path, text: str) -> None:
    (folder / "catalogue.toml").write_text(text, encoding="utf-8")


def refusal(folder: Path, text: str) -> str:
    """The one line that refuses this catalogue, which names the file."""
    write(folder, text)
    with pytest.raises(CatalogueError) as refused:
        read_catalogue(folder)
    message = str(refused.value)
    assert message.startswith(str(folder / "catalogue.toml")) and "\n" not in message
    return message


def test_a_folder_without_a_catalogue_is_fine(folder: Path) -> None:
    """Nothing is known, and that is no error."""
    assert read_catalogue(folder) == {}


def test_what_is_known_and_what_is_not(folder: Path) -> None:
    """Keys that are left out are None; values lose the white space around them; dates may be bare TOML dates."""
    write(folder, '["a.txt"]\ntitle = " A \\n title "\ndate = 2020-03-06\n\n["sub/b.md"]\nlanguage = "en"\nauthor = ""\n')
    assert read_catalogue(folder) == {
        "a.txt": Metadata(title="A title", date="2020-03-06"),
        "sub/b.md": Metadata(language="en", author=None),
    }


def test_the_articles_catalogue(articles: Path) -> None:
    """Only what the articles themselves state: the second has neither headline, date nor publisher."""
    first, second = read_catalogue(articles).values()
    assert (first.publisher, first.author, first.date) == ("CYP Now", "Nina Jacobs", "2020-03-06")
    assert second == Metadata(language="en", rights=second.rights)


@pytest.mark.parametrize("value", ["2020", "2020-03", "2020-03-06", "2020-02-29"])
def test_a_date_may_be_a_year_a_month_or_a_day(folder: Path, value: str) -> None:
    """As far as it is known, and no further."""
    write(folder, f'["a.txt"]\ndate = "{value}"\n')
    assert read_catalogue(folder)["a.txt"].date == value


@pytest.mark.parametrize(
    "value", ["March 2020", "2020-13", "2020-02-30", "2019-02-29", "20-03-06", "06/03/2020", "2020-3-6", "", "0000"]
)
def test_a_date_that_is_none_is_refused(folder: Path, value: str) -> None:
    """The message shows what was found and the three forms."""
    assert f'date is "{value}", expected YYYY, YYYY-MM or YYYY-MM-DD' in refusal(folder, f'["a.txt"]\ndate = "{value}"\n')


def test_a_wrong_key_is_refused_with_the_right_ones(folder: Path) -> None:
    """A misspelt key would be lost in silence."""
    message = refusal(folder, '["a.txt"]\nauthors = "A"\n')
    assert '["a.txt"]: unknown key "authors"' in message and all(key in message for key in KEYS)


@pytest.mark.parametrize(
    ("value", "found"),
    [("3", "int"), ("true", "bool"), ('["A"]', "list"), ("2020-03-06T10:00:00", "datetime"), ("{a = 1}", "dict")],
)
def test_a_wrong_type_is_refused(folder: Path, value: str, found: str) -> None:
    """The message names the key and what was found in place of text."""
    assert f'["a.txt"]: date is {found}, expected text in quotes' in refusal(folder, f'["a.txt"]\ndate = {value}\n')


def test_a_bare_value_is_refused(folder: Path) -> None:
    """A value outside any table is shown what a table looks like."""
    assert "expected a table such as" in refusal(folder, 'title = "A"\n')


@pytest.mark.parametrize("name", ["gone.txt", "A.TXT2", "sub", "../outside.txt"])
def test_an_entry_without_its_file_is_refused(folder: Path, name: str) -> None:
    """A name that leads to no file of the folder is a mistake to correct."""
    (folder.parent / "outside.txt").write_text("words")
    assert f'["{name}"]: there is no such file' in refusal(folder, f'["{name}"]\ntitle = "A"\n')


@pytest.mark.parametrize("text", ['["a.txt"\ntitle = "A"', '["a.txt"]\ntitle = A', '["a.txt"]\n["a.txt"]'])
def test_bad_toml_is_refused_with_its_line(folder: Path, text: str) -> None:
    """The parser's own words, with the line, in one line."""
    assert "not readable as TOML" in (message := refusal(folder, text)) and "line" in message


def test_a_catalogue_that_is_not_utf8_is_refused(folder: Path) -> None:
    """TOML is UTF-8; anything else is named."""
    (folder / "catalogue.toml").write_bytes(b'["a.txt"]\ntitle = "caf\xe9"\n')
    with pytest.raises(CatalogueError, match="not readable as TOML"):
        read_catalogue(folder)


def test_a_member_of_an_archive_may_have_an_entry(folder: Path) -> None:
    """By its id, when there is such an archive."""
    (folder / "b.zip").write_bytes(b"")
    write(folder, '["b.zip/m/a.txt"]\ntitle = "A"\n')
    assert read_catalogue(folder) == {"b.zip/m/a.txt": Metadata(title="A")}
    assert "there is no such file" in refusal(folder, '["c.zip/a.txt"]\ntitle = "A"\n')
    assert "there is no such file" in refusal(folder, '["a.txt/a.txt"]\ntitle = "A"\n')
