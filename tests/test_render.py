"""What people see of an answer: exact words, safe markup, plain phrases."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index import Changes, Metadata, Span, Where
from index.dense import EXACT, Search
from index.records import IndexedDocument, LeftOut
from qa import copying, frame, panels, plain, render, shelf, viewer
from qa.anchor import read_link, resolve
from qa.answer import Answer, Citation, Place, together
from qa.batch import Row
from qa.markup import readable
from qa.reference import REFERENCES
from qa.render import View
from qa.talk import Problem, Talk

HOSTILE = [
    "<script>window.pwned = true</script>",
    '<img src=x onerror="window.pwned=1">',
    "\"><svg onload=alert(1)> ' onmouseover='x",
    "&lt;b&gt; &amp;amp; &#60;i&#62; &nbsp;",
    "${window.pwned = 1} {{constructor}} `tick` \\u003cb\\u003e",
    "two  spaces, a\ttab,\na line and\r\nanother,\rand one more",
    "  leading and trailing  \n",
    "\n\nbegins with lines",
    "left\u202ethgir\u2066 isolate\u202c and \u200f mark",
    "bell\x07 escape\x1b[31m red \x9b1m form\x0cfeed",
    "no-break\u00a0space, zero\u200bwidth, \ufeff mark, shy\u00ad",
    "שלום עולם and مرحبا",
    "emoji 👩\u200d🔬 and 𝔘nicode",
    "# heading **bold** [link](javascript:alert(1)) | cell | ~~x~~",
    "]]> <!-- --> <![CDATA[ </blockquote></div></textarea></title>",
]

VOID = {"br", "img"}


class Elements(HTMLParser):
    """Collects (tag, attributes, text content) of every element, and complains when they do not nest."""

    def __init__(self, markup: str) -> None:
        super().__init__(convert_charrefs=True)
        self.all: list[tuple[str, dict[str, str], str]] = []
        self._open: list[list] = []
        self.feed(markup)
        self.close()
        assert not self._open, f"left open: {[tag for tag, _, _ in self._open]}"

    def handle_starttag(self, tag, attrs):
        assert tag not in VOID, f"unexpected element {tag}"
        assert len(dict(attrs)) == len(attrs), "an attribute is given twice"
        if tag in ("input", "wbr"):
            return
        self._open.append([tag, {name: value or "" for name, value in attrs}, ""])

    def handle_endtag(self, tag):
        opened, attributes, text = self._open.pop()
        assert opened == tag, f"</{tag}> closes <{opened}>"
        self.all.append((tag, attributes, text))

    def handle_data(self, data):
        for element in self._open:
            element[2] += data

    def texts(self, css: str) -> list[str]:
        """The text content of the elements with this class, in document order of their ends."""
        return [text for _, attributes, text in self.all if css in attributes.get("class", "").split()]

    @property
    def tags(self) -> set[str]:
        return {tag for tag, _, _ in self.all}


def cite(text: str, start: int = 0, end: int | None = None, number: int = 1, document: str = "a.txt", **more) -> Citation:
    end = len(text) if end is None else end
    values = {"title": None, "score": 0.5, "passage": Span(0, len(text))} | more
    return Citation(number, document, start=start, end=end, text=text[start:end], document_text=text, **values)


def make(citations=(), verdict="answered", related=(), question="Who came?", **more) -> Answer:
    values = {"confidence": 0.93, "standalone_question": question} | more
    return Answer(question, verdict, citations=tuple(citations), related=tuple(related), **values)


def document_of(text: str, name: str = "a.txt", left_out=(), **metadata) -> IndexedDocument:
    known = Metadata(**metadata)
    return IndexedDocument(name, known, known.title, "0" * 64, len(text), 0, 0, tuple(left_out), ())


def seeing(text: str | None, **names: str) -> View:
    """A page that has this text for every document."""
    return View(names, lambda document: text)


def index_of(*documents: IndexedDocument, text: str = "Short.", **more) -> SimpleNamespace:
    """As much of an index as the table of sources looks at."""
    counts = {"documents": len(documents), "passages": 2, "sentences": 2}
    counts["copies"] = sum(d.copy_of is not None for d in documents)
    manifest = {"skipped": [], "notes": [], "created": "2026-01-02T03:04:05+00:00", "counts": counts}
    manifest["encoder"] = {"fingerprint": "tiny@1"}
    counted = lambda: [3] * len(documents)  # noqa: E731
    return SimpleNamespace(
        name="g000001",
        documents=documents,
        text=lambda number: text,
        manifest=manifest | more,
        search=Search(EXACT, asked=False, recall=1.0),
        passage_counts=counted,
    )


def safe(markup: str) -> Elements:
    """The parsed markup, after a look for anything that could run or load."""
    elements = Elements(markup)
    assert not elements.tags & {"script", "img", "svg", "iframe", "object", "a", "style", "i", "b", "title"}
    for tag, attributes, _ in elements.all:
        assert not [name for name in attributes if name.startswith("on") or name in ("href", "src", "style")], (tag, attributes)
    return elements


@pytest.mark.parametrize("words", HOSTILE)
def test_quotation_is_the_citations_text(words):
    """Whatever the source holds, the text of the quotation is the source's, character for character."""
    citation = cite(f"Before. {words} After.", 8, 8 + len(words))
    answer = make([citation])
    for markup in (render.answer_html(answer), render.conversation_html([answer])):
        assert safe(markup).texts("quotation") == [words]
    text = f"Before. {words} After."
    assert safe(panels.evidence_html(answer, seeing(text))).texts("text") == [text]
    assert safe(panels.evidence_html(answer, seeing(None))).texts("quotation") == [words]


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=1, max_size=60), st.data())
def test_any_text_comes_back(text, data):
    """Any text, with any highlight, comes back out of its markup."""
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    citation = cite(text, highlights=(Span(start, end),))
    assert Elements(render.answer_html(make([citation]))).texts("quotation") == [text]
    document = document_of(text, left_out=[LeftOut(Span(start, end), "an offer")])
    assert Elements(viewer.document_html(document, text, [], Span(start, end))).texts("text") == [text]


