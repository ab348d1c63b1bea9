"""Exports and their verification: exact text in is exact text out in every form, and whoever changes one is caught."""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from html import unescape
from pathlib import Path

import docx
import pytest
from conftest import WordEncoder
from docx.oxml import OxmlElement
from hypothesis import given, settings
from hypothesis import strategies as st
from test_assistant import opened, rank_by_words
from test_reference import SIGNS
from test_render import HOSTILE, cite

from index import ExportError, Span, Where, build_index, open_index
from qa.answer import Answer, Place
from qa.export import FORMS, check_path, export_conversation, export_quotations, form_of, read_export, write_export
from qa.literal import shown
from qa.outline import Parsed
from qa.record import ExportedPlace, Passage, Quotation, Record, Reply, from_json, to_json
from qa.verify import IndexedDocuments, SourceDocuments, Verification, report, verify

SUFFIXES = sorted(FORMS)
characters = st.characters(codec="utf-8", exclude_characters="\0")  # what a document may hold
texts = st.text(st.one_of(st.sampled_from(SIGNS + "word "), characters), min_size=1)
WORKS = "The works began. Inspectors visited the old bridge in March. They “found” it <b>safe</b>.\n\nThe ferry sails.\n"


class Texts:
    """Documents of today that are a dict."""

    name = "texts"

    def __init__(self, **texts: str) -> None:
        self.texts = texts

    def ids(self) -> list[str]:
        return list(self.texts)

    def today(self, document: str) -> tuple[str, str] | None:
        text = self.texts.get(document)
        return None if text is None else (digest(text), text)


def digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def quoted(text: str = WORKS, start: int = 17, end: int = 60, number: int = 1, document: str = "works", **more) -> Quotation:
    passage = Passage(0, len(text), text)
    return Quotation(number, document, digest(text), start, end, text[start:end], passage, **more)


def record_of(*quotations: Quotation, **more) -> Record:
    values = {"question": "When?", "verdict": "answered", "confidence": 0.93, "standalone_question": "When did they come?"} | more
    return Record(replies=(Reply(citations=quotations, related=(), **values),), made="2026-01-31")


def written(record: Record, suffix: str) -> bytes:
    return FORMS[suffix].write(record)


def back(data: bytes, suffix: str) -> Parsed:
    return FORMS[suffix].read(data)


def proved(data: bytes, suffix: str, **documents: str) -> Verification:
    return verify(back(data, suffix), [Texts(**(documents or {"works": WORKS}))])


def why(verification: Verification) -> str:
    return "\n".join([*verification.failures, *(f for proof in verification.proofs for f in proof.failures)])


# --- exact text in, exact text out ---


@pytest.mark.parametrize("suffix", SUFFIXES)
@settings(max_examples=25)
@given(texts, texts, texts)
def test_every_form_carries_every_text(suffix: str, before: str, text: str, after: str) -> None:
    """The record comes back as it was, what is seen is what is recorded, and all of it holds."""
    whole = before + text + after
    cited = quoted(whole, len(before), len(before) + len(text), title=text, speaker=before, role=after)
    record = record_of(cited, question=text, standalone_question=after, notes=(text,), explanation=before)
    data = written(record, suffix)
    parsed = back(data, suffix)
    assert parsed.record == record
    assert parsed.as_written and not parsed.damage
    assert [b.text for b in parsed.seen if b.kind == "quotation"] == [shown(text)]
    assert [b.text for b in parsed.seen if b.kind == "passage"] == [shown(whole)]
    assert verify(parsed, [Texts(works=whole)]).holds


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("text", HOSTILE)
def test_every_form_carries_hostile_documents(suffix: str, text: str) -> None:
    """Several of them, one after another, in every field."""
    some = [
        quoted(text, 0, len(text), n, speaker=text, author=text, publisher=text, date=text, also_in=place(text)) for n in (1, 2)
    ]
    record = replace(record_of(*some), chosen=(quoted(text, 0, 3),))
    verification = proved(written(record, suffix), suffix, works=text)
    assert verification.holds and len(verification.proofs) == 3 and verification.remarks == ()


