"""Questions that are offered: made from the documents, tried before, and none that the conversation has had."""

from __future__ import annotations

from dataclasses import replace

from index import QuestionError, Where
from qa.answer import Answer, Citation
from qa.examples import Examples, examples_of


def test_examples_come_from_the_documents_and_are_tried(small_index):
    """Speakers and lists of the collection become questions; only those that are answered are offered, and once each."""
    tried: list[str] = []

    def ask(question: str) -> Answer:
        tried.append(question)
        if "Deshmukh" in question:
            return Answer(question, "related", 0.3, (), (), question)
        text = "x" * 40
        cited = Citation(1, "a.txt", None, len(tried), len(tried) + 1, "x", 0.9, text)
        return Answer(question, "answered", 0.9, (cited,), (), question)

    examples = [e.question for e in examples_of(small_index, ask, range(len(small_index.sentences)), 4, 12)]
    assert "What were the key strengths of the partnership flagged up by the report?" in examples
    assert "What did Councillor John Fuller say?" in examples
    assert "What did Dr Sid Deshmukh say?" in tried and "What did Dr Sid Deshmukh say?" not in examples
    assert len([t for t in tried if "Fuller" in t]) == 1, "one person under two forms of address is asked about once"
    assert len(examples) <= 4


def answering(documents: dict[str, int]):
    """Every question answered, with a quotation from the document given for one of its words."""

    def ask(question: str) -> Answer:
        asked.append(question)
        document, start = next(
            ((d, n) for d, n in documents.items() if d.split(".")[0] in question), ("other.txt", len(question))
        )
        cited = Citation(1, document, None, start, start + 1, "x", 0.9, "x" * 9999)
        return Answer(question, "answered", 0.9, (cited,), (), question)

    asked: list[str] = []
    ask.asked = asked
    return ask


def test_questions_to_go_on_with(small_index):
    """They come from the documents that were cited, repeat nothing that was asked or quoted, and are made once a document."""
    ask = answering({})
    examples = Examples(small_index, ask)
    assert 0 < len(examples.first) <= 4
    first = small_index.documents[0].id
    cited = Citation(1, first, None, 0, 1, "x", 0.9, "x" * 9999)
    answer = Answer(examples.first[0], "answered", 0.9, (cited,), (), examples.first[0].upper())
    tried = len(ask.asked)
    offered = examples.after(answer)
    assert len(offered) == 3 and examples.first[0] not in offered and len(set(offered)) == 3
    now = len(ask.asked)
    assert now > tried
    assert examples.after(answer) == offered and len(ask.asked) == now
    quoted = ask(offered[0])
    assert offered[0] not in examples.after(answer, [quoted])


def test_nothing_is_offered_on_a_document_that_is_gone(small_index):
    """Only what the whole collection offers."""
    examples = Examples(small_index, answering({}))
    gone = Citation(1, "gone.txt", None, 0, 1, "x", 0.9, "x")
    assert set(examples.after(Answer("?", "answered", 0.9, (gone,), (), "?"))) <= set(examples.first)


def test_after_a_filtered_answer_each_is_tried_with_the_filter(small_index):
    """Only what is answered from what the filter leaves is offered."""
    where, plain = Where(language="en"), answering({})

    def ask(question: str, where: Where | None = None) -> Answer:
        answer = plain(question)
        return answer if where is None or "Fuller" in question else replace(answer, verdict="related", citations=())

    examples = Examples(small_index, ask)
    cited = Citation(1, small_index.documents[0].id, None, 0, 1, "x", 0.9, "x" * 9999)
    answer = Answer("?", "answered", 0.9, (cited,), (), "?")
    assert len(examples.after(answer)) == 3
    offered = examples.after(replace(answer, where=where))
    assert offered and all("Fuller" in question for question in offered)
    assert examples.within(where) and all("Fuller" in question for question in examples.within(where))


def test_no_examples_when_nothing_is_answered(small_index):
    """A collection of which no example is answered offers none; a refused one does no harm."""

    def ask(question: str) -> Answer:
        raise QuestionError("no")

    assert [e.question for e in examples_of(small_index, ask, range(len(small_index.sentences)), 4, 12)] == []