@pytest.mark.parametrize("words", HOSTILE)
def test_everything_else_is_data_too(words):
    """Names, titles, questions, notes and reasons of a hostile collection become no markup."""
    text = f"{words} and more"
    known = {"title": words, "publisher": words, "author": words, "date": words}
    citation = cite(text, document=words, speaker=words, role=words, also_in=(Place(words, 0, 1, words),), **known)
    answer = make([citation], question=words, corrections=((words, words),), explanation=words, notes=(words,))
    refusal = make([], "not_found", [citation], question=words, explanation=words)
    document = document_of(text, words, [LeftOut(Span(0, 3), words)], **known)
    index = index_of(document, text=text, skipped=[{"path": words, "reason": words}], notes=[words])
    index.manifest["encoder"] = {"fingerprint": words}
    talk = Talk((answer,), (citation,))
    for markup in (
        render.answer_html(answer, 3, View({words: words}, lambda _: text)),
        render.answer_html(refusal),
        panels.evidence_html(refusal, seeing(text)),
        render.conversation_html([Problem(words, words)], View(), render.waiting_html(words, words), 0),
        render.offered_html("Next", [words]),
        render.welcome_html(2, [words], words),
        viewer.document_html(document, text, [citation], Span(0, 5), words),
        shelf.sources_html(index, words, words, changeable=True),
        shelf.build_html(words, 0.5, running=True),
        panels.export_html(talk, [{"title": words, "day": words, "record": words}], words),
        panels.batch_html([Row(1, words, answer), Row(2, words, None, words)], 2, False, words),
        copying.copy_menu(citation, words, whole=True),
        render.line_html(words),
    ):
        safe(markup)
    asked = [a["data-ask"] for _, a, _ in Elements(render.welcome_html(2, [words])).all if "data-ask" in a]
    assert asked == [words]


def test_nul_and_surrogates_become_replacement_signs():
    """What HTML cannot hold, and a question through the API may, is replaced and does not break the page."""
    assert render.escape("a\x00b\ud800c") == "a\ufffdb\ufffdc"
    render.turn_html(Problem("\ud800", "\x00"), 0).encode("utf-8")


def test_an_endless_run_may_be_broken():
    """Its characters stay as they are; words of a usual length are never broken."""
    run = "W" * 450
    assert readable(f"a {run} b") == f"a {'W' * 200}<wbr>{'W' * 200}<wbr>{'W' * 50} b"
    assert Elements(render.answer_html(make([cite(f"a {run} b")]))).texts("quotation") == [f"a {run} b"]
    assert "<wbr>" not in readable("W" * 200 + " and " + "W" * 200)


