"""Copies of documents: what is the same wording, which documents are nearly the same, and what search and answers make of it."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
from conftest import WordEncoder
from hypothesis import given
from hypothesis import strategies as st
from test_assistant import opened, rank_by_words

from index import build_index, open_index
from index.duplicates import COMMON, copies_in_words, find_copies, runs_of, wording, words_in
from index.signatures import signature_of
from qa import Assistant
from qa.retrieve import find_repeats


def article(seed: int, sentences: int = 16, length: int = 9) -> list[str]:
    """Sentences of so many made-up words, their own for each seed."""
    words = random.Random(seed)
    made = ([("".join(words.choices("abcdefghijklmnop", k=6))) for _ in range(length)] for _ in range(sentences))
    return [" ".join(sentence).capitalize() + "." for sentence in made]


def misread(sentences: list[str], seed: int) -> list[str]:
    """The sentences, in each of them a letter lost: no whole sentence stays."""
    draw = random.Random(seed)
    made = []
    for words in map(str.split, sentences):
        at = draw.randrange(1, len(words) - 1)
        made.append(" ".join([*words[:at], words[at][:-1], *words[at + 1 :]]))
    return made


def copies(*documents: list[str]) -> list[int | None]:
    """`find_copies` of documents given as sentences."""
    numbers: dict[tuple[str, ...], int] = {}
    maps = [{numbers.setdefault(wording(s), len(numbers)): words_in(wording(s)) for s in d} for d in documents]
    runs = [runs_of([piece for s in d for piece in wording(s)]) for d in documents]
    return find_copies(maps, np.stack([signature_of(r) for r in runs]), runs.__getitem__)


@pytest.fixture(autouse=True)
def by_words(monkeypatch: pytest.MonkeyPatch) -> None:
    rank_by_words(monkeypatch)


# --- wordings ---


@pytest.mark.parametrize(
    "ours, theirs",
    [
        ("“It’s fine,” he said.", "'It's fine', he said"),
        ("It cost  60,000 pounds", "it cost 60000 pounds!"),
        ("a co-located team — now", "A co-located team, now."),
        ("ﬁne no\u00a0break", "fine no break"),
    ],
)
def test_marks_and_typography_are_no_words(ours: str, theirs: str) -> None:
    """Case, quotation marks, dashes, compatibility forms and the white space between."""
    assert wording(ours) == wording(theirs)


@pytest.mark.parametrize(
    "ours, theirs",
    [
        ("It cost £1.5 million", "It cost £15 million"),
        ("It cost £5", "It cost $5"),
        ("It is -5 degrees", "It is 5 degrees"),
        ("It rose by 5%", "It rose by 5"),
        ("At 10.30", "At 1030"),
        ("The bridge is safe?", "The bridge is safe."),
        ("A+ for all", "A for all"),
        ("कि", "का"),
        ("Good 👍", "Good 👎"),
    ],
)
def test_another_number_or_sign_is_another_wording(ours: str, theirs: str) -> None:
    """Points, signs, currencies, question marks, vowel signs: what changes the meaning stays."""
    assert wording(ours) != wording(theirs)


@given(st.text())
def test_any_text_has_a_wording(text: str) -> None:
    """Nothing raises, and no piece is empty."""
    assert all(wording(text)) and words_in(wording(text)) >= 0


# --- which documents are copies ---


def test_another_headline_an_added_paragraph_a_cut_and_light_edits_make_copies() -> None:
    """Of the longest, whatever the order."""
    whole = article(1)
    added = ["Another headline.", *whole[:8], *article(2, 3), *whole[8:]]
    edited = [s.replace(s.split()[4], "edited", 1) if i % 3 == 0 else s for i, s in enumerate(whole)]
    assert copies(whole, added, whole[:10], edited, article(3)) == [1, None, 1, 1, None]
    assert copies(added, article(3), edited) == [None, None, 0]


def test_shared_quotations_and_a_notice_inside_a_report_make_none() -> None:
    """Nor do few words, templates whose figures differ in every sentence, or no words at all."""
    one, two = article(1), article(2)
    assert copies([*one, *article(3, 4)], [*two, *article(3, 4)]) == [None, None]
    assert copies(one[:2], [*one, *two]) == [None, None]
    assert copies(["The ferry sails.", "It is red."], ["The ferry sails.", "It is blue and fast."]) == [None, None]
    rows = [[f"{a} {b} {a + b}" for a in range(30) for b in (n, n + 1)] for n in (3, 4)]
    assert copies(*rows) == [None, None]
    assert copies([], []) == [None, None]


def test_the_very_same_sentences_are_a_copy_however_few() -> None:
    """Also of nothing but numbers."""
    assert copies(["Yes."], ["No."], ["Yes!"]) == [None, None, 0]
    assert copies(["12 13 14", "15"], ["12 13 14", "15"], ["12 13 14"]) == [None, 0, None]


def test_a_thousand_copies_are_found_and_a_formula_makes_none() -> None:
    """Each with another headline; a paragraph that stands at the end of every document of a large collection binds nothing."""
    whole = article(1)
    found = copies(*([f"Headline number {n} of this paper.", *whole] for n in range(1000)))
    assert found == [None] + [0] * 999
    formula = article(2, 4)
    assert set(copies(*([*article(n + 10, 8), *formula] for n in range(COMMON * 3)))) == {None}


def test_copies_that_share_no_whole_sentence_are_found() -> None:
    """With other sentence ends, a letter lost in every sentence, or other hyphens in every one."""
    whole = article(1, 20, 18)
    words = " ".join(whole).replace(".", "").split()
    elsewhere = [" ".join(words[i : i + 11]) + "." for i in range(0, len(words), 11)]
    found = copies(whole, elsewhere, misread(whole, 1), article(2, 20, 18))
    assert found in ([None, 0, 0, None], [1, None, 1, None])
    assert not set(map(wording, whole)) & set(map(wording, [*elsewhere, *misread(whole, 1)]))
    hyphens = [[f"co{h}located {s}" for s in whole] for h in ("-", "\u2010", "\u2011", "\u00ad", "")]
    assert len(set(copies(*hyphens))) == 2


def test_copies_are_found_whatever_their_order() -> None:
    """The longest of each kind is the original."""
    documents = [["A headline.", *article(n, 20, 18)] for n in range(3)]
    documents += [misread(article(n % 3, 20, 18), n) for n in range(12)]
    for order in (range(15), reversed(range(15)), random.Random(1).sample(range(15), 15)):
        order = list(order)
        found = copies(*(documents[n] for n in order))
        assert {order[i]: None if o is None else order[o] for i, o in enumerate(found)} == {
            n: None if n < 3 else n % 3 for n in range(15)
        }


def test_a_copy_is_found_among_many_documents_that_share_a_formula() -> None:
    """Also when more of them do than COMMON."""
    formula = article(0, 6, 18)
    documents = [[*article(n + 10, 10, 18), *formula] for n in range(COMMON * 2)]
    documents.append(misread(documents[-1], 1))
    assert [n for n, o in enumerate(copies(*documents)) if o is not None] == [COMMON * 2]


def test_copies_are_named_in_words() -> None:
    """Ten by name, the others counted."""
    assert copies_in_words(["a", "b", "c"], [None, None, 0]) == ("nearly the same text, counted once: a, c",)
    assert copies_in_words(["a"], [None]) == ()
    assert copies_in_words([str(n) for n in range(20)], [None, *[0] * 19])[0].endswith("9, 10 and 9 more")


# --- the build, search and answers ---

FACT = "The ferry to Norby carried nine hundred passengers on its first crossing."


def syndicated(number: int = 5) -> dict[str, str]:
    """Copies of one article, each with a headline and a paragraph of its own, and one other document."""
    body = "\n\n".join([FACT, *article(1, 24)])
    files = {f"copy{n:04}.txt": f"Headline {n} of the ferry\n\n{body}\n\nReader {n} was seasick then.\n" for n in range(number)}
    return files | {"other.txt": "The old ferry to Sudby carried forty passengers and a goat on Sundays.\n\nThe goat did well.\n"}


def test_the_build_and_its_index_name_copies(tmp_path: Path) -> None:
    """In the report, also when nothing has changed; kept as documents; a build after a change finds them anew."""
    assistant = opened(tmp_path, syndicated(3))
    report = build_index(tmp_path / "sources", tmp_path / "index", encoder=WordEncoder())
    assert not report.published and report.documents == 4
    assert report.notes == ("nearly the same text, counted once: copy0000.txt, copy0001.txt, copy0002.txt",)
    assert [d.copy_of for d in assistant.index.documents] == [None, 0, 0, None]
    (tmp_path / "sources" / "copy0001.txt").write_text("Nothing of the kind any more.\n", encoding="utf-8")
    assert "copy0001" not in build_index(tmp_path / "sources", tmp_path / "index", encoder=WordEncoder()).notes[0]
    assert [d.copy_of for d in open_index(tmp_path / "index").documents] == [None, None, 0, None]


@pytest.mark.parametrize("number", [5, 300])
def test_copies_do_not_crowd_out_other_documents(tmp_path: Path, number: int) -> None:
    """Not in the hits, whose scores and ranks stay in order, and not in the citations, however many there are."""
    assistant = opened(tmp_path, syndicated(number))
    question = "How many passengers did the ferry to Norby carry on its first crossing?"
    hits = assistant.retrieve(question, k=5)
    assert hits[0].document.startswith("copy") and "other.txt" in [h.document for h in hits[1:3]]
    assert [h.rank for h in hits] == [1, 2, 3, 4, 5]
    assert [h.score for h in hits] == sorted((h.score for h in hits), reverse=True)
    answer = assistant.ask(question)
    assert [c.text for c in answer.citations].count(FACT) == 1 and len({c.text for c in answer.citations}) == len(
        answer.citations
    )
    read = assistant.weigh(question).reading.evidence
    assert any(e.text.startswith("The old ferry") for e in read) and len(read) < 200


def test_misread_copies_do_not_crowd_out_others_either(tmp_path: Path) -> None:
    """Of copies that share no whole sentence one is shown, a misread statement with the right one, each in its own words."""
    body = [FACT, *article(1, 24, 18)]
    files = {f"copy{n}.txt": "\n\n".join([f"Headline {n}", *body]) for n in range(2)}
    files |= {f"scan{n}.txt": "\n\n".join([FACT.replace("carried", "carrled"), *misread(body[1:], n)]) for n in range(5)}
    files["other.txt"] = "The old ferry to Sudby carried forty passengers and a goat on Sundays.\n"
    assistant = opened(tmp_path, files)
    assert [d.copy_of for d in assistant.index.documents] == [None, 0, None, 0, 0, 0, 0, 0]
    question = "How many passengers did the ferry to Norby carry on its first crossing?"
    hits = assistant.retrieve(question, k=2)
    assert len({h.document == "other.txt" for h in hits}) == 2
    cited = [c for c in assistant.ask(question).citations if "nine hundred" in c.text]
    assert len(cited) == 1 and cited[0].sources == 1
    assert len(cited[0].also_in) > 1 and all(files[p.document][p.start : p.end] == p.text for p in cited[0].also_in)


def test_copies_are_sources_and_counted_once(tmp_path: Path) -> None:
    """Every place is there, exact; what is counted is distinct documents."""
    files = syndicated(5) | {"report.txt": f"A report on crossings\n\n“{FACT[:-1]},” said Ann Lee.\n"}
    assistant = opened(tmp_path, files)
    answer = assistant.ask("How many passengers did the ferry to Norby carry on its first crossing?")
    cited = next(c for c in answer.citations if "nine hundred" in c.text)
    assert {cited.document, *(p.document for p in cited.also_in)} == {*files} - {"other.txt"}
    assert cited.sources == 2 and sum(p.copy for p in cited.also_in) == 4
    assert all(files[p.document][p.start : p.end] == p.text for p in cited.also_in)
    assert answer.documents_searched == 3


def test_quoted_words_and_minus_words_hold_among_copies(tmp_path: Path) -> None:
    """Of copies that all have the words one comes first, its repeats last; what is ruled out takes no other copy with it."""
    assistant = opened(tmp_path, syndicated(5))
    hits = assistant.retrieve('ferry "nine hundred passengers"', k=10)
    assert len(hits) == 5 and all("nine hundred passengers" in h.text for h in hits)
    assert [h.number for h in hits[1:]] == [*find_repeats(assistant.index, [h.number for h in hits])]
    cited = assistant.ask('How many passengers did the ferry carry? "nine hundred passengers"').citations
    assert [c.text for c in cited] == [FACT] and len(cited[0].also_in) == 4
    hits = assistant.retrieve("the ferry -seasick", k=1000)
    assert len(hits) == len(assistant.index.passages) - 5 and not any("seasick" in h.text for h in hits)


def test_what_only_a_copy_says_can_be_asked_for(tmp_path: Path) -> None:
    """Its own paragraph is found and cited, from the copy."""
    answer = opened(tmp_path, syndicated(5)).ask("Was reader 3 seasick?")
    assert (answer.citations[0].document, answer.citations[0].text) == ("copy0003.txt", "Reader 3 was seasick then.")


def test_more_hits_are_the_copies(tmp_path: Path) -> None:
    """Whoever asks for many gets every passage, repeats last, none twice."""
    assistant = opened(tmp_path, syndicated(3))
    hits = assistant.retrieve("passengers of the ferry", k=1000)
    assert len(hits) == len(assistant.index.passages) == len({h.number for h in hits})
    repeats = find_repeats(assistant.index, [h.number for h in hits])
    assert repeats and {h.number for h in hits[-len(repeats) :]} == set(repeats)


def test_a_sentence_twice_in_one_document_repeats_nothing(tmp_path: Path) -> None:
    """Copies are between documents: a refrain stays where it is."""
    refrain = "The ferry sails at noon to the town of Norby.\n\n"
    assistant = opened(tmp_path, {"a.txt": refrain * 40, "b.txt": "The bus leaves late.\n"})
    assert find_repeats(assistant.index, range(len(assistant.index.passages))) == {}
    citations = assistant.ask("When does the ferry sail to Norby?").citations
    assert [c.also_in for c in citations] == [()] * len(citations) and citations[0].sources == 1
    assert sum("ferry" in c.text for c in citations) == 1


def test_the_two_articles_are_no_copies(built: Path) -> None:
    """They share quotations and are different articles."""
    assistant = Assistant.open(built, WordEncoder())
    assert [d.copy_of for d in assistant.index.documents] == [None, None]