def place(text: str) -> tuple[ExportedPlace, ...]:
    return (ExportedPlace("works", digest(text), 0, len(text), text),)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_surrogates_and_characters_that_xml_cannot_hold(suffix: str) -> None:
    """Of a question, too: seen as codes, exact in the record."""
    text = "a\x00\x01\x0b\ud800\ufffe\uffffb"
    parsed = back(written(record_of(quoted(text, 0, len(text)), question=text), suffix), suffix)
    assert parsed.record.replies[0].question == text and parsed.record.replies[0].citations[0].text == text
    if suffix != ".html":  # which has a sign of its own for what it cannot hold
        assert parsed.seen[0].text == "a⟨U+0000⟩⟨U+0001⟩⟨U+000B⟩⟨U+D800⟩⟨U+FFFE⟩⟨U+FFFF⟩b"


def test_control_characters_are_told_in_docx() -> None:
    """As codes that everybody sees, in a file that opens."""
    data = written(record_of(quoted("ring \x07 here", 0, 11)), ".docx")
    document = docx.Document(io.BytesIO(data))
    assert "ring ⟨U+0007⟩ here" in [p.text for p in document.paragraphs]


# --- what is in an export ---


def full_record() -> Record:
    other = quoted(number=2, start=0, end=16, speaker="Ann Lee", role="mayor", leans=True, differs_from=(1,), title="Works & Co")
    also = ExportedPlace("b.txt", "b" * 64, 5, 9, "They", copy=True)
    first = quoted(author="Jo", publisher="The Post", date="2020-03", also_in=(also,), sources=2, differs_from=(2,))
    answered = record_of(first, other, notes=("The sources differ.",), corrections=(("wen", "when"),)).replies[0]
    related = replace(answered, verdict="related", citations=(), related=(first,), explanation="Nothing on that.", confidence=0.1)
    whole = Reply("Both?", "answered", 0.9, (), (), "x", parts=(answered, related), notes=("Two.",))
    nothing = Reply("Zebra?", "not_found", 0.02, (), (), "Zebra?")
    return Record((answered, whole, nothing), (quoted(number=1),), "2026-01-31")


def words_of(data: bytes, suffix: str) -> str:
    """The visible words of an export, markup taken away."""
    if suffix == ".docx":
        return "\n".join(p.text for p in docx.Document(io.BytesIO(data)).paragraphs)
    text = data.decode()
    if suffix == ".html":
        text = re.sub(r"<style>.*?</style>|<pre.*?</pre>|<[^>]+>", "", text, flags=re.DOTALL)
        return unescape(text)
    return (
        re.sub(r"\\\n", "\n", re.sub(r"\\([^\w\s])", r"\1", text.split("```json")[0])).replace("&lt;", "<").replace("&amp;", "&")
    )


@pytest.mark.parametrize("suffix", [".md", ".html", ".docx"])
def test_an_export_tells_everything(suffix: str) -> None:
    """Questions as asked and understood, verdicts, confidence, numbered quotations, references, places, notes, the appendix."""
    seen = words_of(written(full_record(), suffix), suffix)
    for words in (
        "Made on 31 January 2026.", "Question 1", "When?", "Understood as: When did they come?", "Understood as asked.",
        "The documents answer this · likely right (93 %)", "Related, but no answer", "(10 %)",
        "Not in these documents", "Question 2, part 2", "1 of 2 questions answered", "Nothing on that.", "“when” (you typed “wen”)",
        "The sources differ.", "Not an answer. The nearest passages are:", "Inspectors visited the old bridge in March.",
        "[1] Jo, The Post, March 2020, works, characters 17 to 60", "— Ann Lee, mayor", "Works & Co", "Differs from [1]",
        "found in 2 sources", "also in b.txt (nearly the same text), characters 5 to 9", "read it in its passage",
        "Question 2, quotation 1", "Question 2, passage 1", "Chosen quotation 1", f"sha256 of the document: {digest(WORKS)}",
        f"characters 0 to {len(WORKS)}; the quotation: 17 to 60", "They “found” it <b>safe</b>.",
    ):  # fmt: skip
        assert words in seen, words