def test_unseen_characters_are_boxed():
    """A direction override is shown and shut in an element of its own, so that it turns nothing around."""
    markup = render.visible("a\u202eb")
    assert markup == 'a<span class="unseen" data-code="U+202E">\u202e</span>b'
    assert render.visible("Ö \t\n\u200f\u200d") == "Ö \t\n\u200f\u200d"


@pytest.mark.parametrize(
    ("verdict", "words"),
    [("answered", "The documents answer this"), ("related", "Related, but no answer"), ("not_found", "Not in these documents")],
)
def test_verdict_in_words(verdict, words):
    """The verdict is said in words, not by colour alone, in all three forms."""
    nearest = cite("Some passage.")
    answer = make([nearest], verdict) if verdict == "answered" else make([], verdict, [nearest])
    for text in (render.answer_html(answer), plain.answer_terminal(answer), plain.answer_markdown(answer)):
        assert words in text


def test_nearest_passages_are_not_an_answer():
    """Without an answer the nearest passages are shown, and said not to be one, everywhere they appear."""
    answer = make([], "related", [cite("Some passage.")], confidence=0.2)
    for markup in (render.answer_html(answer), panels.evidence_html(answer, seeing("Some passage."))):
        assert Elements(markup).texts("label") == [plain.NOT_AN_ANSWER]
    assert plain.NOT_AN_ANSWER in plain.answer_terminal(answer)
    assert "Not an answer" in plain.answer_markdown(answer)
    assert Elements(render.answer_html(make([], "not_found"))).texts("label") == []


@pytest.mark.parametrize(
    ("probability", "words"),
    [(0.0, "<1 %"), (0.004, "<1 %"), (0.076, "8 %"), (0.5, "50 %"), (0.994, ">99 %"), (1.0, ">99 %")],
)
def test_no_certainty(probability, words):
    """A probability is never shown as 0 % or 100 %."""
    assert plain.percent(probability) == words


def test_confidence_in_words():
    """The confidence is a phrase and a number, and speaks of the answer, or of there being one."""
    assert plain.confidence_words(make([cite("x")], confidence=0.97)) == "very likely right (97 %)"
    assert plain.confidence_words(make([cite("x")], confidence=0.5)) == "uncertain, check it (50 %)"
    assert plain.confidence_words(make([], "not_found", confidence=0.03)) == "an answer is very unlikely (3 %)"


@pytest.mark.parametrize(
    ("date", "words"),
    [
        ("2020-03-06", "6 March 2020"),
        ("2020-03", "March 2020"),
        ("2020", "2020"),
        ("2020-13-01", "2020-13-01"),
        (None, None),
        ("", ""),
    ],
)
def test_dates(date, words):
    """Dates are written out, to the part that is known."""
    assert plain.date_words(date) == words


def test_unknown_is_said():
    """What is not known of a source is shown as unknown, and a file name stands in for a title."""
    known = {"title": "A title", "publisher": "CYP Now", "author": "Nina Jacobs", "date": "2020-03-06"}
    assert plain.source_words(cite("x", **known)) == ["A title", "CYP Now", "Nina Jacobs", "6 March 2020"]
    assert plain.source_words(cite("x")) == ["a.txt", "publisher, author and date unknown"]
    assert plain.source_words(cite("x", publisher="P", date="2020")) == ["a.txt", "P", "2020", "author unknown"]
    facts = Elements(panels.evidence_html(make([cite("x")]), seeing("x"))).texts("facts")[0]
    assert facts.count("unknown") == 4


def test_the_place_in_the_file_is_told_everywhere():
    """With the quotation, in its evidence, in plain text, and in every form of its reference."""
    citation = cite("They came.", location="page 7")
    answer = make([citation])
    assert "a.txt, page 7, characters 0 to 10" in plain.answer_terminal(answer)
    assert "page 7" in plain.answer_markdown(answer)
    assert "page 7, characters 0 to 10" in Elements(panels.evidence_html(answer, seeing("They came."))).texts("facts")[0]
    for form in REFERENCES.values():
        assert "page 7" in form(citation)


def test_remarks():
    """How a question was read, what was respelt and what else is to be known stands above the quotations."""
    answer = make(
        [cite("x")],
        question="when was it",
        standalone_question="When was the inspection?",
        corrections=(("inspecton", "inspection"),),
        notes=("The whole list, 9 of 9 items.",),
    )
    assert Elements(render.answer_html(answer)).texts("remark") == [
        "Read as: When was the inspection?",
        "Showing results for “inspection” (you typed “inspecton”)",
        "The whole list, 9 of 9 items.",
    ]
    assert Elements(render.answer_html(make([cite("x")]))).texts("remark") == []


