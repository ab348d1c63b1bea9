"""The build: what is carried over, what makes an index stale, what is reported, and that it is deterministic."""

from __future__ import annotations

import itertools
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from conftest import StateEncoder, WordEncoder, hidden_states
from hypothesis import given
from hypothesis import strategies as st

import index.freshness
import index.passages
from index import BuildCancelled, BuildError, BuildReport, IndexMissing, SourcesError, build_index, changes, open_index
from index.digest import file_digest
from index.encodings import JOURNAL, STARTS, STATES, TOKENS, VECTORS
from index.progress import STEPS
from index.publish import builder_lock
from index.published import CURRENT
from index.states import TOKEN_STATES, read_states
from index.store import GENERATIONS, MANIFEST
from index.vectors import BATCH_TOKENS, batches
from index.verify import check_spans

FIRST = "The first report\n\nInspectors praised the council. It was pleased.\n\n" + "More words stand here. " * 60
SECOND = "The second report\n\nNobody praised the bridge."


class Place:
    """A sources folder and its index."""

    def __init__(self, root: Path) -> None:
        self.sources, self.index = root / "sources", root / "index"
        self.sources.mkdir()
        self.encoder = WordEncoder()

    def write(self, name: str, text: str) -> None:
        path = self.sources / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("utf-8"))

    def build(self, **options: object) -> BuildReport:
        self.encoder.encoded.clear()
        return build_index(self.sources, self.index, encoder=self.encoder, **options)  # type: ignore[arg-type]

    def encodings(self) -> dict[str, tuple[bytes, bytes]]:
        """By passage text: its vector and the vectors of its tokens, as stored."""
        opened = open_index(self.index)
        return {
            opened.text(row["document"])[row["start"] : row["end"]]: (
                opened.dense.reconstruct(number).tobytes(),
                np.asarray(opened.tokens[row["tokens"] : row["tokens_end"]]).tobytes(),
            )
            for number, row in enumerate(opened.passages)
        }


@pytest.fixture
def place(tmp_path: Path) -> Place:
    place = Place(tmp_path)
    place.write("first.txt", FIRST)
    place.write("second.md", SECOND)
    return place


def test_a_build_reports_what_it_did(place: Place) -> None:
    """Counts are those of the index, the first build reuses nothing and embeds every passage."""
    place.write("skip.bin", "x")
    report = place.build()
    opened = open_index(place.index)
    assert (report.documents, report.passages, report.sentences) == (2, len(opened.passages), len(opened.sentences))
    assert report.reused == 0 and report.published and report.seconds > 0
    assert report.embedded == report.passages
    assert len(place.encoder.encoded) == report.passages
    assert [s.path for s in report.skipped] == ["skip.bin"]


def test_unchanged_sources_publish_and_embed_nothing(place: Place) -> None:
    """The second build finds the index as it should be and leaves every file alone."""
    place.build()
    before = {p: p.stat().st_mtime_ns for p in place.index.rglob("*") if p.is_file()}
    report = place.build()
    assert (report.published, report.embedded, report.reused) == (False, 0, 2)
    assert place.encoder.encoded == []
    assert {p: p.stat().st_mtime_ns for p in place.index.rglob("*") if p.is_file()} == before


def test_a_renamed_document_embeds_nothing(place: Place) -> None:
    """Vectors belong to words, not to names."""
    place.build()
    before = place.encodings()
    (place.sources / "first.txt").rename(place.sources / "z.txt")
    report = place.build()
    assert report.published and place.encoder.encoded == []
    assert [d.id for d in open_index(place.index).documents] == ["second.md", "z.txt"]
    assert place.encodings() == before


def test_a_changed_document_embeds_only_its_new_texts(place: Place) -> None:
    """Of unchanged passages the vectors are carried over bit for bit; a changed one is encoded whole."""
    place.build()
    before = place.encodings()
    place.write("second.md", SECOND + " Everybody praised the river.")
    report = place.build()
    assert place.encoder.encoded == ["The second report Nobody praised the bridge. Everybody praised the river."]
    assert (report.embedded, report.reused) == (1, 1)
    after = place.encodings()
    assert {text: after[text] for text in before if text in after and text != SECOND} == {
        text: kept for text, kept in before.items() if text != SECOND
    }