@pytest.mark.parametrize("suffix", SUFFIXES)
@given(texts.filter(lambda text: text.split()))
@settings(max_examples=10)
def test_a_filter_is_seen_and_kept(suffix: str, name: str) -> None:
    """With a refusal too; the export holds, and taking the line away is noticed."""
    where = Where(publisher=[name, "CQC"], since="2024")
    record = Record((Reply("Who?", "not_found", 0.1, (), (), "Who?", where=where),), (quoted(),))
    data = written(record, suffix)
    assert back(data, suffix).record == record and proved(data, suffix).holds and not proved(data, suffix).remarks
    seen = words_of(data, suffix) if suffix != ".json" else data.decode()
    assert suffix == ".json" or "Searched only in: publisher " in seen
    without = replace(record, replies=(replace(record.replies[0], where=None),))
    assert words_of(written(without, suffix), suffix) != seen if suffix != ".json" else back(data, suffix).record != without


def test_a_damaged_filter_is_told() -> None:
    """As any other damage of a record."""
    data = written(record_of(quoted(), where=Where(publisher="CQC", since="2024")), ".json")
    for old, new in ((b'"2024"', b'"2024-99"'), (b'"CQC"', b'""'), (b'"CQC"', b"7"), (b'"publisher"', b'"printer"')):
        with pytest.raises(ExportError, match="damaged"):
            back(replaced(old, new)(data), ".json")


def test_html_is_one_file_without_script() -> None:
    """A style for dark mode and one for paper; nothing is fetched."""
    page = written(full_record(), ".html").decode()
    assert page.startswith("<!DOCTYPE html>") and "prefers-color-scheme: dark" in page and "@media print" in page
    assert not re.search(r"<script|<link|<img|<iframe|url\(|@import|https?:| on\w+=", page.split("<body>")[0])
    assert not re.search(r"<script|<link|<img|<iframe", page)


def test_docx_has_headings_and_no_author_made_up() -> None:
    """The headings that Word lists for navigation."""
    document = docx.Document(io.BytesIO(written(full_record(), ".docx")))
    styles = [p.style.name for p in document.paragraphs if p.style]
    assert styles[0] == "Title" and "Heading 1" in styles and "Heading 2" in styles
    assert document.core_properties.author == "" and document.core_properties.comments == ""


# --- from an index ---


@pytest.fixture
def place_of_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with `sources` and `index` of three documents."""
    rank_by_words(monkeypatch)
    opened(
        tmp_path,
        {"works.txt": WORKS, "windows.txt": "A quay was built\r\nin Norby.\r\n", "sub/bell.md": "A bell\x07 rang twice.\n"},
    )
    return tmp_path


def test_answers_of_an_index_are_exported_and_proved(place_of_works: Path) -> None:
    """In every form, by the index and by the files; the passage and the checksum are the document's."""
    from qa import Assistant

    assistant = Assistant.open(place_of_works / "index", WordEncoder())
    answers = [assistant.ask(q) for q in ("When did inspectors visit?", "Who rang the bell?", "Who built a quay? Who rang?")]
    record = export_conversation(answers, assistant.index, "2026-01-31")
    assert len(list(record.quotations())) >= 4
    for _, quotation in record.quotations():
        data = (place_of_works / "sources" / quotation.document).read_bytes()
        assert quotation.sha256 == hashlib.sha256(data).hexdigest()
        assert data.decode()[quotation.passage.start : quotation.passage.end] == quotation.passage.text
        assert quotation.text in quotation.passage.text
    for suffix in SUFFIXES:
        path = place_of_works / f"export{suffix}"
        write_export(record, path)
        parsed = read_export(path)
        assert parsed.record == record
        collections = [IndexedDocuments(assistant.index), SourceDocuments(place_of_works / "sources")]
        assert verify(parsed, collections).holds
    assert not list(place_of_works.glob(".*"))