def test_what_was_searched_is_said_once():
    """Next to the verdict, in every form; of several questions above them all; in links of all their quotations."""
    where = Where(publisher=["CQC", "A, B"], language="en", since="2024-03")
    said = "Searched only in: publisher CQC or “A, B”, language en, since March 2024"
    refused = make((), "not_found", where=where)
    assert Elements(render.answer_html(refused)).texts("remark") == [said]
    assert said in plain.answer_terminal(refused, 200) and plain.markdown_text(said) in plain.answer_markdown(refused)
    assert said in panels.evidence_html(refused, View())
    parts = [make([cite("They came.")], question="One?"), make((), "not_found", question="Two?")]
    several = replace(together("One? Two?", parts, (), lambda _: "They came."), where=where)
    view = View({}, lambda _: "They came.")
    markup = render.answer_html(several, 0, view)
    assert Elements(markup).texts("remark") == [said] and plain.answer_terminal(several, 200).count(said) == 1
    for shown in (markup, panels.evidence_html(several, view)):
        links = [a["data-link"] for _, a, _ in Elements(shown).all if "data-link" in a]
        assert links and all(read_link(link).where == where for link in links)


@pytest.mark.parametrize("words", HOSTILE)
def test_values_of_a_filter_are_no_markup(words):
    """They come from documents, or from whoever asks."""
    answer = make((), "not_found", where=Where(publisher=f"x{words}"))
    safe(render.answer_html(answer))
    safe(panels.evidence_html(answer, View()))


def test_speaker_and_other_places():
    """A quotation says who speaks, and where else the same words stand, each place to be opened."""
    citation = cite("x", speaker="John Fuller", role="cabinet member", also_in=(Place("b.txt", 0, 1),))
    elements = Elements(render.answer_html(make([citation]), 2, View({"b.txt": "The other"})))
    assert elements.texts("said") == ["— John Fuller, cabinet member"]
    assert elements.texts("also") == ["also in The other"]
    places = [a["data-place"] for _, a, _ in elements.all if a.get("data-turn") == "2" and "data-place" in a]
    assert sorted(places) == ["0", "0", "1"]


def test_sources_are_counted_and_many_places_are_not_all_listed():
    """A statement says in how many sources it is found, which are nearly one text, and of a thousand places the first."""
    places = [Place(f"{n}.txt", 0, 1, "x", n > 1) for n in range(1, 1000)]
    citation = cite("x", also_in=tuple(places), sources=2)
    also = Elements(render.answer_html(make([citation]))).texts("also")[0]
    assert also.startswith("found in 2 sources: also in 1.txt, 2.txt (nearly the same text)") and also.endswith(" and 991 more")
    for text in (plain.answer_terminal(make([citation])), plain.answer_markdown(make([citation])).replace("\\", "")):
        assert "found in 2 sources" in text and "also in 2.txt (nearly the same text), characters 0 to 1" in text
        assert "and in 991 more" in text and "9.txt" not in text
    assert "found in" not in plain.answer_terminal(make([cite("x")]))


def test_what_differs_is_said_and_marked():
    """Each of two quotations that differ names the other, and where they do is marked in another way, once."""
    text = "They came on 20 January. They came on 21 January."
    one = cite(text, 0, 24, highlights=(Span(13, 23),), differs_from=(2,), differing=(Span(13, 23),))
    two = cite(text, 25, 49, 2, "b.txt", highlights=(Span(38, 40),), differs_from=(1,), differing=(Span(38, 48),))
    answer = make([one, two], notes=("The sources differ: “20 January” [1], “21 January” [2].",))
    elements = safe(render.answer_html(answer))
    assert elements.texts("differs") == ["Differs from [2]", "Differs from [1]"]
    assert elements.texts("differing") == ["20 January", "21 January"]
    assert elements.texts("quotation") == [text[:24], text[25:]]
    assert safe(panels.evidence_html(answer, seeing(text))).texts("differing") == ["20 January", "21 January"]
    for words in (plain.answer_terminal(answer), plain.answer_markdown(answer).replace("\\", "")):
        assert "Differs from [2]" in words and "The sources differ: “20 January” [1], “21 January” [2]." in words


