"""One open index that answers: the interface others rely on, exact quotations, and new generations noticed by themselves."""

from __future__ import annotations

import threading
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from conftest import WordEncoder
from hypothesis import given, settings
from hypothesis import strategies as st

import index
import qa
import qa.read
import qa.verdict
from index import IndexMismatch, IndexMissing, QAError, QuestionError, Where, build_index
from index.embed import Encoder
from qa import Answer, Assistant, Citation, Hit
from qa.assistant import Scope
from qa.several import Part

WORKS = "Inspectors visited the old bridge in March.\n\nThe ferry sails to Norby every morning.\n\nPupils planted forty apple trees.\n"


def opened(folder: Path, files: dict[str, str], encoder: Encoder | None = None) -> Assistant:
    """An assistant over a small collection, indexed with the tiny encoder."""
    sources = folder / "sources"
    for name, text in files.items():
        (sources / name).parent.mkdir(parents=True, exist_ok=True)
        (sources / name).write_text(text, encoding="utf-8", newline="")
    encoder = encoder or WordEncoder()
    build_index(sources, folder / "index", encoder=encoder)
    return Assistant.open(folder / "index", encoder, remember=0)  # tests change what it finds by


def rank_by_words(patch: pytest.MonkeyPatch, *, answered: bool = True) -> None:
    """Rank by matching words alone and always (or never) answer, so that a test does not hang on fitted weights."""
    weights = [10.0 * (name == "match_soft") for name in qa.read.FEATURES]
    patch.setattr(qa.read, "load_weights", lambda **_: weights)
    verdict = {"weights": dict.fromkeys(qa.verdict.SIGNS, 0.0), "bias": 20.0 if answered else -20.0}
    verdict |= {"slope": 1.0, "intercept": 0.0, "threshold": 0.5}
    patch.setattr(qa.verdict, "load_calibration", lambda **_: verdict)


@pytest.fixture(scope="module")
def two_articles(built: Path) -> Assistant:
    """The two articles, by the tiny encoder."""
    return Assistant.open(built, WordEncoder())


# --- the names that others rely on ---


def test_records_have_the_documented_fields() -> None:
    """The names of the design are there; more may be added."""
    assert {"document", "start", "end", "text", "score", "rank", "dense_rank", "sparse_rank"} <= {f.name for f in fields(Hit)}
    assert {
        "question", "verdict", "confidence", "citations", "related", "standalone_question",
    } <= {f.name for f in fields(Answer)}  # fmt: skip
    assert {
        "number", "document", "title", "start", "end", "text", "score", "highlights", "also_in",
    } <= {f.name for f in fields(Citation)}  # fmt: skip
    assert callable(Answer.to_dict)


def test_errors_have_one_base_and_both_packages_export_them() -> None:
    """Whoever catches QAError catches everything that is raised on purpose."""
    exported = {n for n in dir(index) if isinstance(getattr(index, n), type) and issubclass(getattr(index, n), Exception)}
    assert {"QAError", "QuestionError", "IndexMissing", "IndexDamaged", "IndexMismatch", "ModelError", "SourcesError"} <= exported
    for name in exported:
        assert getattr(qa, name) is getattr(index, name)
        assert issubclass(getattr(qa, name), QAError)
        assert name in qa.__all__ and name in index.__all__


def test_everything_promised_by_all_exists() -> None:
    """No name in `__all__` is missing."""
    assert all(hasattr(qa, name) for name in qa.__all__)
    assert all(hasattr(index, name) for name in index.__all__)


