"""Labelled data: which form a file or folder has, and its rows, checked.

| form | content |
|---|---|
| questions | JSON lines: `question`, `gold` (right answers; all wanted for kind "list"; none: not answerable); `id`, `kind`, `history` |
| reading | JSON lines: `question`, `text`, `sentences` ([start, end) each), `evidence` (their numbers; none: not answerable unless it has `spans`); `history` |
| follow-ups | JSON lines: `history` (page title, section title, then question and answer in turn), `question`, `rewrite` |
| retrieval | a folder in the BEIR layout: corpus.jsonl (`_id`, `text`, `title`), queries.jsonl (`_id`, `text`), qrels.tsv |
| documents | a folder of JSON lines: documents (`index`, `text`), questions (`document_index`, `question`, `answer` if it has one) |

Every .jsonl may be gzipped (.jsonl.gz). Everything unreadable raises EvaluationError with the file and, where there is one, the line.
"""

from __future__ import annotations

import gzip
import json
import random
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from index import EvaluationError

SEED = 1
"""Of the samples that a limit draws: the same rows every time."""

SUFFIXES = (".jsonl", ".jsonl.gz")
MARKS = {"rewrite": "follow-ups", "sentences": "reading", "gold": "questions"}
"""The field that only rows of one form have, and the form."""

FORMS = "JSON lines with gold, with sentences or with rewrite; a folder with corpus, queries and qrels, or with documents and questions"

Row = dict[str, Any]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class LabelledSet:
    """One set of labelled data: where it lies, in which of the forms above, and what it is called."""

    path: Path
    form: str
    name: str


def stem(path: Path) -> str:
    """A file's name without .jsonl or .jsonl.gz; a folder's name."""
    return path.name.removesuffix(".gz").removesuffix(".jsonl")


def find_sets(path: Path) -> list[LabelledSet]:
    """The set at a path, or the sets in a folder and below it, by name. Raises EvaluationError when there is none."""
    if path.is_dir():
        found = _sets_below(path)
    elif path.is_file():
        found = [LabelledSet(path, _form_of_rows(path), stem(path))]
    else:
        raise EvaluationError(f"{path}: no such file or folder")
    if not found:
        raise EvaluationError(f"{path}: no labelled data in it; expected {FORMS}")
    return found


def _sets_below(folder: Path) -> list[LabelledSet]:
    if all(_file(folder, name) for name in ("corpus", "queries")) and (folder / "qrels.tsv").is_file():
        return [LabelledSet(folder, "retrieval", folder.name)]
    files = sorted(p for p in folder.iterdir() if p.is_file() and p.name.endswith(SUFFIXES))
    about_documents = [p for p in files if "document_index" in _first_row(p)]
    if about_documents:
        return [LabelledSet(folder, "documents", stem(about_documents[0]))]
    found = [LabelledSet(p, _form_of_rows(p), stem(p)) for p in files]
    for below in sorted(p for p in folder.iterdir() if p.is_dir()):
        found += _sets_below(below)
    return found


def _file(folder: Path, name: str) -> Path | None:
    return next((folder / f"{name}{s}" for s in SUFFIXES if (folder / f"{name}{s}").is_file()), None)


def _first_row(path: Path) -> Row:
    return read_rows(path, first_only=True)[0][1]


def _form_of_rows(path: Path) -> str:
    fields = _first_row(path)
    form = next((form for mark, form in MARKS.items() if mark in fields), None)
    if form is None:
        raise EvaluationError(f"{path}: rows with {', '.join(fields) or 'nothing'}; expected {FORMS}")
    return form


def read_rows(path: Path, *, first_only: bool = False) -> list[tuple[int, Row]]:
    """The objects of a JSON-lines file with their line numbers, blank lines passed over. Raises EvaluationError.

    Lines end at line feeds only: a text may hold U+2028.
    """
    rows: list[tuple[int, Row]] = []
    number = 0
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if not line.strip():
                    continue
                row = json.loads(line.decode("utf-8"))
                if not isinstance(row, dict):
                    raise ValueError(f"found {row!r:.60}")
                rows.append((number, row))
                if first_only:
                    break
    except UnicodeDecodeError as error:
        raise EvaluationError(f"{path}, line {number}: cannot be read: not UTF-8") from error
    except ValueError as error:
        raise EvaluationError(f"{path}, line {number}: {error}; expected one JSON object, with question, gold, …") from error
    except (OSError, EOFError, zlib.error) as error:
        raise EvaluationError(f"{path}: cannot be read: {error}") from error
    if not rows:
        raise EvaluationError(f"{path}: nothing in it")
    return rows


def sampled(rows: Sequence[T], limit: int | None) -> list[T]:
    """All rows, or a fixed random sample of `limit` of them."""
    return random.Random(SEED).sample(rows, limit) if limit and limit < len(rows) else list(rows)


def read_questions(path: Path) -> list[Row]:
    """The rows of form "questions", defaults filled in: the line as id, kind "fact", no history."""
    return _checked(path, {"kind": "fact", "history": []}, _is_question, "question, id and kind as texts, gold and history as "
                    "lists of texts, none empty")  # fmt: skip