def test_neighbours_from_one_document_share_its_line():
    """Nine items of one list do not repeat their source nine times."""
    text = "One. Two. Three."
    citations = [cite(text, 0, 4), cite(text, 5, 9, 2), cite("Else.", 0, 5, 3, "b.txt"), cite(text, 10, 16, 4)]
    elements = Elements(render.answer_html(make(citations)))
    assert elements.texts("quotation") == ["One.", "Two.", "Else.", "Three."]
    assert len(elements.texts("source")) == 3
    assert elements.texts("number") == ["1", "2", "3", "4"]


def test_passage_marks_quotations_and_highlights():
    """The evidence shows the passage with the quotation marked and the answer's own words inside it stressed."""
    text = "Before it. They came on 20 January. After it."
    citation = cite(text, 11, 35, highlights=(Span(24, 34),))
    elements = Elements(panels.evidence_html(make([citation]), seeing(text)))
    assert elements.texts("text") == [text]
    assert [t for tag, _, t in elements.all if tag == "mark"] == ["They came on 20 January."]
    assert [t for tag, _, t in elements.all if tag == "strong"] == ["20 January"]


def test_changed_document_shows_the_quotation_alone():
    """When the document changed since, the evidence shows the words that were quoted, not others at their place."""
    elements = Elements(panels.evidence_html(make([cite("They came.")]), seeing("It rained.")))
    assert elements.texts("quotation") == ["They came."]
    assert elements.texts("text") == []


def test_document_with_cited_words_and_parts_left_out():
    """The whole document is shown: cited words marked, the chosen ones with an id, parts left out labelled."""
    text = "They came. It rained.\n\nSubscribe\n\nFrom £1 a month"
    left = [LeftOut(Span(23, 32), "an offer"), LeftOut(Span(34, 49), "an offer")]
    citations = [cite(text, 0, 10), cite(text, 11, 21, 2)]
    elements = Elements(viewer.document_html(document_of(text, left_out=left), text, citations, Span(11, 21)))
    assert elements.texts("whole") == [text]
    assert [(a.get("data-number"), a.get("id"), t) for tag, a, t in elements.all if tag == "mark"] == [
        ("1", None, "They came."),
        ("2", "chosen", "It rained."),
    ]
    assert "".join(elements.texts("left-out")) == "Subscribe\n\nFrom £1 a month"
    labels = [a["data-reason"] for _, a, _ in elements.all if "data-reason" in a]
    assert labels == ["Left out, never quoted: an offer"]


def test_overlapping_citations_keep_the_text_whole():
    """Citations that overlap or repeat are marked without doubling a character."""
    text = "One two three four five."
    citations = [cite(text, 0, 13), cite(text, 4, 18, 2), cite(text, 4, 18, 3)]
    elements = Elements(viewer.document_html(document_of(text), text, citations, Span(4, 18)))
    assert elements.texts("whole") == [text]


def test_long_document_is_shown_around_the_chosen_words():
    """Of a very long document the page shows the part around the chosen words, and says so."""
    text = "Filler. " * 100_000 + "They came." + " Filler." * 100_000
    chosen = Span(800_000, 800_010)
    elements = Elements(viewer.document_html(document_of(text), text, [], chosen))
    assert [t for tag, a, t in elements.all if a.get("id") == "chosen"] == ["They came."]
    assert len(elements.texts("whole")[0]) == viewer.MAX_SHOWN
    assert f"of {len(text):,} are shown" in elements.texts("part-shown")[0]
    ways = [a["data-first"] for _, a, _ in elements.all if "data-first" in a]
    assert ways == ["200000", "1000000"] * 2
    last = Elements(viewer.document_html(document_of(text), text, first=10**9))
    assert last.texts("whole")[0] == text[-viewer.MAX_SHOWN :]
    assert {a["data-first"] for _, a, _ in last.all if "data-first" in a} == {str(len(text) - 2 * viewer.MAX_SHOWN)}


def test_sources_table_names_copies():
    """A document that is nearly another says so, with the other's name; that one names its variants, and all are counted."""
    documents = (document_of("Short."), IndexedDocument("b.txt", Metadata(), None, "0", 6, 0, 0, (), (), 0))
    markup = shelf.sources_html(index_of(*documents))
    assert Elements(markup).texts("fine").count("Nearly the same text as a.txt, counted once") == 1
    assert Elements(markup).texts("fine").count("Nearly the same text, counted once with this: b.txt") == 1
    assert "2 documents (1 nearly the same as another)" in markup


