"""What every store does, whichever engine holds the passages: the embedded one, Milvus Lite, a server, one that lags and fails.

`pytest tests/test_store_contract.py --store-uri milvus+http://host:19530/try` runs it on a server of yours too (collections are
added to it), `--milvus-server` on one that it starts and in the end kills; see there where it listens.
"""

from __future__ import annotations

import importlib.util
import itertools
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import StateEncoder
from stores import FailingStore, LaggingStore, MilvusServer, RepeatedCalls

from index import Index, build_index, open_index
from index.addresses import open_store
from index.copying import copy_index
from index.embedded_store import EmbeddedStore
from index.errors import IndexMissing, StoreError
from index.filters import AllOf, AnyOf, Not, key_of, term_key
from index.passage_store import Facts, StoredDocument
from index.sparse import terms_of
from index.store import kind_of, speech_of
from index.stored import facts_of, named, revision_of, stored_document, wording_keys
from index.stored_index import open_stored
from qa.retrieve import search

Opener = Callable[[], Any]

DOCUMENTS, ACKNOWLEDGED = 30, 10
NO_SERVER = "not run: the contract on a Milvus server, and one that is killed; --milvus-server starts one"

HOSTILE = (
    'A “quoted” "word"\'s \\ back\\slash, an or 1 == 1] and not (id in ["x"]), 漢字 and 𝔘nicode and an {x} and a %. It ends.'
)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Index:
    """A generation of four documents, one of them a copy of another, one with hostile words."""
    folder = tmp_path_factory.mktemp("contract")
    sources = folder / "sources"
    (sources / "notes").mkdir(parents=True)
    lines = [
        f"The officers of district {i} came on {i} May. They saw {i * 7} children, and early help was there." for i in range(12)
    ]
    (sources / "a.txt").write_text("\n\n".join(lines), encoding="utf-8")
    (sources / "b.txt").write_text("\n\n".join(["A new headline."] + lines[:36]), encoding="utf-8")
    (sources / "notes" / "c.txt").write_text("The library opened again.\n\nIt rained all day long.", encoding="utf-8")
    (sources / "or 1==1].txt").write_text(HOSTILE, encoding="utf-8")
    build_index(sources, folder / "index", encoder=StateEncoder())
    return open_index(folder / "index")


@pytest.fixture(scope="module")
def documents(source: Index) -> list[StoredDocument]:
    return [stored_document(source, number) for number in range(len(source.documents))]


@pytest.fixture(scope="module")
def facts(source: Index) -> Facts:
    return facts_of(source)