def test_a_basket_is_numbered_anew(place_of_works: Path) -> None:
    """And says nothing of numbers that are others' now; places get their words and checksum."""
    index = open_index(place_of_works / "index")
    one = cite(WORKS, 17, 60, number=4, document="works.txt", differs_from=(2,), also_in=(Place("works.txt", 0, 16),))
    two = cite(WORKS, 0, 16, number=4, document="works.txt", passage=Span(3, 9))
    record = export_quotations([one, two], index)
    assert [(q.number, q.differs_from) for q in record.chosen] == [(1, ()), (2, ())]
    assert record.chosen[0].also_in == (ExportedPlace("works.txt", digest(WORKS), 0, 16, WORKS[:16]),)
    assert record.chosen[1].passage == Passage(0, 16, WORKS[:16])
    assert [name for name, _ in record.quotations()] == ["chosen quotation 1", "chosen quotation 2"]


@pytest.mark.parametrize("document, text", [("works.txt", WORKS.replace("old", "new")), ("gone.txt", WORKS)])
def test_what_the_index_no_longer_has_is_not_exported(place_of_works: Path, document: str, text: str) -> None:
    """It could not be proved; the document is named."""
    index = open_index(place_of_works / "index")
    with pytest.raises(ExportError, match=document):
        export_quotations([cite(text, 17, 60, document=document)], index)
    answer = Answer("Q?", "answered", 0.9, (cite(text, 17, 60, document=document),), (), "Q?")
    with pytest.raises(ExportError, match=document):
        export_conversation([answer], index)


# --- verification: the documents ---


def failing(record: Record, **documents: str) -> str:
    verification = verify(back(written(record, ".json"), ".json"), [Texts(**documents)])
    assert not verification.holds
    return why(verification)


def test_a_document_that_is_gone() -> None:
    """And where its words stand now, if anywhere."""
    assert "the document is gone; the words are in no other" in failing(record_of(quoted()), other="Something else.")
    assert "the document is gone; the words stand in moved at [18, 61)" in failing(record_of(quoted()), moved=" " + WORKS)


def test_words_that_have_moved() -> None:
    """It is said to where, and how often."""
    assert "the document has changed; the words stand now at [22, 65)" in failing(record_of(quoted()), works="Once." + WORKS)
    second = 22 + len(WORKS)
    assert f"at [22, 65) and [{second}, {second + 43})" in failing(record_of(quoted()), works="Once." + WORKS + WORKS)


def test_words_that_are_no_longer_in_the_document() -> None:
    """But perhaps in another."""
    now = WORKS.replace("March", "May")
    assert "the document has changed; the words are not in it" in failing(record_of(quoted()), works=now)
    assert "but the words stand in old at [17, 60)" in failing(record_of(quoted()), works=now, old=WORKS)


def test_a_document_that_changed_elsewhere() -> None:
    """The quotation holds as long as its passage does; the change is told."""
    short = replace(quoted(), passage=Passage(17, 89, WORKS[17:89]))
    data = written(record_of(short), ".json")
    verification = proved(data, ".json", works=WORKS + "More.")
    assert verification.holds and "the document has changed, but these words stand" in report(verification)
    changed = proved(data, ".json", works=WORKS.replace("safe", "torn"))
    assert "not the passage around them: the document has changed" in why(changed)


def test_a_forged_record_does_not_hold() -> None:
    """Other words, another place, another passage, another place that says the same: all come to light."""
    true = quoted()
    forged = true.text.replace("March", "April")
    assert "unchanged, but has other words there; the words are not in it" in failing(
        record_of(replace(true, text=forged)), works=WORKS
    )
    assert "the words stand at [17, 60)" in failing(record_of(replace(true, start=18, end=61)), works=WORKS)
    passage = replace(true.passage, text=WORKS.replace("safe", "torn"))
    assert "not the passage around them" in failing(record_of(replace(true, passage=passage)), works=WORKS)
    also = (ExportedPlace("works", digest(WORKS), 0, 4, "They"),)
    assert "also in works [0, 4): " in failing(record_of(replace(true, also_in=also)), works=WORKS)
    gone = (ExportedPlace("b", digest(WORKS), 0, 4, "They"),)
    assert "also in b [0, 4): the document is gone" in failing(record_of(replace(true, also_in=gone)), works=WORKS)