def test_sources_table():
    """The table says what is known of each document, what is left out and why, and which files were passed over."""
    text = "They came.\n\nSubscribe now"
    one = document_of(text, left_out=[LeftOut(Span(12, 25), "a call to act")], title="Visit", date="2020-03-06")
    two = document_of("Short.", "b/two.txt")
    index = index_of(one, two, skipped=[{"path": "c.pdf", "reason": "no loader"}])
    index.text = lambda number: (text, "Short.")[number]
    markup = shelf.sources_html(index)
    assert [a["data-document"] for _, a, _ in Elements(markup).all if "data-document" in a] == ["a.txt", "b/two.txt"]
    words = re.sub(r"<[^>]+>", " ", markup)
    for expected in (
        "Visit",
        "6 March 2020",
        "unknown",
        "a call to act, 13 characters",
        "Nothing left out",
        "c.pdf",
        "no loader",
        "2 documents, 2 passages, 2 sentences. Indexed 2026-01-02 03:04 UTC with tiny (g000001).",
    ):
        assert expected in words
    assert "data-remove" not in markup and "data-change" not in markup


def test_documents_that_may_be_changed_have_buttons():
    """Each names its document."""
    elements = safe(shelf.sources_html(index_of(document_of("Short.")), changeable=True))
    assert [a["data-remove"] for _, a, _ in elements.all if "data-remove" in a] == ["a.txt"]
    assert [a["data-change"] for _, a, _ in elements.all if "data-change" in a] == ["a.txt"]


def test_many_documents_are_listed_a_page_at_a_time_and_found_by_name():
    """Of 250 documents the first hundred, the way to the others, and those with certain words in title or name."""
    documents = [document_of("Short.", f"{n:03}.txt", title="The Harbour" if n == 7 else None) for n in range(250)]
    index = index_of(*documents)

    def listed(**asked) -> list[str]:
        elements = safe(shelf.sources_html(index, **asked))
        return [a["data-document"] for _, a, _ in elements.all if "data-document" in a]

    assert listed()[0] == "000.txt" and len(listed()) == 100
    assert listed(page=2)[-1] == "249.txt" and len(listed(page=2)) == 50
    assert listed(page=99) == listed(page=2) and listed(page=-4) == listed()
    assert listed(sought="harBOUR the") == ["007.txt"] and listed(sought="24")[:2] == ["024.txt", "124.txt"]
    assert listed(sought="nowhere") == []
    assert safe(shelf.sources_html(index, page=1)).texts("pages")[0].startswith("Page 2 of 3")


def test_changes_in_words():
    """What a build would find to do, named as far as it is short."""
    assert shelf.changes_words(Changes()) == ""
    told = shelf.changes_words(Changes(("a", "b"), (), tuple("cdefghi"), ("Another model.",), (("j", "k"),)))
    assert told.endswith("built: a, b added. c, d, e, f, g and 2 more removed. j to k renamed. Another model.")


def test_empty_states():
    """Before the first question the page says what it does; a log region is there for screen readers throughout."""
    welcome = render.welcome_html(2, ["Who came?"])
    assert "2 documents" in welcome and "Who came?" in welcome
    assert "one document" in render.welcome_html(1, [])
    assert 'role="log"' in render.conversation_html([]) and 'aria-live="off"' in render.conversation_html([])
    assert 'role="status" aria-live="polite"' in frame.banner_html("Answers")
    assert "Ask about" not in render.welcome_html(0, [], "No index")


def test_terminal_text_moves_no_cursor():
    """Escape sequences and direction overrides of a document do nothing in a terminal."""
    words = "red\x1b[31m \x9b2J up\x1b]0;x\x07 \u202eback\rover"
    text = plain.answer_terminal(make([cite(words)], question=words))
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", text)


def test_terminal_text_keeps_spaces_and_width():
    """Lines are wrapped to the width; doubled spaces inside a line stay."""
    words = "Services were “stable and  effective”, and they went from strength to strength in every one of the years since."
    text = plain.answer_terminal(make([cite(words, speaker="John Fuller")]), width=50)
    assert max(map(len, text.splitlines())) <= 50
    assert "stable and  effective" in text and "[1] Services" in text and "— John Fuller" in text
    assert "a.txt, characters 0 to" in text


@pytest.mark.parametrize("words", HOSTILE)
def test_markdown_has_no_live_sign(words):
    """In Markdown every sign that could become markup is escaped."""
    text = plain.answer_markdown(make([cite(words)], notes=(words,)))
    assert "<" not in re.sub(r"&lt;", "", text)
    assert not re.search(r"(?<!\\)\[|(?<!\\)`", text)