def test_module_functions_take_an_index(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`index=` names the folder; a question there gives what an assistant opened there gives."""
    monkeypatch.setattr("qa.assistant.SentenceTransformerEncoder", WordEncoder)
    qa._opened.cache_clear()
    question = "Who carried out the inspection?"
    assert qa.ask(question, index=built) == Assistant.open(built, WordEncoder()).ask(question)
    assert [h.rank for h in qa.retrieve(question, k=3, index=str(built))] == [1, 2, 3]
    assert qa.ask("When was it?", history=[question], index=built).standalone_question != "When was it?"
    qa._opened.cache_clear()


def test_module_functions_take_the_environment(built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """QA_INDEX names the index when `index=` does not; without both it is `.index` here."""
    monkeypatch.setattr("qa.assistant.SentenceTransformerEncoder", WordEncoder)
    monkeypatch.chdir(tmp_path)
    qa._opened.cache_clear()
    monkeypatch.setenv("QA_INDEX", str(built))
    assert qa.retrieve("the inspection", k=1)
    with pytest.raises(IndexMissing):
        qa.retrieve("the inspection", index=tmp_path / "elsewhere")
    monkeypatch.delenv("QA_INDEX")
    with pytest.raises(IndexMissing, match=r"\.index"):
        qa.ask("the inspection")
    qa._opened.cache_clear()


def test_a_missing_index_is_told_before_a_model_is_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the folder and the cure."""

    def no_model() -> None:
        raise AssertionError("the model was loaded")

    monkeypatch.setattr("qa.assistant.SentenceTransformerEncoder", no_model)
    with pytest.raises(IndexMissing, match="python -m index build"):
        Assistant.open(tmp_path / "nothing")


def test_an_index_of_another_model_is_refused(built: Path) -> None:
    """Vectors of two models cannot be compared."""
    with pytest.raises(IndexMismatch):
        Assistant.open(built, WordEncoder("others@2"))


# --- every text is the document's ---


@given(question=st.text(min_size=1, max_size=80))
@settings(max_examples=40)
def test_whatever_is_asked_every_text_is_the_documents(two_articles: Assistant, question: str) -> None:
    """Hits, citations and related passages are slices of their documents, with highlights inside; or the question is refused."""
    opened_index = two_articles.index
    try:
        answer, hits = two_articles.ask(question), two_articles.retrieve(question)
    except QuestionError:
        assert not question.strip()
        return
    for quoted in (*hits, *answer.citations, *answer.related):
        assert quoted.text and quoted.text == opened_index.text(opened_index.numbers[quoted.document])[quoted.start : quoted.end]
    for citation in (*answer.citations, *answer.related):
        assert all(citation.start <= mark.start < mark.end <= citation.end for mark in citation.highlights)
    assert 0 <= answer.confidence <= 1
    assert bool(answer.citations) == (answer.verdict == "answered")
    assert not (answer.citations and answer.related)


@pytest.mark.parametrize(
    "question", ["When did the inspection take place?", "Who is John Fuller?", "the of and", "How many zebras?"]
)
def test_the_same_question_gives_the_same_answer_twice(two_articles: Assistant, built: Path, question: str) -> None:
    """Within one assistant, and from one that is opened anew."""
    assert two_articles.ask(question) == two_articles.ask(question) == Assistant.open(built, WordEncoder()).ask(question)
    assert two_articles.retrieve(question, 50) == two_articles.retrieve(question, 50)


def test_an_answer_tells_where_it_looked(two_articles: Assistant) -> None:
    """Counts and the generation are those of the index."""
    answer = two_articles.ask("When did the inspection take place?")
    assert answer.documents_searched == len(two_articles.index.documents) == 2
    assert answer.passages_searched == len(two_articles.index.passages)
    assert answer.generation == two_articles.index.name


def test_citations_are_numbered_best_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbers from 1; the scores of sentences that are not a list never rise."""
    rank_by_words(monkeypatch)
    answer = opened(tmp_path, {"works.txt": WORKS}).ask("Which inspectors visited the bridge, or pupils the ferry?")
    assert [c.number for c in answer.citations] == list(range(1, len(answer.citations) + 1))
    assert [c.score for c in answer.citations] == sorted((c.score for c in answer.citations), reverse=True)


def test_one_to_five_citations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many sentences match alike, only a few are quoted."""
    rank_by_words(monkeypatch)
    text = "".join(f"The bridge has arch number {n}.\n\n" for n in range(30))
    for question in ("bridge arch number", "What are all the bridge arch numbers?"):
        assert 1 <= len(opened(tmp_path, {"arches.txt": text}).ask(question).citations) <= 5


# --- what may come as history ---


@pytest.mark.parametrize(
    "history", ["Who came?", b"Who came?", 5, None, [5], ["Who came?", None], {"Who came?"}, {"a": 1}, object()]
)
def test_a_history_that_is_none_is_refused(two_articles: Assistant, history: object) -> None:
    """A text in place of a list would be read letter by letter."""
    with pytest.raises(QuestionError, match="list of the earlier questions"):
        two_articles.ask("Why?", history)  # type: ignore[arg-type]


def test_a_tuple_is_a_history_too(two_articles: Assistant) -> None:
    """And empty turns in it are passed over."""
    history = ("Who carried out the inspection?", "", "   ")
    assert two_articles.ask("When was it?", history) == two_articles.ask("When was it?", list(history[:1]))


# --- a new generation ---


def test_a_new_generation_is_noticed_without_opening_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is published between two questions answers the second."""
    rank_by_words(monkeypatch)
    assistant = opened(tmp_path, {"works.txt": WORKS})
    before = assistant.ask("When did inspectors visit the old bridge?")
    (tmp_path / "sources" / "works.txt").write_text(WORKS.replace("in March", "in October"), encoding="utf-8")
    build_index(tmp_path / "sources", tmp_path / "index", encoder=WordEncoder())
    after = assistant.ask("When did inspectors visit the old bridge?")
    assert "in March" in before.citations[0].text and "in October" in after.citations[0].text
    assert before.generation != after.generation


def test_answers_during_rebuilds_are_of_one_generation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight threads ask while the index is published anew again and again: each answer fits the text of its generation."""
    rank_by_words(monkeypatch)
    assistant = opened(tmp_path, {"works.txt": WORKS})
    texts = {assistant.index.name: WORKS}
    answers: list[Answer] = []
    failures: list[BaseException] = []
    finished = threading.Event()

    def keep_asking() -> None:
        try:
            while not finished.is_set():
                answers.append(assistant.ask("When did inspectors visit the old bridge?"))
        except BaseException as error:  # noqa: BLE001 - told by the assertion below
            failures.append(error)

    threads = [threading.Thread(target=keep_asking) for _ in range(8)]
    for thread in threads:
        thread.start()
    try:
        for number in range(6):
            text = f"Notice {number} is here.{' More words.' * number}\n\n{WORKS}"
            (tmp_path / "sources" / "works.txt").write_text(text, encoding="utf-8")
            build_index(tmp_path / "sources", tmp_path / "index", encoder=WordEncoder())
            answers.append(assistant.ask("When did inspectors visit the old bridge?"))
            texts[answers[-1].generation] = text
    finally:
        finished.set()
        for thread in threads:
            thread.join()
    assert not failures
    assert len(texts) == 7 and {a.generation for a in answers} == set(texts)
    for answer in answers:
        assert answer.citations
        for citation in answer.citations:
            assert texts[answer.generation][citation.start : citation.end] == citation.text
            assert texts[answer.generation][citation.passage.start : citation.passage.end].find(citation.text) >= 0


def test_a_question_asked_again_is_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the same conversation, filter and generation; and no more answers are remembered than may be."""
    found: list[str] = []
    find = Assistant._found

    def counted(self: Assistant, scope: Scope, part: Part, *others: Any) -> Answer:
        found.append(part.question)
        return find(self, scope, part, *others)

    monkeypatch.setattr(Assistant, "_found", counted)
    opened(tmp_path, {"pier.txt": "The pier\n\nAnn Lee painted the pier. She painted it in May."})
    assistant = Assistant.open(tmp_path / "index", WordEncoder(), remember=4)
    first = assistant.ask("Who painted the pier?")
    assert assistant.ask("Who painted the pier?") == first and len(found) == 1
    assistant.ask("When did she paint it?", ["Who painted the pier?"])
    assistant.ask("When did she paint it?")
    assistant.ask("Who painted the pier?", where=Where(document="pier.txt"))
    assert len(found) == 4
    (tmp_path / "sources" / "lamp.txt").write_text("The lamp\n\nJoe Roe lit the lamp.")
    build_index(tmp_path / "sources", tmp_path / "index", encoder=WordEncoder())
    assert assistant.ask("Who painted the pier?").generation != first.generation and len(found) == 5
    for number in range(5):
        assistant.ask(f"Who lit lamp {number}?")
    assistant.ask("Who painted the pier?")
    assert len(found) == 11 and max(len(scope.answers) for scope in assistant._scopes.values()) <= 4
    forgetful = Assistant.open(tmp_path / "index", WordEncoder(), remember=0)
    assert forgetful.ask("Who painted the pier?") == forgetful.ask("Who painted the pier?") and len(found) == 13