def test_a_speaker_who_is_not_in_the_document() -> None:
    """Nobody can be made to have said it."""
    told = failing(record_of(quoted(speaker="Ann Lee", role="old bridge")), works=WORKS)
    assert "“Ann Lee”, who is said to speak, is not in the document" in told and "old bridge" not in told


def test_a_document_that_cannot_be_read_any_more(tmp_path: Path) -> None:
    """Is told, and costs only its own quotations."""
    (tmp_path / "works.txt").write_bytes(b"\xff words")
    (tmp_path / "other.txt").write_text(WORKS, encoding="utf-8", newline="")
    record = record_of(quoted(document="works.txt"), quoted(document="other.txt", number=2))
    verification = verify(back(written(record, ".json"), ".json"), [SourceDocuments(tmp_path)])
    assert [bool(proof.failures) for proof in verification.proofs] == [True, False]
    assert "cannot be read: works.txt: not UTF-8" in report(verification) and "1 of 2 quotations fails." in report(verification)


def test_a_document_id_is_not_a_path(tmp_path: Path) -> None:
    """Nothing outside the folder is read."""
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "a.txt").write_text("Some words.")
    (tmp_path / "works.txt").write_text(WORKS, encoding="utf-8", newline="")
    record = record_of(quoted(document="../works.txt"))
    assert "gone" in why(verify(back(written(record, ".json"), ".json"), [SourceDocuments(tmp_path / "sources")]))


# --- verification: what is seen ---


def in_docx(change: Callable) -> Callable[[bytes], bytes]:
    """A change of the paragraph with the first quotation."""

    def changed(data: bytes) -> bytes:
        document = docx.Document(io.BytesIO(data))
        change(next(p for p in document.paragraphs if p.style and p.style.name == "Export quotation"))
        file = io.BytesIO()
        document.save(file)
        return file.getvalue()

    return changed