def test_no_python_object_leaks():
    """No "None" and no repr of an object is ever shown."""
    answer = make([cite("x")])
    for text in (render.answer_html(answer), panels.evidence_html(answer, seeing("x")), plain.answer_terminal(answer)):
        assert "None" not in text and "Span(" not in text and "object at" not in text


# --- several questions in a message ---


def several(*questions: str) -> Answer:
    """Answered, but for the last."""
    cited = [cite(f"Words on {n}.", document=f"{n}.txt") for n in range(len(questions))]
    parts = [make([c], question=q) for c, q in zip(cited, questions[:-1], strict=False)]
    parts.append(make([], "related", cited[-1:], question=questions[-1], explanation="No date.", confidence=0.1))
    texts = {c.document: c.text for c in cited}
    return together(" ".join(questions), parts, ["Not answered: “Why?”"], texts.__getitem__)


def test_each_question_has_its_heading():
    """With its own verdict, remarks and quotations below it; the whole says how many are answered and what is not."""
    answer = several("Who came?", "Who left?", "When?")
    elements = Elements(render.answer_html(answer, 4))
    assert elements.texts("heading") == ["1. Who came?", "2. Who left?", "3. When?"]
    assert [t for t, a, _ in elements.all if "heading" in a.get("class", "")] == ["h3"] * 3
    assert elements.texts("words") == [
        "2 of 3 questions answered",
        "The documents answer this",
        "The documents answer this",
        "Related, but no answer",
    ]
    assert elements.texts("remark") == ["Not answered: “Why?”", "No date."]
    assert [part.count("Words on") for part in elements.texts("part")] == [1, 1, 1]
    assert "Not an answer" in elements.texts("part")[2]
    numbers = [(a["data-turn"], a["data-kind"], a["data-number"]) for _, a, _ in elements.all if "number" in a.get("class", "")]
    assert numbers == [("4", "citations", "1"), ("4", "citations", "2"), ("4", "related", "1")]


def test_the_evidence_of_each_question_has_its_heading():
    """With the numbers that the conversation shows."""
    elements = safe(panels.evidence_html(several("Who came?", "Who left?", "When?"), seeing(None), 4))
    assert elements.texts("heading") == ["1. Who came?", "2. Who left?", "3. When?"]
    assert elements.texts("which") == ["Quotation 1", "Quotation 2", "Not an answer"]


def test_several_answers_in_plain_text_and_markdown():
    """The same headings, once each, and quotations numbered through."""
    answer = several("Who came?", "Who left?", "When?")
    terminal, markdown = plain.answer_terminal(answer), plain.answer_markdown(answer)
    assert terminal.startswith("2 of 3 questions answered\nNot answered: “Why?”\n\n1. Who came?\nThe documents answer this")
    assert "[1] Words on 0." in terminal and "[2] Words on 1." in terminal and "\n3. When?\nRelated" in terminal
    assert [line for line in markdown.splitlines() if line.startswith("###")] == [
        "### 1\\. Who came?",
        "### 2\\. Who left?",
        "### 3\\. When?",
    ]
    assert markdown.count("\n> ") == 3
    assert "\n\n\n" not in terminal and terminal.endswith("\n") and not terminal.endswith("\n\n")


@pytest.mark.parametrize("words", HOSTILE)
def test_headings_are_no_markup(words):
    """Whatever a person types."""
    answer = several(words, words)
    for markup in (render.answer_html(answer), panels.evidence_html(answer, seeing(None))):
        safe(markup)
    assert "\x1b" not in plain.answer_terminal(answer)
    plain.answer_markdown(answer)


# --- lines, copying, export, batch ---


def test_lines_are_numbered_and_the_text_stays():
    """Each line knows its number in the whole document, whatever its line ends; a citation over two lines is marked in both."""
    text = "One.\r\nTwo\rthree.\n\nFive."
    citation = cite(text, 6, 16)
    elements = Elements(viewer.document_html(document_of(text), text, [citation], Span(6, 16)))
    assert elements.texts("whole") == [text]
    lines = [(a["data-line"], t) for _, a, t in elements.all if "data-line" in a]
    assert lines == [("1", "One.\r\n"), ("2", "Two\r"), ("3", "three.\n"), ("4", "\n"), ("5", "Five.")]
    marks = [(a.get("id"), a.get("data-number"), t) for tag, a, t in elements.all if tag == "mark"]
    assert marks == [("chosen", "1", "Two\r"), (None, None, "three.")]
    assert viewer.line_number(text, 12) == 3


