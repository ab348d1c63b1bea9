"""Batches: sheets of every usual form in, a row a question out, tables that no spreadsheet executes and no interrupt loses."""

from __future__ import annotations

import csv
import io
import json
import re
import tracemalloc
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from conftest import ROOT
from hypothesis import given
from hypothesis import strategies as st
from test_assistant import WORKS
from test_qa_cli import BRIDGE, run

from index import BatchError, IndexMissing, QuestionError, Where
from qa.answer import Answer, Citation, together
from qa.batch import COLUMNS, Row, answers_to
from qa.sheet import Entry, open_sheet
from qa.tables import FORMS, all_columns, checked_table, guarded, table_for, unguarded, write_table

HOSTILE = '=cmd|" /C calc"!A0 <b>&amp;</b> | `x`\r\nsecond "line", \u202eend'


def cited(words: str = HOSTILE, number: int = 1, **known: object) -> Citation:
    known = {"title": "-Title", "publisher": None, "date": "2020-03-06", "speaker": "@Ann", "role": "chair"} | known
    return Citation(number, "a.txt", known.pop("title"), 2, 2 + len(words), words, 1.0, f"> {words}", **known)  # type: ignore[arg-type]


def answer(question: str = "Who?", *citations: Citation, **more: object) -> Answer:
    verdict = "answered" if citations else "not_found"
    return Answer(question, **({"verdict": verdict, "confidence": 0.87654, "citations": citations, "related": ()} | {"standalone_question": question} | more))  # type: ignore[arg-type]  # fmt: skip