def replaced(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    return lambda data: data.replace(old, new, 1)


def tracked(paragraph) -> None:
    """An insertion while changes are tracked."""
    insertion = OxmlElement("w:ins")
    insertion.append(paragraph.add_run(" Never.")._r)
    paragraph._p.append(insertion)


def deleted(paragraph) -> None:
    deletion = OxmlElement("w:del")
    run = paragraph.runs[0]._r
    paragraph._p.append(deletion)
    deletion.append(run)


def hidden(paragraph) -> None:
    paragraph.runs[0].font.hidden = True


def hidden_by_style(paragraph) -> None:
    paragraph.style.font.hidden = True


def overwritten(paragraph) -> None:
    paragraph.runs[0].text = paragraph.text.replace("March", "April")


def split(paragraph) -> None:
    before = paragraph.insert_paragraph_before("Inspectors visited", style="Export quotation")
    assert before is not None


def pictured(paragraph) -> None:
    paragraph.runs[0]._r.append(OxmlElement("w:drawing"))


CHANGES = [
    (".md", replaced(b"> Inspectors visited the old bridge in March", b"> Inspectors visited the old bridge in April"), "April"),
    (".md", replaced(b"> Inspectors visited the old", b"> Inspectors visited the **old**"), "U+0000"),
    (".md", replaced(b"> Inspectors visited", b"> Inspectors<!-- --> visited"), "HTML"),
    (".md", replaced(b"> Inspectors", b"> # Inspectors"), "visible quotation differs"),
    (".md", replaced(b"> Inspectors", b"> Never.\n\n> Inspectors"), "a quotation is seen that the record does not have"),
    (".md", replaced(b"> Inspectors visited the old bridge in March.", b""), "visible quotation is missing"),
    (".md", replaced(b"characters 17 to 60\n\n##", b"characters 18 to 60\n\n##"), "visible reference differs"),
    (".md", replaced(b"&lt;b>safe", b"&lt;b>torn"), "visible passage in the appendix differs"),
    (".md", replaced(b"sha256 of the document: ", b"sha256 of the document: 0"), "visible checksum"),
    (".html", replaced(b'dir="auto">Inspectors', b'dir="auto">No inspectors'), "visible quotation differs"),
    (".html", replaced(b'class="quotation"', b'class="other"'), "visible quotation is missing"),
    (".html", replaced(b'<blockquote class="quotation"', b"<blockquote>Never.</blockquote><blockquote class=\"quotation\""), "does not have"),
    (".html", replaced(b'class="quotation" dir="auto"', b'class="quotation" hidden'), "hidden"),
    (".html", replaced(b'class="quotation" dir="auto"', b'class="quotation" dir="rtl"'), "rtl"),
    (".html", replaced(b"<body>", b"<body><script>document.title</script>"), "<script>"),
    (".html", replaced(b"<body>", b'<body onload="change()">'), "onload"),
    (".html", replaced(b"</style>", b".quotation::after { content: 'Never.' }</style>"), "style sheet"),
    (".html", replaced(b"</style>", b"</style><style>.quotation { display: none }</style>"), "style sheet"),
    (".html", replaced(b"Inspectors", b'<span class="unseen" data-code="No "></span>Inspectors'), "another code"),
    (".html", replaced(b"Inspectors", b"<!-- -->Inspectors"), "comment"),
    (".html", lambda d: d.replace(b"<blockquote", b"<details><blockquote").replace(b"</blockquote>", b"</blockquote></details>"), "another element"),
    (".html", replaced(b"</blockquote>", b""), "closes nothing"),
    (".html", replaced(b'charset="utf-8"', b'charset="utf-7"'), "utf-7"),
    (".html", replaced(b'class="quotation"', b'class="source" class="quotation"'), "as no export has it"),
    (".docx", in_docx(overwritten), "April"),
    (".docx", in_docx(tracked), "Never."),
    (".docx", in_docx(deleted), "visible quotation differs"),
    (".docx", in_docx(hidden), "visible quotation differs"),
    (".docx", in_docx(hidden_by_style), "visible quotation differs"),
    (".docx", in_docx(split), "a quotation is seen that the record does not have"),
    (".docx", in_docx(pictured), "U+0000"),
]  # fmt: skip


@pytest.mark.parametrize("suffix, change, told", CHANGES, ids=lambda value: value if isinstance(value, str) else "")
def test_who_changes_what_is_seen_is_caught(suffix: str, change: Callable[[bytes], bytes], told: str) -> None:
    """The record is true, but a person would read something else."""
    data = written(record_of(quoted()), suffix)
    assert proved(data, suffix).holds
    changed = change(data)
    assert changed != data
    verification = proved(changed, suffix)
    assert not verification.holds and told in report(verification)
    assert "character for character" not in report(verification)


@pytest.mark.parametrize("suffix", [".md", ".html", ".docx"])
def test_a_changed_quotation_among_others_is_named(suffix: str) -> None:
    """And only that one."""
    record = replace(record_of(quoted(start=0, end=16), quoted(number=2)), chosen=(quoted(start=61, end=72),))
    record = replace(record, replies=record.replies * 2)
    data = written(record, suffix)
    if suffix == ".docx":
        document = docx.Document(io.BytesIO(data))
        paragraph = [p for p in document.paragraphs if p.style and p.style.name == "Export quotation"][3]
        overwritten(paragraph)
        file = io.BytesIO()
        document.save(file)
        data = file.getvalue()
    else:
        parts = data.split(b"Inspectors visited the old bridge in March.")
        joined = b"Inspectors visited the old bridge in March.".join(parts[:2])
        rest = b"Inspectors visited the old bridge in March.".join(parts[2:])
        data = joined + b"Inspectors visited the old bridge in April." + rest
    proofs = proved(data, suffix).proofs
    assert [proof.name for proof in proofs if proof.failures] == ["question 2, quotation 2"]


@pytest.mark.parametrize(
    "suffix, change",
    [
        (".md", lambda d: d.replace(b"\n", b"\r\n")),
        (".md", lambda d: b"\xef\xbb\xbf" + d),
        (".html", lambda d: d.replace(b"\n", b"\r\n")),
        (".docx", in_docx(lambda p: None)),
        (".json", lambda d: json.dumps(json.loads(d)).encode()),
    ],
)
def test_what_programs_do_to_a_file_when_they_save_it_does_no_harm(suffix: str, change: Callable[[bytes], bytes]) -> None:
    """Other line ends, a mark at the start, another arrangement of the same."""
    verification = proved(change(written(record_of(quoted()), suffix)), suffix)
    assert verification.holds and verification.remarks == ()


@pytest.mark.parametrize(
    "suffix, change",
    [
        (".md", replaced(b"**When?**", b"**Why?**")),
        (".html", replaced(b">When?<", b">Why?<")),
        (".docx", in_docx(lambda p: p.insert_paragraph_before("My own remark."))),
    ],
)
def test_a_remark_of_ones_own_is_allowed_and_told(suffix: str, change: Callable[[bytes], bytes]) -> None:
    """The quotations still hold."""
    verification = proved(change(written(record_of(quoted()), suffix)), suffix)
    assert verification.holds and "the file is not as it was written" in report(verification)


# --- files that are no exports ---


def with_record(suffix: str, change: Callable[[str], str]) -> bytes:
    """An export with another record, in a file that is well made."""
    text = to_json(record_of(quoted()))
    data = written(record_of(quoted()), suffix)
    assert suffix == ".json" and data.decode() == text
    return change(text).encode()


@pytest.mark.parametrize(
    "change, told",
    [
        (lambda t: "", "cannot be read as JSON"),
        (lambda t: t[:-40], "cannot be read as JSON"),
        (lambda t: "[" * 100_000, "cannot be read as JSON"),
        (lambda t: "[]", "not one of an export"),
        (lambda t: '{"a": 1}', "not one of an export"),
        (lambda t: t.replace('"version": 1', '"version": 2'), "version 2"),
        (lambda t: t.replace('"start": 17', '"start": "17"'), "start"),
        (lambda t: t.replace('"start": 17', '"start": true'), "start"),
        (lambda t: t.replace('"start": 17', '"start": -17'), "damaged"),
        (lambda t: t.replace('"start": 17', '"start": 17, "start": 17'), "a key stands twice"),
        (lambda t: t.replace('"start": 17,', ""), "damaged"),
        (lambda t: t.replace('"start": 17', '"more": 1, "start": 17'), "damaged"),
        (lambda t: t.replace('"answered"', '"certain"'), "verdict"),
        (lambda t: t.replace("0.93", "NaN"), "NaN"),
        (lambda t: t.replace('"chosen": []', '"chosen": {}'), "chosen"),
    ],
)
def test_a_damaged_record_is_refused(change: Callable[[str], str], told: str) -> None:
    """With what is wrong with it."""
    with pytest.raises(ExportError, match=re.escape(told)):
        back(with_record(".json", change), ".json")


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("data", [b"", b"hello", b"\xff\xfe\x00", b"PK\x03\x04", b"<html><p>Hello", b"# Hello\n", b"{}"])
def test_a_file_that_is_no_export_is_told(tmp_path: Path, suffix: str, data: bytes) -> None:
    """With its name, in one line."""
    path = tmp_path / f"x{suffix}"
    path.write_bytes(data)
    with pytest.raises(ExportError, match="is no export, or damaged") as told:
        read_export(path)
    assert str(path) in str(told.value) and "\n" not in str(told.value)


def test_a_docx_that_is_none_of_ours_or_damaged(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a record, with two, cut off, with a byte changed, or too large when unpacked."""
    plain = io.BytesIO()
    docx.Document().save(plain)
    with pytest.raises(ExportError, match="no record"):
        back(plain.getvalue(), ".docx")
    data = written(record_of(quoted()), ".docx")
    for damaged in (data[:-100], data[: len(data) // 2], data[:2000] + bytes([data[2000] ^ 255]) * 50 + data[2050:]):
        with pytest.raises(ExportError):
            back(damaged, ".docx")
    monkeypatch.setattr("qa.export_docx.MAX_UNPACKED", 1000)
    with pytest.raises(ExportError, match="unpacks to more than"):
        back(data, ".docx")


@pytest.mark.parametrize("suffix", [".md", ".html"])
def test_two_records_are_refused(suffix: str) -> None:
    """Nobody knows which one holds."""
    data = written(record_of(quoted()), suffix)
    with pytest.raises(ExportError, match="2 records"):
        back(data + data, suffix)


@given(st.binary(max_size=300))
def test_no_bytes_do_harm(data: bytes) -> None:
    """They are refused in the one way in which an export is refused."""
    for suffix in SUFFIXES:
        with pytest.raises(ExportError):
            back(data, suffix)


def test_the_suffix_says_the_form(tmp_path: Path) -> None:
    """In any case of letters; others are refused with those that are known."""
    assert form_of(Path("a.HTML")) is FORMS[".html"]
    for name in ("a.pdf", "a", ".md"):
        with pytest.raises(ExportError, match=r"expected one of \.md, \.html, \.docx, \.json"):
            form_of(Path(name))
    with pytest.raises(ExportError, match="there is no folder"):
        check_path(tmp_path / "no" / "a.md")
    (tmp_path / "d.md").mkdir()
    with pytest.raises(ExportError, match="is a folder"):
        check_path(tmp_path / "d.md")


def test_an_export_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file that was there before stays when the disk is full."""
    path = tmp_path / "a.md"
    path.write_text("before")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("qa.export.os.replace", full)
    with pytest.raises(ExportError, match="No space left"):
        write_export(record_of(quoted()), path)
    assert path.read_text() == "before" and [p.name for p in tmp_path.iterdir()] == ["a.md"]
    monkeypatch.undo()
    write_export(record_of(quoted()), path)
    assert read_export(path).as_written


@given(texts)
def test_a_record_is_read_back_from_json(text: str) -> None:
    """Without a character in the file that is not seen, or a backtick."""
    record = record_of(quoted(text, 0, len(text), title=text))
    made = to_json(record)
    assert from_json(made) == record
    assert not re.search("[\x00-\x09\x0b-\x1f`\x7f-\x9f\u202a-\u202e\ufeff]", made)


def test_the_report_moves_no_cursor() -> None:
    """Whatever an export holds, in its names too."""
    record = record_of(quoted(document="a\x1b[2J\nFAILS: none"))
    told = report(proved(written(record, ".json"), ".json"))
    assert "\x1b" not in told and len(told.splitlines()) == 2


def test_the_built_index_holds(built: Path, articles: Path) -> None:
    """The articles themselves: a sentence of each, with what the catalogue knows."""
    index = open_index(built)
    cited = []
    for number, document in enumerate(index.documents):
        rows = index.sentences[index.sentences["document"] == number]
        start, end = int(rows[3]["start"]), int(rows[3]["end"])
        cited.append(
            cite(index.text(number), start, end, document=document.id, title=document.title, date=document.metadata.date)
        )
    for suffix in SUFFIXES:
        parsed = back(written(export_quotations(cited, index), suffix), suffix)
        assert verify(parsed, [IndexedDocuments(index), SourceDocuments(articles)]).holds


def test_an_index_of_changed_sources_is_told(place_of_works: Path) -> None:
    """By the name of the collection in which it fails."""
    record = export_quotations([cite(WORKS, 17, 60, document="works.txt")], open_index(place_of_works / "index"))
    (place_of_works / "sources" / "works.txt").write_text("Once. " + WORKS, encoding="utf-8", newline="")
    index, sources = IndexedDocuments(open_index(place_of_works / "index")), SourceDocuments(place_of_works / "sources")
    (proof,) = verify(back(written(record, ".md"), ".md"), [index, sources]).proofs
    assert len(proof.failures) == 1 and proof.failures[0].startswith(f"{sources.name}: the document has changed")
    build_index(place_of_works / "sources", place_of_works / "index", encoder=WordEncoder())
    (proof,) = verify(back(written(record, ".md"), ".md"), [IndexedDocuments(open_index(place_of_works / "index"))]).proofs
    assert "[23, 66)" in proof.failures[0]