@given(st.text(st.sampled_from("ab \r\n"), max_size=40), st.data())
def test_any_lines_come_back(text, data):
    """Whatever the line ends and whatever is marked."""
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    citations = [cite(text, start, end)] if start < end else []
    assert Elements(viewer.document_html(document_of(text), text, citations)).texts("whole") == [text]


@pytest.mark.parametrize("words", HOSTILE)
def test_copied_words_are_the_quotation(words):
    """Each button carries its form of the quotation whole; the parsed attribute is what goes on the clipboard."""
    citation = cite(f"{words} after.", 0, len(words), title="T")
    elements = safe(copying.copy_menu(citation, "?q=x", whole=True))
    copied = {a.get("data-form", a.get("class")): a["data-copy"] for _, a, _ in elements.all if "data-copy" in a}
    assert copied["copy"] == words
    assert copied["text"].startswith(f"“{words}”\n") and set(copied) == {"copy", *copying.NAMES}
    assert [a["data-link"] for _, a, _ in elements.all if "data-link" in a] == ["?q=x"]


def test_a_link_finds_its_quotation_again():
    """It carries the question and the place; without the words in the text there is none."""
    text = "Before it. They came on 20 January. After it."
    link = read_link(copying.link_of(cite(text, 11, 35), text, "When?"))
    found = resolve(link.anchor, "A new line. " + text)
    assert link.question == "When?" and (found.start, found.end, found.how) == (23, 47, "moved")
    assert copying.link_of(cite(text, 11, 35), "Another text.") == "" and copying.link_of(cite(text, 11, 35), None) == ""


def test_quotations_put_aside_are_pressed_buttons():
    """In the conversation and in the evidence alike."""
    citation = cite("They came.")
    view = View({}, lambda _: "They came.", frozenset({("a.txt", 0, 10)}))
    for shown in (render.answer_html(make([citation]), 0, view), panels.evidence_html(make([citation]), view)):
        assert [a["aria-pressed"] for _, a, _ in safe(shown).all if "aria-pressed" in a] == ["true"]
    assert 'aria-pressed="false"' in render.answer_html(make([citation]))


def test_export_panel():
    """What can be taken away: nothing at first, then the conversation, what was put aside, and what the browser keeps."""
    assert "data-export" not in panels.export_html(Talk()) and "data-keep" not in panels.export_html(Talk())
    talk = Talk((make([cite("They came.")]), Problem("?", "no")), (cite("They came."),))
    elements = safe(panels.export_html(talk, [{"title": "Who came?", "day": "2026-01-31", "record": "{}"}], "Kept."))
    exports = [(a["data-export"], a["data-form"]) for _, a, _ in elements.all if "data-export" in a]
    assert exports == [(what, form) for what in ("conversation", "chosen") for form in panels.EXPORTS]
    assert [a["data-act"] for _, a, _ in elements.all if "data-act" in a] == ["open", "export", "delete"]
    assert elements.texts("quotation") == ["They came."] and elements.texts("note") == ["Kept."]
    assert "1 question," in elements.texts("export")[0] and "31 January 2026" in elements.texts("kept")[0]


def test_batch_table():
    """Verdict, confidence, best quotation and reference in a row; files only once it has ended."""
    rows = [Row(1, "Who came?", make([cite("They came.")])), Row(2, "", None, "the question is empty")]
    done, running = (safe(panels.batch_html(rows, 3, going)) for going in (False, True))
    assert done.texts("quotation") == ["They came."]
    words = done.texts("answers")[0]
    assert "The documents answer this, likely right (93 %)" in words and "Not asked" in words and "is empty" in words
    assert done.texts("state") == ["2 of 3 questions asked"]
    assert [a["data-table"] for _, a, _ in done.all if "data-table" in a] == list(panels.TABLES)
    assert "progress" in running.tags and "downloads" not in str(running.all)
    assert panels.batch_html([], 0, False) == ""


def test_editing_is_said():
    """Which question is edited, what is replaced, and how to leave it."""
    assert render.editing_html(None) == ""
    assert "Editing question 1." in render.editing_html(0) and "after it" not in render.editing_html(0)
    assert "replaces its answer and the 2 after it; Undo" in render.editing_html(0, 2)
    markup = render.conversation_html([make(), make(), make()], editing=1)
    assert [a["class"] for tag, a, _ in Elements(markup).all if tag == "article"] == ["turn", "turn replaced", "turn replaced"]