@pytest.mark.parametrize("make_encoder", [WordEncoder, StateEncoder])
def test_carried_over_vectors_are_those_of_a_fresh_build(
    place: Place, tmp_path: Path, make_encoder: type[WordEncoder], monkeypatch: pytest.MonkeyPatch
) -> None:
    """After edits, moves and removals an index is the same as one built from nothing, when it shares nothing (`test_parts.py`)."""
    monkeypatch.setattr("index.parts.MOST_PARTS", 0)
    place.encoder = make_encoder()
    place.build()
    place.write("a/third.txt", SECOND + " It rained.")
    place.write("first.txt", "A new opening.\n\n" + FIRST)
    (place.sources / "second.md").unlink()
    report = place.build()
    assert 0 < report.embedded < report.passages
    fresh = tmp_path / "fresh"
    build_index(place.sources, fresh, encoder=make_encoder())
    ours, theirs = files(place.index), files(fresh)
    assert ours.keys() == theirs.keys() and bool(ours[STATES]) == bool(place.encoder.state_dimension)
    assert {name for name in theirs if ours[name] != theirs[name]} <= {MANIFEST}


def files(folder: Path) -> dict[str, bytes]:
    root = folder / GENERATIONS / open_index(folder).name
    return {p.relative_to(root).as_posix(): p.read_bytes() for p in sorted(root.rglob("*")) if p.is_file()}


def test_the_same_sources_give_the_same_files(place: Place, tmp_path: Path) -> None:
    """Two builds differ in nothing but the time at which they were made."""
    place.build()
    build_index(place.sources, tmp_path / "other", encoder=WordEncoder())
    ours, theirs = files(place.index), files(tmp_path / "other")
    manifests = [json.loads(f.pop(MANIFEST)) for f in (ours, theirs)]
    assert ours == theirs
    for manifest in manifests:
        manifest.pop("created")
    assert manifests[0] == manifests[1]


def test_a_removed_document_is_gone(place: Place) -> None:
    """Nothing of it stays in any file of the new generation."""
    place.build()
    (place.sources / "second.md").unlink()
    assert place.build().documents == 1
    assert not [name for name, data in files(place.index).items() if b"bridge" in data]


def test_another_model_builds_anew(place: Place) -> None:
    """A changed fingerprint makes every vector stale by itself."""
    place.build()
    place.encoder = WordEncoder("words@2")
    report = place.build()
    assert report.published and report.reused == 0 and report.embedded == report.passages
    assert open_index(place.index).manifest["encoder"]["fingerprint"] == "words@2"


@pytest.mark.parametrize(
    ("owner", "name", "value"),
    [(index.freshness, "SEGMENTATION_VERSION", 99), (index.passages, "TARGET_TOKENS", 40), (index.freshness, "K1", 1.2)],
)
def test_a_changed_setting_makes_the_index_stale(
    place: Place, monkeypatch: pytest.MonkeyPatch, owner: object, name: str, value: float
) -> None:
    """What shapes an index is in its manifest; another value there is a reason to build, and the build follows it."""
    place.build()
    assert not changes(place.sources, place.index)
    monkeypatch.setattr(owner, name, value)
    assert changes(place.sources, place.index).reasons == ("the settings of loading, segmentation or retrieval changed",)
    assert place.build().published
    assert not changes(place.sources, place.index)


def test_a_changed_catalogue_is_published_without_embedding_the_unchanged(place: Place) -> None:
    """Who wrote a document is no part of what is embedded."""
    place.build()
    place.write("catalogue.toml", '["first.txt"]\nauthor = "Ann Lee"\n')
    assert changes(place.sources, place.index).changed == ("first.txt",)
    report = place.build()
    assert report.published and place.encoder.encoded == []
    assert open_index(place.index).documents[0].metadata.author == "Ann Lee"


