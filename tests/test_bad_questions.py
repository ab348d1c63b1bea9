"""Questions that nobody should ask: refused in one line, or answered like any other; never an exception."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from conftest import WordEncoder
from hypothesis import example, given, settings
from hypothesis import strategies as st

from index import QuestionError, build_index
from qa import Answer, Assistant
from qa.plain import answer_terminal

REFUSED = {"empty": "", "blanks": "   ", "lines": "\n\t\r\n", "wide blanks": "\u2003\u00a0", "too long": "x" * 10_001}
STRANGE = {
    "10,000 letters": "x" * 10_000,
    "10,000 characters of words": ("inspection " * 1000)[:10_000],
    "one endless compound": ("a-" * 5000),
    "10,000 characters in another script": "检" * 10_000,
    "stop words": "the of and is it",
    "a stop word": "the",
    "Arabic": "من أجرى التفتيش؟",
    "Chinese": "谁进行了检查？",
    "Cyrillic": "Кто проводил проверку?",
    "Hebrew in English": "Who is המפקח of the council?",
    "HTML": "<script>alert(1)</script> <b>Who</b> carried out the inspection?",
    "Markdown": "**Who** [carried](http://x) out\n# the `inspection`?",
    "control characters": "Who\x01 carried\x1b[31m out\x7f the inspection?",
    "only control characters": "\x01\x02\x03",
    "NUL": "\x00",
    "NUL inside": "Who\x00 carried out the inspection?",
    "zero width": "\u200b\u200d\ufeff",
    "turned round": "\u202eWho led it?\u202c",
    "a lone surrogate": "\ud800",
    "surrogates inside": "Who \udcff carried \ud83d out the inspection?",
    "a surrogate in quotation marks": '"\udfff" -\ud800x',
    "emoji": "😀👩‍👩‍👧‍👦🏴󠁧󠁢󠁥󠁮󠁧󠁿",
    "combining marks": "e\u0301\u0301\u0301\u0301 \u0301",
    "marks": '?!… — “” "" \'',
    "backslashes": "\\\\n \\d+ (?P<x>.*) %s {0} ${HOME}",
    "only a word left out": "-inspection",
    "everything left out": "-who -carried -out",
    "an open quotation": 'Who said "the inspection',
    "an empty quotation": '""',
    "a number": "20",
    "a regular expression": "(a+)+$" * 50,
    "a question in private characters": "Who \uf8ff0\uf8ff \uf8ff9\uf8ff “said” it?",
    "300 questions": "Who came? " * 300,
    "a numbered list of nothing": "1.\n2.\n3.",
    "a paragraph": "The inspection was long and so was the report. " * 200 + "Who led it?",
    "two questions at the end of a paragraph": "The inspection was long. " * 350 + "Who led it and when did they visit? Why?",
    "a query": "title:inspection AND (x OR y) NEAR/3 'z'; DROP TABLE passages; --",
}


@pytest.fixture(scope="module")
def tiny(built: Path) -> Assistant:
    return Assistant.open(built, WordEncoder())


@pytest.fixture(scope="module")
def real(articles: Path, tmp_path_factory: pytest.TempPathFactory, real_encoder) -> Assistant:  # type: ignore[no-untyped-def]
    folder = tmp_path_factory.mktemp("real")
    build_index(articles, folder, encoder=real_encoder)
    return Assistant.open(folder, real_encoder)


def check(assistant: Assistant, answer: Answer) -> None:
    """Whole, exact, and possible to print and to write as JSON."""
    assert answer.verdict in ("answered", "related", "not_found") and 0 <= answer.confidence <= 1
    assert bool(answer.citations) == (answer.verdict == "answered")
    for c in (*answer.citations, *answer.related):
        assert assistant.index.text(assistant.index.numbers[c.document])[c.start : c.end] == c.text
    assert json.dumps(answer.to_dict(), ensure_ascii=False).encode("utf-8")
    assert answer_terminal(answer).encode("utf-8")


@pytest.mark.parametrize("question", REFUSED.values(), ids=REFUSED)
def test_no_question_is_refused_in_one_line(tiny: Assistant, question: str) -> None:
    """Asked or only looked up, first or after others."""
    for refused in (lambda: tiny.ask(question), lambda: tiny.retrieve(question), lambda: tiny.ask(question, ["Who came?"])):
        with pytest.raises(QuestionError) as caught:
            refused()
        assert "\n" not in str(caught.value) and len(str(caught.value)) < 120


@pytest.mark.parametrize("question", STRANGE.values(), ids=STRANGE)
def test_a_strange_question_gets_an_answer(tiny: Assistant, question: str) -> None:
    """Asked, looked up, as a follow-up and as what is followed."""
    check(tiny, tiny.ask(question))
    tiny.retrieve(question)
    check(tiny, tiny.ask(question, ["Who carried out the inspection?"]))
    for follow_up in ("Why?", "What did he say?", "And the police?"):
        check(tiny, tiny.ask(follow_up, [question]))


@pytest.mark.real
@pytest.mark.parametrize("question", STRANGE.values(), ids=STRANGE)
def test_a_strange_question_gets_an_answer_from_the_model(real: Assistant, question: str) -> None:
    """Its tokenizer drops control characters and takes no lone surrogate; neither may show."""
    check(real, real.ask(question))
    real.retrieve(question)
    check(real, real.ask("And the police?", [question]))


@pytest.mark.parametrize("question", ["???", "…", "\x01", '""', "😀", "--"])
def test_marks_alone_are_never_answered(tiny: Assistant, question: str) -> None:
    """Without a word there is nothing that a quotation could answer."""
    answer = tiny.ask(question)
    assert (answer.verdict, answer.citations) == ("not_found", ())


@pytest.mark.real
@pytest.mark.parametrize("question", ["???", "...", "\x01", '""', "--", "\u200b"])
def test_marks_alone_are_never_answered_by_the_model(real: Assistant, question: str) -> None:
    """However sure the model is of its match for a question mark."""
    assert real.ask(question).verdict == "not_found"


def test_control_characters_change_nothing(tiny: Assistant) -> None:
    """White space between words is white space."""
    plain = tiny.ask("Who carried out the inspection?")
    spaced = tiny.ask("  Who\tcarried\n\nout \u00a0the\r\ninspection?  ")
    assert (spaced.citations, spaced.confidence) == (plain.citations, plain.confidence)


@given(
    question=st.text(st.characters(codec=None), min_size=1, max_size=200),
    earlier=st.text(st.characters(codec=None), max_size=100),
)
@settings(max_examples=60)
@example(question="-\ud800", earlier="\ud800")
def test_any_text_at_all(tiny: Assistant, question: str, earlier: str) -> None:
    """An answer, or a refusal because it is blank."""
    try:
        check(tiny, tiny.ask(question, [earlier]))
    except QuestionError:
        assert not question.strip()


# --- the conversation before ---

STRANGE_HISTORIES = {
    "empty texts": ["", " ", "\n", "", "\u200b"],
    "garbage": ["\x00", "\ud800", "((((", "-", '"', "😀" * 500, "检" * 10_000, "\\1 (?P<x>", "\uf8ff0\uf8ff"],
    "longer than a question may be": ["inspection " * 20_000],
    "a contradiction": ["Was the inspection in January?", "Was the inspection in May and not in January?", "No, it was in Kent."],
    "itself": ["Who carried out the inspection?"] * 50,
    "several questions a message": ["Who led it? When was it? Why?", "1. Who?\n2. When?"] * 10,
    "other languages": ["Wer hat die Inspektion durchgeführt?", "谁进行了检查？"],
}


@pytest.mark.parametrize("history", STRANGE_HISTORIES.values(), ids=STRANGE_HISTORIES)
def test_a_strange_conversation_gets_an_answer(tiny: Assistant, history: list[str]) -> None:
    """A question that stands alone is answered as if nothing had been said; a follow-up is answered somehow."""
    alone = tiny.ask("Who carried out the inspection?")
    assert tiny.ask("Who carried out the inspection?", history) == alone
    for follow_up in ("Why?", "What did he say?", "And the police?", "When was it? And where?"):
        check(tiny, tiny.ask(follow_up, history))


def test_of_a_contradictory_conversation_the_latest_counts(tiny: Assistant) -> None:
    """A follow-up takes up what was asked last."""
    history = ["Was the inspection in January?", "Was the inspection in May?"]
    assert "May" in tiny.ask("Why?", history).standalone_question
    assert "January" in tiny.ask("Why?", history[::-1]).standalone_question


@pytest.mark.parametrize("message", ["Who carried out the inspection?", "The inspection was long. Who led it? Why?\n" * 200])
def test_a_thousand_turns_take_no_longer_than_twenty(tiny: Assistant, message: str) -> None:
    """Only the latest are looked at."""
    for follow_up in ("Why?", "What did she say?"):
        assert tiny.ask(follow_up, [message] * 1000) == tiny.ask(follow_up, [message] * 20)
        started = time.perf_counter()
        tiny.ask(follow_up, [message] * 1000)
        assert time.perf_counter() - started < 5


def test_what_was_said_long_ago_is_forgotten(tiny: Assistant) -> None:
    """The first of a thousand turns changes nothing."""
    recent = ["Who carried out the inspection?"] * 999
    assert tiny.ask("Why?", ["When did the police come?", *recent]) == tiny.ask("Why?", recent)
