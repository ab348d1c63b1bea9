"""Evidence to citations: whole lists, the same words elsewhere, marks, and what is never quoted."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import WordEncoder
from test_assistant import opened, rank_by_words

from index.store import kind_of
from qa import Answer, Assistant
from qa.whole import list_around

FAULTS = (
    "The survey was made in May.\n\n"
    "Main faults of the bridge found by the survey were:\n\n"
    "  • The paint is old.\n  • Its rails are loose. They rattle.\n  • The lamps are dark.\n  • Nobody looks after it.\n\n"
    "The mayor was told about the faults of the bridge.\n"
)
ADVERT = "Norby Post Digital membership\n\n  • Latest digital issues\n  • Unlimited access\n\nFrom £15 / month\n\nSubscribe\n"


@pytest.fixture(autouse=True)
def by_words(monkeypatch: pytest.MonkeyPatch) -> None:
    rank_by_words(monkeypatch)


def exact(assistant: Assistant, answer: Answer) -> bool:
    text_of = {d.id: assistant.index.text(n) for n, d in enumerate(assistant.index.documents)}
    quoted = [(c.document, c.start, c.end, c.text) for c in (*answer.citations, *answer.related)]
    quoted += [(p.document, p.start, p.end, "") for c in answer.citations for p in c.also_in]
    return all(text_of[d][a:b] == t or (not t and text_of[d][a:b]) for d, a, b, t in quoted)


# --- lists ---


@pytest.mark.parametrize(
    "question", ["What were the main faults of the bridge?", "Which faults of the bridge were found by the survey?"]
)
def test_a_list_is_cited_whole_and_in_its_order(tmp_path: Path, question: str) -> None:
    """The lead-in stands in the first citation, an item of two sentences is one citation, and a note tells how many."""
    assistant = opened(tmp_path, {"survey.txt": FAULTS})
    answer = assistant.ask(question)
    assert [c.text.splitlines()[-1].lstrip(" •") for c in answer.citations] == [
        "The paint is old.",
        "Its rails are loose. They rattle.",
        "The lamps are dark.",
        "Nobody looks after it.",
    ]
    assert answer.citations[0].text.startswith("Main faults of the bridge found by the survey were:")
    assert [c.number for c in answer.citations] == [1, 2, 3, 4]
    assert any("4 of 4" in note for note in answer.notes)
    assert exact(assistant, answer)


def test_an_item_that_answers_is_cited_alone(tmp_path: Path) -> None:
    """A question for one thing gets the one item, and no note."""
    answer = opened(tmp_path, {"survey.txt": FAULTS}).ask("Who looks after it? Nobody?")
    assert "Nobody looks after it." in answer.citations[0].text
    assert answer.notes == () and len(answer.citations) < 4


def test_the_list_around_an_item_is_its_own(tmp_path: Path) -> None:
    """From the lead-in or any item; a paragraph has none, and a list ends with its document."""
    index = opened(tmp_path, {"a.txt": FAULTS, "b.txt": "  • One thing is so.\n  • Another is not.\n"}).index
    kinds = [kind_of(row) for row in index.sentences]
    lead = kinds.index("lead_in")
    items = list_around(index, lead)
    assert len(items) == 4 and [n for item in items for n in item] == list(range(lead + 1, lead + 6))
    assert all(list_around(index, n) == items for n in range(lead, lead + 6))
    assert list_around(index, 0) == []
    documents = {int(index.sentences[n]["document"]) for item in list_around(index, len(kinds) - 1) for n in item}
    assert len(documents) == 1


# --- the same words elsewhere ---


def test_the_same_sentence_in_two_documents_is_one_citation(tmp_path: Path) -> None:
    """With the other place in `also_in`; white space and marks may differ, each place is exact."""
    files = {
        "a.txt": "The ferry sails to Norby at noon.\n\nIt is red.\n",
        "b.txt": "News of May.\n\nThe  ferry sails to Norby, at noon.\n",
        "c.txt": "The ferry sails to Sudby at noon.\n",
    }
    assistant = opened(tmp_path, files)
    answer = assistant.ask("The ferry sails to Norby at noon")
    first = answer.citations[0]
    places = {(first.document, first.text)} | {(p.document, files[p.document][p.start : p.end]) for p in first.also_in}
    assert places == {("a.txt", "The ferry sails to Norby at noon."), ("b.txt", "The  ferry sails to Norby, at noon.")}
    assert not any("Norby" in c.text for c in answer.citations[1:])
    assert exact(assistant, answer)
    assert answer.to_dict()["citations"][0]["also_in"] == [
        {"document": p.document, "start": p.start, "end": p.end, "text": p.text, "copy": False} for p in first.also_in
    ]


# --- marks, speakers, passages ---


def test_the_fact_is_marked_within_the_quotation(tmp_path: Path) -> None:
    """Marks are positions in the document."""
    text = "A word before.\n\nInspectors visited the bridge on 4 May 1987.\n"
    first = opened(tmp_path, {"a.txt": text}).ask("When did inspectors visit the bridge?").citations[0]
    assert [text[m.start : m.end] for m in first.highlights] == ["4 May 1987"]


def test_a_quotation_says_where_in_its_file_it_stands(tmp_path: Path) -> None:
    """As a person looks it up: by the section here, by the page in a PDF; nothing where that is not known."""
    text = "# Bridges\n\nA word before.\n\n## Faults\n\nInspectors visited the bridge on 4 May 1987.\n"
    assistant = opened(tmp_path, {"a.md": text, "b.txt": "The ferry sailed on 5 May 1988.\n"})
    assert assistant.ask("When did inspectors visit the bridge?").citations[0].location == "section “Bridges > Faults”"
    assert assistant.ask("When did the ferry sail?").citations[0].location is None


def test_a_quotation_has_its_passage_around_it(tmp_path: Path) -> None:
    """The wider run to read holds it."""
    answer = opened(tmp_path, {"a.txt": FAULTS}).ask("When was the survey made?")
    assert answer.citations
    assert all(c.passage.start <= c.start and c.end <= c.passage.end for c in answer.citations)


def test_what_leans_on_the_sentence_before_says_so(tmp_path: Path) -> None:
    """ "It …" needs what it stands for."""
    answer = opened(tmp_path, {"a.txt": "The bridge was shut in May. It opened again in June.\n"}).ask("opened again in June")
    assert answer.citations[0].leans and answer.citations[0].text.startswith("It ")


def test_related_passages_are_whole_and_distinct_and_nobodys_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are shown as not an answer; who says one sentence of a passage does not say all of it."""
    rank_by_words(monkeypatch, answered=False)
    text = "The bridge is shut. “It is old,” said Ann Lee, the mayor. “We shall mend it.” Mark Hill said he was glad.\n"
    assistant = opened(tmp_path, {"a.txt": text, "b.txt": FAULTS})
    answer = assistant.ask("What did Ann Lee say is old?")
    assert answer.citations == () and answer.related
    assert [c.number for c in answer.related] == list(range(1, len(answer.related) + 1))
    assert len({(c.document, c.start) for c in answer.related}) == len(answer.related) <= 3
    for citation in answer.related:
        assert (citation.start, citation.end) == (citation.passage.start, citation.passage.end)
    assert {c.speaker for c in answer.related} == {None}
    assert exact(assistant, answer)