def test_a_changed_title_embeds_that_document(place: Place) -> None:
    """The title is context of what is embedded, so it counts."""
    place.build()
    place.write("catalogue.toml", '["second.md"]\ntitle = "On bridges"\n')
    place.build()
    assert place.encoder.encoded == ["On bridges\nThe second report Nobody praised the bridge."]


def test_changes_are_told_apart(place: Place) -> None:
    """Added, changed and removed documents, and files that are newly left out, each by name or in words."""
    place.build()
    place.write("third.txt", "Words.")
    place.write("first.txt", FIRST + "More.")
    (place.sources / "second.md").unlink()
    place.write("new.bin", "x")
    found = changes(place.sources, place.index)
    assert (found.added, found.changed, found.removed) == (("third.txt",), ("first.txt",), ("second.md",))
    assert found.reasons == ("the files that are left out changed",)
    assert bool(found)


def test_a_missing_or_damaged_index_is_a_change(place: Place) -> None:
    """Why to build is said in the error's own words; the build then mends it."""
    assert "no index here" in changes(place.sources, place.index).reasons[0]
    place.build()
    name = open_index(place.index).name
    (place.index / GENERATIONS / name / "texts.utf8").write_bytes(b"x")
    assert "texts.utf8" in changes(place.sources, place.index).reasons[0]
    assert place.build().published
    assert not changes(place.sources, place.index)


def test_progress_is_reported_step_by_step(place: Place) -> None:
    """Each step is called by name with how much is done, rising to how much there is."""
    place.build()
    place.write("first.txt", FIRST + "\n\nAnd more.")
    calls: list[tuple[str, int, int]] = []
    place.build(progress=lambda *call: calls.append(call))
    steps = list(dict.fromkeys(step for step, _, _ in calls))
    assert steps == ["comparing", "reading", "embedding", "writing"] == list(STEPS)
    for step in steps:
        done = [(d, total) for s, d, total in calls if s == step]
        assert [d for d, _ in done] == sorted(d for d, _ in done)
        assert done[-1][0] == done[-1][1] > 0


def only_encodings_left(place: Place) -> bool:
    """Whether beside the first generation there is nothing, or what a stopped build had encoded."""
    left = {p for p in (place.index / GENERATIONS).iterdir() if p.name != "g000001"}
    kept = {TOKENS, STATES, STARTS, VECTORS, JOURNAL}
    return len(left) <= 1 and all(p.name.endswith(".partial") and {f.name for f in p.iterdir()} == kept for p in left)


MANY = 30
"""Paragraphs of such a length that they make several batches."""


def calls_of(place: Place) -> list[tuple[str, int, int]]:
    """Every call of the progress function in a build after a document with several batches of passages was added."""
    place.build()
    paragraphs = "\n\n".join(f"Paragraph {i}. " + "The council has seen the bridge again. " * 20 for i in range(MANY))
    place.write("third.txt", paragraphs)
    calls: list[tuple[str, int, int]] = []

    def note(*call: object) -> None:
        calls.append(call)  # type: ignore[arg-type]
        if call == ("writing", 3, 3):
            raise BuildCancelled("stopped")

    with pytest.raises(BuildCancelled):
        place.build(progress=note)
    return calls


@given(st.lists(st.integers(0, 2 * BATCH_TOKENS)))
def test_texts_are_encoded_so_many_at_once_as_fit(lengths: list[int]) -> None:
    """All of them in their order, padded to the longest of their batch; one that is too long stands alone."""
    order = sorted(range(len(lengths)), key=lambda i: -lengths[i])
    made = list(batches(order, lengths))
    assert [i for batch in made for i in batch] == order
    assert all(len(batch) == 1 or len(batch) * lengths[batch[0]] <= BATCH_TOKENS for batch in made)
    for batch, following in itertools.pairwise(made):
        assert (len(batch) + 1) * lengths[batch[0]] > BATCH_TOKENS and following