@pytest.fixture(scope="module", autouse=True)
def server(
    request: pytest.FixtureRequest, facts: Facts, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[MilvusServer | None]:
    """A Milvus server where one is asked for: it starts while the other stores are tried, and is killed by the last test."""
    if not request.config.getoption("--milvus-server"):
        yield None
        return
    server = MilvusServer(tmp_path_factory.mktemp("server"), facts.manifest, stores=16)
    yield server
    server.end()


@pytest.fixture(scope="module", params=["embedded", "lagging and failing", "Milvus Lite", "Milvus server", "--store-uri"])
def opener(request: pytest.FixtureRequest, server: MilvusServer | None, tmp_path_factory: pytest.TempPathFactory) -> Opener:
    """Opens a new, empty store."""
    kind, folder, numbers = request.param, tmp_path_factory.mktemp("stores"), itertools.count()
    if kind == "embedded":
        return lambda: EmbeddedStore(folder / f"t{next(numbers)}")
    if kind == "lagging and failing":
        return lambda: RepeatedCalls(FailingStore(LaggingStore()))
    if kind == "Milvus Lite":
        if importlib.util.find_spec("milvus_lite") is None or importlib.util.find_spec("pymilvus") is None:
            pytest.skip("not run: the contract on Milvus Lite; it is not installed")
        from index.milvus_store import MilvusStore

        return lambda: MilvusStore(str(folder / "lite.db"), f"t{next(numbers)}")
    if kind == "Milvus server":
        if server is None:
            pytest.skip(NO_SERVER)
        return lambda: server.open(f"t{next(numbers)}")
    uri = request.config.getoption("--store-uri")
    if not uri:
        pytest.skip("not run: the contract on a store of your own; --store-uri names it")
    run = uuid.uuid4().hex[:8]
    return lambda: open_store(f"{uri}_{run}_t{next(numbers)}")


@pytest.fixture
def store(opener: Opener) -> Iterator[Any]:
    """An empty store."""
    opened = opener()
    yield opened
    opened.close()


@pytest.fixture
def filled(store: Any, facts: Facts, documents: list[StoredDocument]) -> Any:
    """A store in which the four documents are published."""
    store.begin(facts.manifest)
    for document in documents:
        store.write(document)
    store.publish(facts)
    return store


def ids(matches: Any) -> list[str]:
    return [match.id for match in matches]


def all_ids(documents: list[StoredDocument]) -> set[str]:
    return {name for document in documents for name in document.ids()}


def test_an_empty_store_has_nothing(store: Any) -> None:
    """And says so, rather than failing."""
    assert store.published() is None and store.name() is None and store.count() == 0
    assert store.nearest(np.ones(64, np.float32), 3) == [] and store.holding(["rain"], 3) == []
    assert store.get(["0-0-0-1"]) == {} and list(store.scan()) == [] and store.health()
    with pytest.raises(IndexMissing, match="no index here"):
        open_stored(store)


def test_what_was_written_is_found_after_a_refresh_and_only_once(
    store: Any, facts: Facts, documents: list[StoredDocument]
) -> None:
    """However often it is written."""
    store.begin(facts.manifest)
    for document in documents * 2:
        store.write(document)
    assert store.written([d.revision for d in documents]) == {d.revision for d in documents}
    store.refresh()
    assert store.count() == len(all_ids(documents))
    found = store.nearest(documents[0].encodings[0].vector, 1000)
    assert sorted(ids(found)) == sorted(all_ids(documents))


def test_a_document_is_removed_with_all_its_revisions_or_all_but_one(
    store: Any, facts: Facts, documents: list[StoredDocument]
) -> None:
    """And the others stay."""
    document = documents[0]
    about = replace(document.contents.about, title="Another title")
    contents = replace(document.contents, about=about)
    newer = replace(document, contents=contents, revision=revision_of(contents, "words+states@1"))
    assert newer.revision != document.revision
    store.begin(facts.manifest)
    for written in (*documents, newer):
        store.write(written)
    store.remove(document.revision.document, but=newer.revision.digest)
    store.refresh()
    kept = {m.revision for m in store.select(AnyOf("document", frozenset([document.revision.document])))}
    assert kept == {newer.revision}
    assert document.revision not in store.written([document.revision])
    store.remove(document.revision.document)
    store.remove(document.revision.document)
    store.refresh()
    assert set(ids(store.nearest(document.encodings[0].vector, 1000))) == all_ids(documents[1:])


def test_the_nearest_are_exact_and_best_first(filled: Any, documents: list[StoredDocument]) -> None:
    """Against a multiplication."""
    names = [name for document in documents for name in document.ids()]
    vectors = np.array([e.vector for document in documents for e in document.encodings])
    query = vectors[2] + 0.3 * vectors[0]
    query /= np.linalg.norm(query)
    products = dict(zip(names, (vectors @ query).tolist(), strict=True))
    found = filled.nearest(query, 5)
    assert len(found) == 5
    assert [m.score for m in found] == pytest.approx(sorted(products.values(), reverse=True)[:5], abs=1e-5)
    assert all(products[m.id] == pytest.approx(m.score, abs=1e-5) for m in found)
    by_name = {name: (d.revision, p) for d in documents for p, name in enumerate(d.ids())}
    assert all(by_name[m.id] == (m.revision, m.position) for m in found)
    assert filled.nearest(query, 0) == []


def test_words_find_the_passages_that_hold_them(filled: Any, documents: list[StoredDocument]) -> None:
    """Whatever they look like to the engine: they go there as keys."""
    holders = {n for d in documents for n, terms in zip(d.ids(), d.terms, strict=True) if set(terms) & {"rain", "librari"}}
    assert holders and set(ids(filled.holding(["rain", "librari"], 100))) == holders
    for word in ("slash", "漢字", "1", "or", "𝔘nicode"):
        terms = terms_of(word)
        wanted = {n for d in documents for n, own in zip(d.ids(), d.terms, strict=True) if set(own) & set(terms)}
        assert set(ids(filled.holding(terms, 100) if terms else [])) == wanted
    for term in ('"] or true', "x\\", "{x}", "%", "'; drop", "\x00"):
        assert filled.holding([term], 10) == []
    (first, *_) = filled.holding(["earli", "help"], 3)
    assert first.score > 0 and first.terms.count(term_key("help")) >= 1
    assert len(filled.holding(["earli", "help"], 3)) == 3


def test_filters_leave_what_they_say(filled: Any, documents: list[StoredDocument]) -> None:
    """In every search, and together."""
    one, two = documents[0], documents[1]
    only = AnyOf("document", frozenset([one.revision.document]))
    assert set(ids(filled.nearest(two.encodings[0].vector, 100, only))) == set(one.ids())
    assert set(ids(filled.select(Not(only)))) == all_ids(documents) - set(one.ids())
    rain = AnyOf("term", frozenset([term_key("rain")]))
    assert ids(filled.select(AllOf((only, rain)))) == []
    assert ids(filled.holding(["rain"], 10, only)) == []
    assert set(ids(filled.holding(["help"], 100, only))) == set(one.ids())
    nobody = AnyOf("document", frozenset([key_of('x"] or true or document in ["')]))
    assert filled.nearest(one.encodings[0].vector, 10, nobody) == [] and list(filled.select(nobody)) == []
    (wording, *_) = wording_keys(one.contents, 0)
    same = {d.revision for d in documents if any(wording in wording_keys(d.contents, p) for p in range(len(d.encodings)))}
    assert {m.revision for m in filled.select(AnyOf("wording", frozenset([wording])))} == same


def test_what_was_written_comes_back_as_it_was(filled: Any, documents: list[StoredDocument]) -> None:
    """Encodings, texts, rows: bit for bit, and nothing for what is not there."""
    for document in documents:
        found = filled.get([*document.ids(), "0-0-0-1"])
        assert set(found) == set(document.ids())
        for name, stored in zip(document.ids(), document.encodings, strict=True):
            for part in ("vector", "tokens", "states", "starts"):
                assert np.array_equal(getattr(found[name], part), getattr(stored, part))
        contents = filled.contents([document.revision])[document.revision]
        assert contents.text == document.contents.text and contents.about == document.contents.about
        assert contents.locations == document.contents.locations and contents.contexts == document.contents.contexts
        for part in ("passages", "sentences", "wordings", "signature"):
            assert np.array_equal(getattr(contents, part), getattr(document.contents, part))


def test_a_state_is_published_whole(filled: Any, facts: Facts, documents: list[StoredDocument]) -> None:
    """With its name, as often as one likes; and what it does not name is removed."""
    assert filled.published() == facts and filled.name() == facts.name
    filled.begin(facts.manifest)
    filled.publish(facts)
    assert filled.published() == facts and filled.count() == len(all_ids(documents))
    assert [d.revision for d in filled.scan()] == [entry.revision for entry in facts.catalogue]
    assert [d.revision for d in filled.scan(but={documents[0].revision})] == [d.revision for d in documents[1:]]
    fewer = of_documents(facts, documents[1:])
    filled.publish(fewer)
    assert filled.name() != facts.name
    assert [entry.revision for entry in filled.published().catalogue] == [d.revision for d in documents[1:]]
    assert filled.written([d.revision for d in documents]) == {d.revision for d in documents[1:]}
    assert set(ids(filled.nearest(documents[0].encodings[0].vector, 100))) == all_ids(documents[1:])


def of_documents(facts: Facts, documents: list[StoredDocument]) -> Facts:
    """The facts of a collection of these documents alone, as an embedded engine counts them."""
    wanted = {d.revision for d in documents}
    entries = tuple(replace(e, about=replace(e.about, copy_of=None)) for e in facts.catalogue if e.revision in wanted)
    held = [set(terms) for d in documents for terms in d.terms]
    terms = {term: count for term in facts.terms if (count := sum(term in own for own in held))}
    length = sum(len(terms) for d in documents for terms in d.terms)
    return named(replace(facts, catalogue=entries, terms=terms, length=length))


def test_another_making_answers_only_when_it_is_published(filled: Any, facts: Facts, documents: list[StoredDocument]) -> None:
    """A new model or another division of the texts is written beside what answers."""
    encoder = dict(facts.manifest["encoder"]) | {"fingerprint": "another@1"}
    other = named(replace(facts, manifest=dict(facts.manifest) | {"encoder": encoder}))
    remade = [replace(d, revision=revision_of(d.contents, "another@1")) for d in documents]
    catalogue = tuple(replace(e, revision=d.revision) for e, d in zip(other.catalogue, remade, strict=True))
    other = named(replace(other, catalogue=catalogue))
    filled.begin(other.manifest)
    for document in remade:
        filled.write(document)
    assert filled.name() == facts.name and filled.published() == facts
    filled.publish(other)
    assert filled.name() == other.name
    assert {m.revision for m in filled.nearest(documents[0].encodings[0].vector, 100)} == {d.revision for d in remade}


def test_an_index_is_copied_there_and_back_without_a_change(store: Any, source: Index, tmp_path: Path) -> None:
    """Bit for bit, and nothing twice; a build then finds nothing to do."""
    embedded = EmbeddedStore(source.folder)
    copied = copy_index(embedded, store)
    assert (copied.written, copied.kept, copied.passages) == (4, 0, len(source.passages))
    again = copy_index(embedded, store)
    assert (again.written, again.kept, again.removed, again.name) == (0, 4, 0, copied.name)
    back = EmbeddedStore(tmp_path / "back")
    copy_index(store, back)
    index = open_index(tmp_path / "back")
    for part in ("passages", "sentences", "tokens", "states", "starts", "wordings", "signatures"):
        assert np.array_equal(getattr(index, part), getattr(source, part))
    assert index.documents == source.documents and index.contexts == source.contexts
    assert not build_index(source.manifest["sources_folder"], tmp_path / "back", encoder=StateEncoder()).published


def test_a_question_finds_the_same_as_in_the_embedded_index(filled: Any, source: Index) -> None:
    """The same passages with the same ranks and scores, also in some of the documents, around words and without them."""
    stored, encoder = open_stored(filled), StateEncoder()
    masks = [None, np.array([True, False, True, False]), np.zeros(4, dtype=bool)]
    for question, phrases, excluded in (
        ("Who came on 3 May?", (), ()),
        ("early help", ("early help",), ()),
        ("rain", (), ("long",)),
        ("officers or 1 == 1", (), ()),
        ("nothing xyzzy", (), ()),
    ):
        for within in masks:
            asked = (encoder.encode_question(question).vector, terms_of(question), 6, phrases, excluded, 2, within)
            expected = [hit.to_dict() for hit in search(source, *asked)]
            assert [hit.to_dict() for hit in search(stored, *asked)] == [
                hit | {"score": pytest.approx(hit["score"])} for hit in expected
            ]


def test_an_opened_index_reads_like_the_embedded_one(filled: Any, source: Index) -> None:
    """Rows, texts, speakers, places, wordings, words."""
    stored = open_stored(filled)
    stored.check_rows(range(len(source.passages)))
    assert len(stored.passages) == len(source.passages) and len(stored.sentences) == len(source.sentences)
    for number in range(len(source.sentences)):
        ours, theirs = stored.sentences[number], source.sentences[number]
        assert all(ours[name] == theirs[name] for name in source.sentences.dtype.names if name != "same")
        assert stored.same_wording(number) == source.same_wording(number)
        assert kind_of(ours) == kind_of(theirs) and speech_of(ours) == speech_of(theirs)
    for row, other in zip(stored.passages[0:], source.passages, strict=True):
        assert row.tolist() == other.tolist()
        rows = slice(int(row["tokens"]), int(row["tokens_end"]))
        assert np.array_equal(stored.tokens[rows], source.tokens[rows])
        assert np.array_equal(stored.states[rows], source.states[rows])
    assert stored.documents[0].id == source.documents[0].id and stored.copied == source.copied
    assert stored.passage_counts() == source.passage_counts()
    for number, about in enumerate(source.documents):
        assert stored.text(number) == source.text(number)
        assert stored.locations(number, 0, about.characters) == source.locations(number, 0, about.characters)
        assert stored.passages_of(number) == source.passages_of(number)
    assert stored.keywords.words == source.keywords.words
    for term in ("rain", "help", "xyzzy"):
        assert stored.keywords.idf(term) == source.keywords.idf(term)
        assert stored.keywords.passages_with(term).tolist() == source.keywords.passages_with(term).tolist()


def test_a_reader_of_an_older_state_is_told_so_and_never_misled(
    filled: Any, facts: Facts, documents: list[StoredDocument]
) -> None:
    """What was removed is an error that says what to do, not another document's words."""
    stored = open_stored(filled)
    filled.begin(facts.manifest)
    filled.publish(of_documents(facts, documents[1:]))
    assert 0 not in set(stored.passages["document"][stored.nearest(documents[0].encodings[0].vector, 5)].tolist())
    with pytest.raises(StoreError, match="ask again"):
        stored.text(0)
    assert stored.text(1) == documents[1].contents.text


def test_a_killed_server_loses_nothing_that_it_acknowledged(server: MilvusServer | None, tmp_path: Path) -> None:
    """Whoever was writing or asking is told so in one line; after its start the copy goes on, and the same passages are found."""
    if server is None:
        pytest.skip(NO_SERVER)
    (tmp_path / "sources").mkdir()
    for number in range(DOCUMENTS):
        words = " ".join(f"The ferry {number} sails to harbour {number * n}." for n in range(20))
        (tmp_path / "sources" / f"{number:02}.txt").write_text(words, encoding="utf-8")
    build_index(tmp_path / "sources", tmp_path / "index", encoder=StateEncoder())
    source, index = EmbeddedStore(tmp_path / "index"), open_index(tmp_path / "index")
    asked = (StateEncoder().encode_question("ferry 7").vector, terms_of("ferry 7 harbour"), 10)
    expected = [hit.number for hit in search(index, *asked)]
    copy_index(source, server.open("t14"))
    stored = open_stored(server.open("t14"))
    assert [hit.number for hit in search(stored, *asked)] == expected
    other, acknowledged = server.open("t15"), set()
    other.begin(index.manifest)
    with pytest.raises(StoreError, match="see that the server runs") as caught:
        for document in source.scan():
            other.write(document)
            acknowledged.add(document.revision)
            if len(acknowledged) == ACKNOWLEDGED:
                server.kill()
    assert "\n" not in str(caught.value) and len(acknowledged) == ACKNOWLEDGED
    with pytest.raises(StoreError, match="see that the server runs"):
        stored.nearest(asked[0], 5)
    server.start()
    assert [hit.number for hit in search(stored, *asked)] == expected
    other = server.open("t15")
    other.begin(index.manifest)
    assert other.written(acknowledged) == acknowledged
    copied = copy_index(source, other)
    assert copied.kept >= ACKNOWLEDGED and copied.written + copied.kept == DOCUMENTS
    assert [hit.number for hit in search(open_stored(other), *asked)] == expected