def read_reading(path: Path, limit: int | None = None) -> list[Row]:
    """The rows of form "reading", or a fixed sample, defaults filled in: `set` and `group` (the file's name), no history, no spans.

    A sentence that ends beyond its text, as a few do in published sets, ends with it.
    """
    expected = "question and text as texts, sentences as [start, end) that begin in the text, evidence as numbers of sentences"
    defaults = {"set": stem(path), "group": stem(path), "history": [], "spans": []}
    return sampled(_checked(path, defaults, _is_reading, expected), limit)


def read_followups(path: Path) -> list[Row]:
    """The rows of form "follow-ups"."""
    return _checked(
        path, {}, _is_followup, "question and rewrite as texts, history as a list of texts that begins with two titles"
    )


def _checked(path: Path, defaults: Row, is_good: Callable[[Row], bool], expected: str) -> list[Row]:
    rows = []
    for number, found in read_rows(path):
        row = {"id": str(number)} | defaults | found
        try:
            good = is_good(row)
        except (KeyError, TypeError, ValueError):
            good = False
        if not good:
            raise EvaluationError(f"{path}, line {number}: expected {expected}")
        rows.append(row)
    return rows


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(_is_text(x) for x in value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_question(row: Row) -> bool:
    return all(_is_text(row[n]) for n in ("question", "id", "kind")) and all(_are_texts(row[n]) for n in ("gold", "history"))


def _is_reading(row: Row) -> bool:
    sentences, evidence, size = row["sentences"], row["evidence"], len(row["text"])
    return (
        all(_is_text(row[n]) for n in ("question", "text", "group", "set"))
        and _are_texts(row["history"])
        and isinstance(sentences, list)
        and all(_is_number(a) and _is_number(b) and 0 <= a <= b and a <= size for a, b in sentences)
        and isinstance(row["spans"], list)
        and isinstance(evidence, list)
        and all(_is_number(e) and 0 <= e < len(sentences) for e in evidence)
    )


def _is_followup(row: Row) -> bool:
    history = row["history"]
    return (
        _is_text(row["question"])
        and _is_text(row["rewrite"])
        and isinstance(history, list)
        and len(history) >= 2
        and all(isinstance(h, str) for h in history)
    )


def read_corpus(folder: Path) -> dict[str, str]:
    """The documents of a retrieval collection: title and text by id."""
    path = _file(folder, "corpus")
    rows = _checked(path or folder / "corpus.jsonl", {"title": ""}, _is_entry, "_id and text as texts")
    return {str(row["_id"]): f"{row['title'] or ''}\n\n{row['text']}".strip() for row in rows}


def read_queries(folder: Path) -> dict[str, str]:
    """The queries of a retrieval collection by id."""
    path = _file(folder, "queries")
    return {
        str(row["_id"]): row["text"]
        for row in _checked(path or folder / "queries.jsonl", {}, _is_entry, "_id and text as texts")
        if _is_text(row["text"])
    }


def _is_entry(row: Row) -> bool:
    return isinstance(row["_id"], str | int) and isinstance(row["text"], str)


def read_grades(folder: Path) -> dict[str, dict[str, int]]:
    """Grades above 0 by query and document, from qrels.tsv: query, document and grade, the last columns of each line.

    A heading line is passed over; so is the second of the four columns of the TREC layout.
    """
    path = folder / "qrels.tsv"
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise EvaluationError(f"{path}: cannot be read: {error}") from error
    grades: dict[str, dict[str, int]] = {}
    for number, line in enumerate(lines, 1):
        fields = line.split()
        if not fields or (number == 1 and not fields[-1].lstrip("-").isdigit()):
            continue
        if len(fields) < 3 or not fields[-1].lstrip("-").isdigit():
            raise EvaluationError(f"{path}, line {number}: found {line!r:.60}; expected query, document and grade")
        if int(fields[-1]) > 0:
            grades.setdefault(fields[0], {})[fields[-2]] = int(fields[-1])
    if not grades:
        raise EvaluationError(f"{path}: no grade above 0 in it")
    return grades


def read_documents(folder: Path) -> tuple[dict[str, str], list[Row]]:
    """The texts of form "documents" by index, and its questions; `answer` is "" where the document does not answer."""
    texts: dict[str, str] = {}
    questions: list[Row] = []
    for path in sorted(p for p in folder.iterdir() if p.is_file() and p.name.endswith(SUFFIXES)):
        if "document_index" in _first_row(path):
            expected = "document_index, question and kind as texts, answer as text where there is one"
            questions += _checked(path, {"answer": "", "kind": "question"}, _is_document_question, expected)
        else:
            expected = "index and text as texts"
            texts |= {row["index"]: row["text"] for row in _checked(path, {}, _is_document, expected)}
    missing = sorted({row["document_index"] for row in questions} - set(texts))
    if missing:
        raise EvaluationError(f"{folder}: questions about document {missing[0]!r}, which no file there holds")
    return texts, questions


def _is_document_question(row: Row) -> bool:
    return all(_is_text(row[n]) for n in ("document_index", "question", "kind")) and isinstance(row["answer"], str)


def _is_document(row: Row) -> bool:
    return _is_text(row["index"]) and _is_text(row["text"])