@pytest.mark.parametrize("stop", [BuildCancelled("stopped"), KeyboardInterrupt()])
def test_a_build_can_be_stopped_at_every_moment(place: Place, stop: BaseException) -> None:
    """The old index answers, nothing of the new one is left, the lock is free; the next build is a whole one."""
    calls = calls_of(place)
    current, before = (place.index / CURRENT).read_bytes(), files(place.index)
    for moment in calls:

        def stop_there(*call: object, moment: object = moment) -> None:
            if call == moment:
                raise stop

        with pytest.raises(type(stop)):
            place.build(progress=stop_there)
        assert (place.index / CURRENT).read_bytes() == current and files(place.index) == before
        assert only_encodings_left(place)
        for left in (place.index / GENERATIONS).glob("*.partial"):
            shutil.rmtree(left)
        with builder_lock(place.index):
            pass
    assert place.build().published and len(open_index(place.index).documents) == 3


def stopped(place: Place, batches: int) -> list[str]:
    """Stop a build after so many batches; returns what was encoded until then."""

    encoded: list[int] = []

    def stop(step: str, done: int, total: int) -> None:
        if step == "embedding" and done:
            encoded.append(done)
        if len(encoded) == batches:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        place.build(progress=stop)
    return list(place.encoder.encoded)


@pytest.mark.parametrize("make_encoder", [WordEncoder, StateEncoder])
def test_a_stopped_build_goes_on_where_it_was(place: Place, tmp_path: Path, make_encoder: type[WordEncoder]) -> None:
    """What was encoded is taken up by the next build, also over two stops; the result is that of a build without any."""
    place.encoder = make_encoder()
    place.write("third.txt", "\n\n".join(f"Paragraph {i}. " + "The council has seen it again. " * 25 for i in range(MANY)))
    first = stopped(place, 1)
    second = stopped(place, 1)
    report = place.build()
    rest = place.encoder.encoded
    assert first and second and 0 < report.embedded == len(rest)
    assert sorted([*first, *second, *rest]) == sorted(set(first) | set(second) | set(rest))
    build_index(place.sources, tmp_path / "fresh", encoder=make_encoder())
    ours, theirs = files(place.index), files(tmp_path / "fresh")
    assert {name for name in theirs if ours[name] != theirs[name]} <= {MANIFEST}
    assert len(list((place.index / GENERATIONS).iterdir())) == 1