class Fake:
    """An assistant that does as its questions say."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def ask(self, question: str, where: Where | None = None) -> Answer:
        self.asked.append(question)
        if not question.strip():
            raise QuestionError("the question is empty; ask something")
        if question in ("stop", "crash", "gone"):
            raise {"stop": KeyboardInterrupt(), "crash": ZeroDivisionError("bad"), "gone": IndexMissing("no index here")}[
                question
            ]
        return answer(question, cited())


@pytest.fixture
def sheet(tmp_path: Path) -> Callable[..., list[Entry]]:
    """The entries of a sheet with these bytes or characters."""

    def entries(content: str | bytes, name: str = "q.csv") -> list[Entry]:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        with (opened := open_sheet(path)).file:
            found = list(opened)
        assert len(found) == opened.size and all(len(e.others) == len(opened.others) for e in found)
        return found

    return entries


# --- sheets ---


@pytest.mark.parametrize(
    "content, expected",
    [
        ("question\nWho came?\nWhen?\n", [("Who came?", ()), ("When?", ())]),
        ("id,Question\n1,Who?\n2,When?", [("Who?", ("1",)), ("When?", ("2",))]),
        (b"\xef\xbb\xbf QUESTION ;id\r\nWho; really?;1\r\n".replace(b"Who; really?", b'"Who; really?"'), [("Who; really?", ("1",))]),
        ("id\tquestion\tby\n1\tWho came, and when?\tAnn; Bob\n", [("Who came, and when?", ("1", "Ann; Bob"))]),
        ("id|question\n1|Who?\n", [("Who?", ("1",))]),
        ("sep=;\r\nid;question\r\n1;Who?\r\n", [("Who?", ("1",))]),
        ("question\nWho came, and when?\n", [("Who came, and when?", ())]),
        ('question\n"Who came, and ""when""?"\n\n', [('Who came, and "when"?', ())]),
        ('"id","question, or so","question"\n1,2,"Who\nsaid it?"\n', [("Who\nsaid it?", ("1", "2"))]),
        ("id,question,by\n1,Who?\n", [("Who?", ("1", ""))]),
        ("id,question\n1,\n,,\n\n2,Who?\n", [("", ("1",)), ("Who?", ("2",))]),
        ("question,id\rWho?,1\rWhen?,2\r", [("Who?", ("1",)), ("When?", ("2",))]),
    ],
)  # fmt: skip
def test_every_usual_form_of_csv_is_read(sheet: Callable[..., list[Entry]], content: str | bytes, expected: list) -> None:
    """Commas, semicolons, tabs; a byte order mark; quoted cells; the column of questions wherever it stands."""
    assert [(e.question, e.others) for e in sheet(content)] == expected


def test_a_text_file_has_a_question_a_line(sheet: Callable[..., list[Entry]]) -> None:
    """Whatever is in the line; blank ones are passed over."""
    assert [e.question for e in sheet("\ufeffWho, then?\r\n\n  \n\"early help\" when?\nWhen\u2028so?", "q.txt")] == [
        "Who, then?", '"early help" when?', "When\u2028so?",
    ]  # fmt: skip


def test_a_row_with_too_many_cells_costs_itself(sheet: Callable[..., list[Entry]]) -> None:
    """Its question is perhaps cut, so it is not asked."""
    bad, good = sheet("id,question\n1,Who came, and when?\n2,Who?\n")
    assert "3 cells, the header 2" in bad.problem and not good.problem
    fake = Fake()
    assert [r.problem == bad.problem for r in answers_to([bad, good], fake)] == [True, False] and fake.asked == ["Who?"]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "content, name, message",
    [
        ("id,text\n1,Who?\n", "q.csv", "'id,text', expected names of columns, one of them 'question'"),
        ("", "q.csv", "expected names of columns"),
        ("question\n", "q.csv", "no question in it"),
        ("\n \n", "q.txt", "no question in it"),
        ("question,Question\na,b\n", "q.csv", "several columns"),
        ('question,id\nWho?,1\n"Who?,2\n' + "x,y\n" * 5, "q.csv", "after row 2: a quotation mark is not closed"),
        ('question,id\n"Who?,2\n' + "x,y\n" * 50_000, "q.csv", "after row 1: a quotation mark is not closed"),
        ('question,id\n"early help" when?,1\n', "q.csv", "doubled"),
        ("question\nWer ging über die Brücke?\n".encode("latin-1"), "q.csv", "not UTF-8 text after line"),
        ("Who?\n".encode("utf-16"), "q.txt", "not UTF-8"),
        ("question\n", "q.xlsx", "'.xlsx', expected .csv"),
    ],
)
def test_a_sheet_that_is_none_is_refused(
    sheet: Callable[..., list[Entry]], content: str | bytes, name: str, message: str
) -> None:
    """At once, with its name and the cure."""
    with pytest.raises(BatchError, match=re.escape(message)) as told:
        sheet(content, name)
    assert name in str(told.value) and "\n" not in str(told.value)


@given(st.lists(st.tuples(st.text(st.characters(exclude_categories=["Cs"])), st.text("ab,;\t\"'\n\r |")), min_size=1, max_size=5), st.sampled_from(",;\t"))  # fmt: skip
def test_what_a_spreadsheet_writes_is_read_back(tmp_path_factory: pytest.TempPathFactory, rows: list, delimiter: str) -> None:
    """Any characters in any cell."""
    path = tmp_path_factory.mktemp("sheet") / "q.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows([("question", "note"), *rows])
    filled = [row for row in rows if row[0].strip() or row[1].strip()]
    if not filled:
        return
    with (opened := open_sheet(path)).file:
        assert [(e.question, *e.others) for e in opened] == filled


# --- answers ---


def test_a_question_that_fails_costs_only_its_row() -> None:
    """In order, each with its own reason; the cells of its sheet stay with it."""
    entries = [Entry("Who?", ("1",)), Entry("", ("2",)), Entry("crash", ("3",)), Entry("When?", ("4",))]
    rows = list(answers_to(entries, Fake()))  # type: ignore[arg-type]
    assert [(r.number, r.question, r.others) for r in rows] == [(n, e.question, e.others) for n, e in enumerate(entries, 1)]
    assert [r.answer is not None for r in rows] == [True, False, False, True]
    assert "empty" in rows[1].problem and "its log says what" in rows[2].problem and "bad" not in rows[2].problem
    assert rows[1].cells()["verdict"] == "Not asked" and rows[1].cells()["note"] == rows[1].problem


def test_an_index_that_is_gone_ends_the_batch() -> None:
    """No row would be answered any more."""
    rows = answers_to(["Who?", "gone", "When?"], Fake())  # type: ignore[arg-type]
    assert next(rows).answer is not None
    with pytest.raises(IndexMissing):
        next(rows)


def test_a_row_says_what_the_answer_says() -> None:
    """The first citation to the character, how many more, who says it, and what to know beside it."""
    near = cited("near", related := 1, leans=True)
    said = Row(1, "Who?", answer("Who?", near, cited("more", 2), notes=("A note.",), standalone_question="Who came?")).to_dict()
    assert tuple(said) == COLUMNS and said["verdict"] == "The documents answer this" and said["confidence"] == 0.877
    assert (said["quotation"], said["document"], said["start"], said["end"]) == ("near", "a.txt", 2, 6)
    assert (said["speaker"], said["publisher"], said["further citations"]) == ("@Ann, chair", None, 1)
    assert said["question as understood"] == "Who came?" and said["note"].startswith("A note. The quotation refers to")
    none = Row(1, "Who?", answer("Who?", verdict="related", related=(near,) * related, explanation="No date.")).to_dict()
    assert none["verdict"] == "Related, but no answer" and none["quotation"] is None and none["further citations"] == 0
    assert none["note"] == "No date. Not an answer, the nearest passage: a.txt, characters 2 to 6."
    assert Row(1, "Who?", answer("Who?", near)).cells()["publisher"] == "unknown" and Row(1, "").cells()["publisher"] == ""


def test_several_questions_in_one_row() -> None:
    """How many are answered, and the verdict on each."""
    whole = together("Who? When?", [answer("Who?"), answer("When?", cited())], ["All told."], lambda _: f"> {HOSTILE}")
    said = Row(1, "Who? When?", whole).to_dict()
    assert said["verdict"] == "1 of 2 questions answered" and said["quotation"] == HOSTILE
    assert said["note"] == "All told.\n1. Who? Not in these documents.\n2. When? The documents answer this."


# --- tables ---


@given(st.text("=+-@'\t\r\n a＝") | st.text())
def test_a_guarded_cell_is_no_formula_and_gives_its_text_back(cell: str) -> None:
    """One apostrophe more, and only where there might be a formula."""
    assert not guarded(cell).startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert unguarded(guarded(cell)) == cell
    assert (
        guarded(cell) == cell
        or cell.lstrip(" '\v\f\x1c\x1d\x1e\x1f\x85\xa0")[:1] in "=+-@＝＋－＠\t\r\n"
        or not cell[0].isalnum()
    )


@pytest.mark.parametrize("cell", ["=1+1", "+44", "-5", "@SUM(A1)", "\t=1", "\rx", " =1", "'=1", "＝1"])
def test_what_a_spreadsheet_would_execute_is_guarded(cell: str) -> None:
    """Also behind white space and apostrophes."""
    assert guarded(cell) == "'" + cell


@pytest.mark.parametrize("cell", ["", "'tis", "20 January", "Who came?", "“=1”", "a=1", "1-2"])
def test_other_cells_stay_as_they_are(cell: str) -> None:
    """To the character."""
    assert guarded(cell) == unguarded(cell) == cell


def table_text(form: str, rows: list[Row], others: tuple[str, ...] = (), delimiter: str = ",") -> str:
    table = table_for(form, others, delimiter)
    return table.head() + "".join(map(table.row, rows)) + table.foot()


@given(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1), st.sampled_from([(".csv", ","), (".csv", ";"), (".tsv", "\t")])
)
def test_csv_keeps_the_exact_words(words: str, form: tuple[str, str]) -> None:
    """Whatever they are, and the same in a carried cell."""
    text = table_text(form[0], [Row(1, "Who?", answer("Who?", cited(words)), others=(words,))], ("=id",), form[1])
    head, line = csv.reader(io.StringIO(text, newline=""), delimiter=form[1])
    cells = dict(zip(head, map(unguarded, line), strict=True))
    assert cells["'=id"] == cells["quotation"] == words and not line[0].startswith(("=", "+", "-", "@", "\t", "\r"))


def test_json_has_the_exact_words_and_the_whole_answer() -> None:
    """A list, valid with any number of rows."""
    rows = [Row(1, "Who?", answer("Who?", cited()), others=("x", "y")), Row(2, "", None, "empty", ("", ""))]
    assert json.loads(table_text(".json", [])) == []
    first, second = json.loads(table_text(".json", rows, ("id", "id")))
    assert first["quotation"] == HOSTILE and first["others"] == {"id": "x", "id (2)": "y"} and first["start"] == 2
    assert first["answer"]["citations"][0]["text"] == HOSTILE and second["answer"] is None and second["note"] == "empty"


def test_html_is_escaped_and_keeps_the_exact_words() -> None:
    """The text of the quotation's cell is the document's own; nothing of it is markup."""
    found: list[tuple[str, str]] = []

    class Reader(HTMLParser):
        where = ""

        def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
            assert tag != "b" and tag != "script"
            if tag == "td":
                self.where = dict(attributes).get("class") or ""
                found.append((self.where, ""))

        def handle_data(self, data: str) -> None:
            if found and data.strip("\n"):
                found[-1] = (found[-1][0], found[-1][1] + data)

    Reader().feed(table_text(".html", [Row(1, HOSTILE, answer("Who?", cited()))]))
    assert dict(found)["quotation"] == HOSTILE and '"unseen"' in table_text(".html", [Row(1, HOSTILE)])


def test_markdown_is_one_line_a_row() -> None:
    """With as many cells as the head, and no live sign."""
    lines = table_text(".md", [Row(1, HOSTILE, answer("Who?", cited()), others=("a|b",))], ("id",)).splitlines()
    assert len(lines) == 3 and {len(re.findall(r"(?<!\\)\|", line)) for line in lines} == {len(COLUMNS) + 3}
    assert "<br>second" in lines[2] and "<b>" not in lines[2]


def test_names_of_columns_are_told_apart() -> None:
    """A table of answers can be a sheet of questions again."""
    assert all_columns(("id", "verdict", "id"))[:4] == ["id", "verdict (2)", "id (2)", "question"]
    assert len(set(all_columns(all_columns(("id",))))) == len(all_columns(all_columns(("id",))))


def test_a_finished_table_takes_its_name_at_the_end(tmp_path: Path) -> None:
    """Until then its rows are beside it, each as soon as it is answered, and the old table stays."""
    path = tmp_path / "out.csv"
    path.write_text("old", encoding="utf-8")

    def rows() -> Iterator[Row]:
        yield Row(1, "Who came first?")
        assert "Who came first?" in (tmp_path / "out.csv.partial").read_text(encoding="utf-8-sig")
        assert path.read_text(encoding="utf-8") == "old"
        yield Row(2, "When?")

    write_table(rows(), path)
    assert [p.name for p in tmp_path.iterdir()] == ["out.csv"]
    assert path.read_bytes().startswith(b"\xef\xbb\xbf") and path.read_text(encoding="utf-8-sig").count("Not asked") == 2


@pytest.mark.parametrize("form", FORMS)
def test_an_interrupt_keeps_what_was_answered(tmp_path: Path, form: str) -> None:
    """As a complete table; one without a row leaves the old table as it was."""
    path = tmp_path / f"out{form}"
    with pytest.raises(KeyboardInterrupt):
        write_table(answers_to(["Who?", "When?", "stop", "never"], Fake()), path)  # type: ignore[arg-type]
    told = path.read_text(encoding="utf-8-sig")
    assert told == table_text(form, list(answers_to(["Who?", "When?"], Fake()))).replace("\r\n", "\n") or form in (".csv", ".tsv")  # type: ignore[arg-type]
    assert "When?" in told and "never" not in told
    with pytest.raises(KeyboardInterrupt):
        write_table(answers_to(["stop"], Fake()), path)  # type: ignore[arg-type]
    assert path.read_text(encoding="utf-8-sig") == told and [p.name for p in tmp_path.iterdir()] == [path.name]


def test_a_table_that_cannot_be_written_is_told_before_anything_is_asked(tmp_path: Path) -> None:
    """Another form, no folder, a folder in its place, the questions themselves, the rest of a killed run."""
    questions = tmp_path / "q.csv"
    questions.write_text("question\nWho?\n", encoding="utf-8")
    for path, message in (
        (tmp_path / "out.xlsx", ".xlsx"),
        (tmp_path / "no" / "out.csv", "folder does not exist"),
        (questions, "holds the questions"),
    ):
        with pytest.raises(BatchError, match=message):
            checked_table(path, str(questions))
    (tmp_path / "dir.csv").mkdir()
    with pytest.raises(BatchError, match="is a folder"):
        checked_table(tmp_path / "dir.csv", "-")
    (tmp_path / "out.csv.partial").write_text("kept", encoding="utf-8")
    with pytest.raises(BatchError, match="move it away"):
        write_table([], tmp_path / "out.csv")
    assert (tmp_path / "out.csv.partial").read_text(encoding="utf-8") == "kept"


def test_memory_does_not_grow_with_the_questions(tmp_path: Path) -> None:
    """Neither sheet nor answers are kept: the most that is held is a small part of the table."""

    class Forgetful(Fake):
        def ask(self, question: str, where: Where | None = None) -> Answer:
            return answer(question, cited())

    path, out = tmp_path / "q.csv", tmp_path / "out.json"
    path.write_text("id,question\n" + "".join(f"{n},Who came on day {n}?\n" for n in range(5_000)), encoding="utf-8")
    tracemalloc.start()
    with (sheet := open_sheet(path)).file:
        write_table(answers_to(sheet, Forgetful()), out, sheet.others)  # type: ignore[arg-type]
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert sheet.size == 5_000 and most < out.stat().st_size / 5


# --- the shell ---


def test_batch_answers_a_sheet(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A row a question in order; what cannot be asked says why; the quotation is the document's."""
    (place / "q.csv").write_text(f"id;Question\n1;{BRIDGE}\n2;\n3;{'x' * 10_001}\n4;Where does the ferry sail?\n", encoding="utf-8-sig")  # fmt: skip
    code, out, err = run(capsys, "batch", "q.csv", "--out", "answers.csv")
    assert (code, out, err) == (0, "", "4 of 4 questions: 2 answered, 2 not asked; answers.csv\n")
    with (place / "answers.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    assert [row["id"] for row in rows] == ["1", "2", "3", "4"] and "empty" in rows[1]["note"] and "10,001" in rows[2]["note"]
    assert (
        rows[0]["quotation"]
        == WORKS[int(rows[0]["start"]) : int(rows[0]["end"])]
        == "Inspectors visited the old bridge in March."
    )
    assert rows[0]["document"] == "works.txt" and rows[3]["quotation"] == "The ferry sails to Norby every morning."


@pytest.mark.parametrize("form", FORMS)
def test_batch_writes_every_form(place: Path, capsys: pytest.CaptureFixture[str], form: str) -> None:
    """By the end of the table's name."""
    (place / "q.txt").write_text(f"{BRIDGE}\nWho planted trees?\n", encoding="utf-8")
    assert run(capsys, "batch", "q.txt", "--out", f"answers{form}", "--reader", "none")[0] == 0
    told = (place / f"answers{form}").read_text(encoding="utf-8-sig")
    assert told == told.replace("\0", "") and "Inspectors visited the old bridge in March" in told
    assert form != ".json" or [row["number"] for row in json.loads(told)] == [1, 2]


def test_batch_reads_lines_from_standard_input(
    place: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """And writes CSV to standard output."""
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{BRIDGE}\n\nWho planted forty apple trees?\n"))
    code, out, err = run(capsys, "batch", "-")
    rows = list(csv.DictReader(io.StringIO(out, newline="")))
    assert code == 0 and [row["question"] for row in rows] == [BRIDGE, "Who planted forty apple trees?"]
    assert rows[1]["quotation"] == "Pupils planted forty apple trees." and err == "2 of 2 questions: 2 answered\n"


def test_an_interrupted_batch_keeps_its_rows(
    place: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The exit status is that of an interrupt, and it says how far it came."""
    fake = Fake()
    monkeypatch.setattr("qa.assistant.Assistant.ask", lambda _, question, where: fake.ask(question))
    (place / "q.txt").write_text("Who?\nstop\nnever\n", encoding="utf-8")
    code, out, err = run(capsys, "batch", "q.txt", "--out", "answers.json")
    assert (code, out, err) == (130, "", "1 of 3 questions: 1 answered; answers.json\nstopped\n")
    assert [row["question"] for row in json.loads((place / "answers.json").read_text(encoding="utf-8"))] == ["Who?"]


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["q.txt", "--index", "nowhere"], "no index here"),
        (["missing.csv"], "missing.csv: cannot be read"),
        (["q.txt", "--out", "answers.xlsx"], "expected .csv"),
        (["q.txt", "--out", "no/answers.csv"], "folder does not exist"),
        (["q.txt", "--out", "q.txt"], ".txt"),
        (["bad.csv"], "expected names of columns"),
    ],
)
def test_a_batch_that_cannot_be_run_is_one_line(
    place: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    message: str,
) -> None:
    """And leaves no file behind."""
    (place / "q.txt").write_text("Who?\n", encoding="utf-8")
    (place / "bad.csv").write_text("Who?\n", encoding="utf-8")
    before = sorted(place.iterdir())
    code, out, err = run(capsys, "batch", *arguments)
    assert (code, out) == (1, "") and err.startswith("error: ") and message in err and err.count("\n") == 1
    assert sorted(place.iterdir()) == before


def test_the_readme_tells_of_batch() -> None:
    """With the words that the table uses."""
    assert "python -m qa batch" in (ROOT / "README.md").read_text(encoding="utf-8")