# --- what is known of a document ---


def test_a_citation_carries_what_is_known(tmp_path: Path) -> None:
    """And None for what is not."""
    (tmp_path / "sources").mkdir()
    catalogue = '["a.txt"]\ntitle = "Ferries"\nauthor = "Ann Lee"\ndate = "2020-03"\n'
    (tmp_path / "sources" / "catalogue.toml").write_text(catalogue, encoding="utf-8")
    first = opened(tmp_path, {"a.txt": "The ferry sails to Norby.\n"}).ask("ferry to Norby").citations[0]
    assert (first.title, first.author, first.date, first.publisher) == ("Ferries", "Ann Lee", "2020-03", None)


# --- what is never quoted ---


@pytest.mark.parametrize(
    "question",
    [
        "How much is a membership?",
        "From £15 / month",
        "Latest digital issues",
        "Subscribe",
        "unlimited access",
        '"From £15 / month"',
    ],
)
@pytest.mark.parametrize("answered", [True, False])
def test_an_advert_is_in_nothing_that_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, question: str, answered: bool
) -> None:
    """Not in a citation, a related passage or a hit, even when it is asked for in its own words."""
    rank_by_words(monkeypatch, answered=answered)
    assistant = opened(tmp_path, {"news.txt": f"The ferry sails to Norby.\n\nIt is red and fast.\n\n{ADVERT}"})
    left_out = [p.span for p in assistant.index.documents[0].left_out]
    assert any("£15" in s.of(assistant.index.text(0)) for s in left_out)
    answer = assistant.ask(question)
    for quoted in (*answer.citations, *answer.related, *assistant.retrieve(question, 50)):
        assert not any(quoted.start < s.end and s.start < quoted.end for s in left_out)


def test_nothing_left_out_of_the_two_articles_is_ever_shown(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every sentence that is left out is asked for in its own words."""
    assistant = Assistant.open(built, WordEncoder())
    spans = {d.id: [p.span for p in d.left_out] for d in assistant.index.documents}
    asked = [s.of(assistant.index.text(assistant.index.numbers[name])) for name, some in spans.items() for s in some]
    assert len(asked) > 5
    for question in asked:
        answer = assistant.ask(question)
        for quoted in (*answer.citations, *answer.related, *assistant.retrieve(question, 50)):
            assert not any(quoted.start < s.end and s.start < quoted.end for s in spans[quoted.document])