def test_what_is_torn_or_changed_is_encoded_again(place: Place, tmp_path: Path) -> None:
    """After a loss of power a file may be cut short or hold nothing: no vector comes from there."""
    place.write("third.txt", "\n\n".join(f"Paragraph {i}. " + "The council has seen it again. " * 25 for i in range(MANY)))
    stopped(place, 2)
    left = next(p for p in (place.index / GENERATIONS).iterdir())
    fresh = tmp_path / "fresh"
    build_index(place.sources, fresh, encoder=WordEncoder())
    for name in (TOKENS, STARTS, VECTORS, JOURNAL):
        for damage in (lambda d: d[: len(d) // 2], lambda d: bytes(len(d)), lambda d: d[:-9] + b"\xff" + d[-8:]):
            again = tmp_path / "again"
            shutil.copytree(place.index, again)
            path = again / GENERATIONS / left.name / name
            path.write_bytes(damage(path.read_bytes()))
            place.encoder.encoded.clear()
            report = build_index(place.sources, again, encoder=place.encoder)
            assert report.embedded > 1
            ours, theirs = files(again), files(fresh)
            assert {name for name in theirs if ours[name] != theirs[name]} <= {MANIFEST}
            shutil.rmtree(again)


def test_another_model_takes_nothing_from_a_stopped_build(place: Place) -> None:
    """What is left was made by the model before."""
    place.write("third.txt", "\n\n".join(f"Paragraph {i}. " + "The council has seen it again. " * 25 for i in range(MANY)))
    stopped(place, 1)
    place.encoder = WordEncoder("words@2")
    report = place.build()
    assert report.embedded == len(set(place.encoder.encoded)) == len(place.encoder.encoded) > MANY


def test_a_text_that_stands_in_several_documents_is_encoded_once(place: Place) -> None:
    """Each passage has rows of its own, and they are the same."""
    for name in ("a.txt", "b.txt", "c/d.txt"):
        place.write(name, "The same words stand here.")
    place.build()
    assert place.encoder.encoded.count("The same words stand here.") == 1
    opened = open_index(place.index)
    rows = [opened.passages[opened.passages_of(opened.numbers[n])[0]] for n in ("a.txt", "b.txt", "c/d.txt")]
    assert len({int(r["tokens"]) for r in rows}) == 3
    assert len({np.asarray(opened.tokens[r["tokens"] : r["tokens_end"]]).tobytes() for r in rows}) == 1


def test_damaged_rows_of_the_index_before_are_encoded_again(place: Place) -> None:
    """They are not read when an index is opened, but nothing damaged is carried over."""
    place.build()
    name = open_index(place.index).name
    path = place.index / GENERATIONS / name / TOKENS
    whole = path.read_bytes()
    path.write_bytes(bytes([whole[0] ^ 1]) + whole[1:])
    place.write("third.txt", "Another text stands here.")
    assert place.build().embedded == 2
    assert files(place.index)[TOKENS].startswith(whole)
    open_index(place.index, whole=True)


def test_damaged_rows_are_encoded_again_although_no_source_has_changed(place: Place) -> None:
    """Building again is what the refusal tells to do."""
    place.build()
    before = place.encodings()
    path = place.index / GENERATIONS / open_index(place.index).name / TOKENS
    whole = path.read_bytes()
    path.write_bytes(bytes([whole[0] ^ 1]) + whole[1:])
    report = place.build()
    assert (report.published, report.embedded) == (True, 1) and place.encodings() == before
    open_index(place.index, whole=True)
    assert not place.build().published


def test_a_stop_waits_for_no_more_than_one_batch(place: Place) -> None:
    """While encoding, the progress function is called before the first batch and after each."""
    calls = [(done, total) for step, done, total in calls_of(place) if step == "embedding"]
    assert calls[0][0] == 0 and len(calls) > 3
    assert all(later[0] - sooner[0] < MANY for sooner, later in itertools.pairwise(calls))


def test_a_stopped_build_is_a_build_that_failed() -> None:
    """Whoever handles BuildError handles it too."""
    assert issubclass(BuildCancelled, BuildError)


@pytest.mark.parametrize("moment", ["rename", "fsync", "replace"])
def test_an_interrupt_while_publishing_leaves_only_encodings(place: Place, monkeypatch: pytest.MonkeyPatch, moment: str) -> None:
    """Also between the last call of the progress function and the publication."""
    place.build()
    place.write("third.txt", "Another text stands here.")

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(f"os.{moment}", interrupt)
        place.build()
    assert only_encodings_left(place)
    assert len(open_index(place.index).documents) == 2
    assert place.build().embedded == 0
    assert [p.name for p in sorted((place.index / GENERATIONS).iterdir())] == ["g000001", "g000003"]
    assert not {VECTORS, JOURNAL} & files(place.index).keys()


def test_an_interrupt_just_after_the_publication_keeps_it(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """What CURRENT names is never taken away."""
    place.build()
    place.write("third.txt", "Another text stands here.")
    replace = os.replace

    def interrupt(*paths: Path) -> None:
        replace(*paths)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("os.replace", interrupt)
        place.build()
    assert len(open_index(place.index).documents) == 3


def test_an_index_says_how_many_passages_each_document_has(place: Place) -> None:
    """In the order of its documents; one whose words are all left out has none."""
    place.write("third.txt", "Subscribe")
    place.build()
    opened = open_index(place.index)
    expected = [sum(int(row["document"]) == n for row in opened.passages) for n in range(3)]
    assert opened.passage_counts() == expected and expected[2] == 0 and min(expected[:2]) > 0


def test_every_sentence_has_its_tokens(place: Place) -> None:
    """The token vectors of a passage are shared out among its sentences, each as many as it has words."""
    place.build()
    opened = open_index(place.index)
    for sentence in opened.sentences:
        words = opened.text(sentence["document"])[sentence["start"] : sentence["end"]].split()
        assert sentence["tokens_end"] - sentence["tokens"] == len(words)


def test_every_token_has_its_state(place: Place) -> None:
    """The states of a passage are those that the encoder gave for it, in the rows of its token vectors."""
    place.encoder = StateEncoder()
    place.build()
    opened = open_index(place.index)
    assert opened.states is not None and isinstance(opened.states, np.memmap) and opened.states.dtype == np.int8
    assert opened.states.shape == (len(opened.tokens), StateEncoder.state_dimension)
    given = [e.states.tobytes() for e in StateEncoder().encode(place.encoder.encoded) if e.states is not None]
    stored = [np.asarray(opened.states[row["tokens"] : row["tokens_end"]]).tobytes() for row in opened.passages]
    assert sorted(stored) == sorted(given)


def test_an_encoder_without_states_leaves_their_file_empty(place: Place) -> None:
    """Nothing is written for what is not there; an encoder that has them then builds anew."""
    place.build()
    assert open_index(place.index).states is None
    assert files(place.index)[STATES] == b""
    place.encoder = StateEncoder()
    report = place.build()
    assert report.embedded == report.passages
    assert open_index(place.index).states is not None


@pytest.mark.real
def test_the_states_of_a_passage_are_those_of_the_network(tmp_path: Path, real_encoder) -> None:  # type: ignore[no-untyped-def]
    """What the index holds is the layer's output, as transformers gives it for the same text, compressed: to a step or two of 254."""
    text = "Inspectors praised the council on 3 May. “Good,” they said, and it was pleased."
    place = Place(tmp_path)
    place.write("a.txt", text)
    build_index(place.sources, place.index, encoder=real_encoder)
    opened = open_index(place.index)
    compression = read_states(TOKEN_STATES, file_digest(real_encoder.folder / "model.safetensors"))
    assert compression and opened.states is not None and opened.contexts == [""]
    expected = compression.compress(hidden_states(real_encoder.folder, text)[compression.layer])
    assert opened.states.shape == expected.shape and np.abs(opened.states.astype(int) - expected).max() <= 2


@pytest.mark.parametrize("names", [[], ["a.bin"], ["catalogue.toml"]])
def test_nothing_to_index_is_refused_with_the_cure(tmp_path: Path, names: list[str]) -> None:
    """An empty folder, or one with nothing that can be read, builds no index and says why."""
    place = Place(tmp_path)
    for name in names:
        place.write(name, "")
    with pytest.raises(SourcesError, match=r"no document to index .*put \.txt or \.md files in it"):
        place.build()
    with pytest.raises(IndexMissing):
        open_index(place.index)


def test_a_bad_file_is_left_out_and_the_others_are_indexed(place: Place) -> None:
    """One file that cannot be read is reported; nothing else is lost for it."""
    for name, data in {"empty.txt": b"", "binary.txt": b"\x00\x01", "latin.txt": b"caf\xe9", "noise.txt": b"a\x01" * 99}.items():
        (place.sources / name).write_bytes(data)
    report = place.build()
    assert report.documents == 2
    assert [s.path for s in report.skipped] == ["binary.txt", "empty.txt", "latin.txt", "noise.txt"]
    assert all(s.reason and s.path not in s.reason for s in report.skipped)
    assert report.skipped == place.build().skipped, "an unchanged build reports them again"


def test_sources_that_are_all_lost_leave_the_old_index(place: Place) -> None:
    """Emptying the folder by mistake does not empty the index."""
    place.build()
    for path in place.sources.iterdir():
        path.unlink()
    with pytest.raises(SourcesError):
        place.build()
    assert len(open_index(place.index).documents) == 2


@pytest.mark.parametrize(
    "text", ["Subscribe", "The of and.", "x" * 5000, "word " * 5000, "这" * 3000, "\ufeffA.\r\n\r\nB.", "שלום עולם.", "🙂 yes"]
)
def test_odd_documents_are_indexed_whole(tmp_path: Path, text: str) -> None:
    """Boilerplate alone, stop words alone, one huge word, no stops, other scripts: built, whole, and verified."""
    place = Place(tmp_path)
    place.encoder = StateEncoder()
    place.write("odd.txt", text)
    place.build()
    opened = open_index(place.index)
    assert opened.text(0) == text
    assert opened.states is not None and len(opened.states) == len(opened.tokens)
    check_spans(opened)


def test_the_title_falls_back_to_the_first_heading(place: Place) -> None:
    """The catalogue's title comes first; without one the document's own heading stands in; else it is unknown."""
    place.write("third.txt", "No heading here, only a sentence.\n\nAnother one.")
    place.write("catalogue.toml", '["second.md"]\ntitle = "On bridges"\n')
    place.build()
    assert [d.title for d in open_index(place.index).documents] == ["The first report", "On bridges", None]


def html(title: str, words: str) -> str:
    return f'<html><head><meta name="author" content="Bo Day"><title>{title}</title></head><body><p>{words}</p></body></html>'


def test_metadata_of_the_file_fills_what_the_catalogue_leaves_open(place: Place) -> None:
    """The catalogue comes first; what comes from the file is marked, and a change of either is published."""
    place.write("page.html", html("On rivers", "The river is deep."))
    place.write("catalogue.toml", '["page.html"]\nauthor = "Ann Lee"\n')
    place.build()
    page = open_index(place.index).documents[1]
    assert (page.metadata.author, page.metadata.title, page.title, page.from_file) == (
        "Ann Lee",
        "On rivers",
        "On rivers",
        ("title",),
    )
    place.write("catalogue.toml", '["page.html"]\nauthor = "Bo Day"\ntitle = "On rivers"\n')
    assert place.build().published
    place.write("catalogue.toml", "")
    assert changes(place.sources, place.index).changed == ("page.html",)
    place.build()
    page = open_index(place.index).documents[1]
    assert (page.metadata.author, page.from_file) == ("Bo Day", ("title", "author"))


def test_where_words_stand_is_told(place: Place) -> None:
    """By the index, in words; nothing is known of a plain text."""
    place.write("page.html", html("T", "A word.").replace("<p>", '<h2 id="x">Deep rivers</h2><p>'))
    place.write("second.md", "# One\n\nWords.\n\n## Two\n\nMore.")
    place.build()
    opened = open_index(place.index)
    assert opened.location(opened.numbers["first.txt"], 0, 10) == ""
    number = opened.numbers["second.md"]
    start = opened.text(number).index("More")
    assert opened.location(number, start, start + 4) == "section “One > Two”"
    page = opened.numbers["page.html"]
    assert [x.anchor for x in opened.locations(page, 0, len(opened.text(page)))] == ["x"]


def test_a_file_that_brings_its_reader_down_costs_only_itself(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """The others are indexed, whichever worker they were with, and the reason names the file."""
    from index.workers import Worker

    load = Worker.load

    def deadly(self: Worker, suffix: str, data: bytes, name: str) -> object:
        return load(self, ".crash" if name == "bad.html" else suffix, data, name)

    monkeypatch.setattr(Worker, "load", deadly)  # a suffix without a loader is what a worker does not survive
    for number in range(5):
        place.write(f"{number}.html", html(f"Page {number}", f"The river number {number} is deep."))
    place.write("bad.html", html("Bad", "Words."))
    report = place.build()
    assert report.documents == 7
    assert [s.path for s in report.skipped] == ["bad.html"]
    assert "cannot be read as .crash" in report.skipped[0].reason
