"""A generation on disk: refused when anything in it has changed, readable while the next one is published."""

from __future__ import annotations

import json
import multiprocessing
import random
import shutil
import threading
from pathlib import Path

import pytest
from conftest import StateEncoder, WordEncoder

from index import BuildError, Index, IndexDamaged, IndexMismatch, IndexMissing, build_index, open_index, publish, store
from index.encodings import STATES
from index.publish import builder_lock
from index.published import CURRENT
from index.store import GENERATIONS, LOCK, MANIFEST, ROWS, kind_of, speech_of
from index.verify import check_spans

SEED = 20


@pytest.fixture
def copy(built: Path, tmp_path: Path) -> Path:
    """A copy of the small index, to be damaged."""
    return Path(shutil.copytree(built, tmp_path / "index"))


def files_of(folder: Path) -> list[Path]:
    """Every file of the published generation that holds anything, and the one that names it."""
    return [p for p in sorted(folder.rglob("*")) if p.is_file() and p.name != LOCK and p.stat().st_size]


def generation(folder: Path) -> Path:
    return folder / GENERATIONS / (folder / CURRENT).read_text().split()[0]


def test_an_index_knows_its_documents(small_index: Index, articles: Path) -> None:
    """Texts come back character for character, numbered in the order of their ids."""
    assert [d.id for d in small_index.documents] == sorted(p.name for p in articles.glob("*.txt"))
    for number, document in enumerate(small_index.documents):
        text = (articles / document.id).open(encoding="utf-8", newline="").read()
        assert small_index.text(number) == text
        assert document.characters == len(text)
        assert small_index.numbers[document.id] == number


def test_speakers_and_kinds_survive_the_disk(small_index: Index) -> None:
    """A sentence's kind, speaker and role are read back as they were found."""
    text = small_index.text(0)
    row = next(i for i, s in enumerate(small_index.sentences) if "maximise their prospects" in text[s["start"] : s["end"]])
    speech = speech_of(small_index.sentences[row])
    assert kind_of(small_index.sentences[row]) == "paragraph"
    assert speech and speech.speaker.of(text) == "Dr Sid Deshmukh" and speech.role
    assert speech_of(small_index.sentences[0]) is None and kind_of(small_index.sentences[0]) == "heading"


def test_the_manifest_says_what_the_index_is(small_index: Index) -> None:
    """Format, model, settings, sources, counts and a checksum for every file but itself."""
    manifest = small_index.manifest
    place = small_index.folder / GENERATIONS / small_index.name
    assert manifest["format"] == store.FORMAT
    assert manifest["encoder"]["fingerprint"] == WordEncoder.fingerprint
    assert manifest["settings"] and manifest["sources"] and manifest["created"]
    assert manifest["counts"] == {
        "documents": 2, "passages": len(small_index.passages), "sentences": len(small_index.sentences),
        "tokens": len(small_index.tokens), "copies": 0,
    }  # fmt: skip
    assert set(manifest["files"]) == {p.relative_to(place).as_posix() for p in place.rglob("*") if p.is_file()} - {MANIFEST}


def test_one_flipped_byte_anywhere_is_refused(copy: Path) -> None:
    """In every file, at its ends and at seeded places between: refused, with a file named, and never half read."""
    rng = random.Random(SEED)
    for path in files_of(copy):
        whole = path.read_bytes()
        for at in {0, len(whole) - 1, *(rng.randrange(len(whole)) for _ in range(4))}:
            changed = bytearray(whole)
            changed[at] ^= 1 << rng.randrange(8)
            path.write_bytes(changed)
            with pytest.raises(IndexDamaged) as refused:
                open_index(copy, whole=True)
            if path.name in ROWS:  # opened without them, each row is checked when it is first read
                opened = open_index(copy)
                with pytest.raises(IndexDamaged, match=path.name):
                    opened.check_rows(range(len(opened.passages)))
            named = path.name if path.name != CURRENT else ""
            assert named in str(refused.value) and str(copy) in str(refused.value), f"{path} at {at}"
            assert "build the index again" in str(refused.value)
        path.write_bytes(whole)
    open_index(copy)


def test_a_flipped_byte_in_the_states_is_refused(articles: Path, tmp_path: Path) -> None:
    """The states of tokens are under the checksums like every other file, and so is their being there."""
    build_index(articles, tmp_path, encoder=StateEncoder())
    path = generation(tmp_path) / STATES
    whole = path.read_bytes()
    path.write_bytes(whole[:-5] + bytes([whole[-5] ^ 1]) + whole[-4:])
    for use in (
        lambda: open_index(tmp_path, whole=True),
        lambda: open_index(tmp_path).check_rows(range(len(open_index(tmp_path).passages))),
    ):
        with pytest.raises(IndexDamaged, match=r"states\.int8: its checksum has changed; build the index again"):
            use()
    path.unlink()
    with pytest.raises(IndexDamaged, match=r"states\.int8"):
        open_index(tmp_path)
    path.write_bytes(whole)
    assert open_index(tmp_path).states is not None


def test_a_truncated_or_lengthened_file_is_refused(copy: Path) -> None:
    """Cut to nothing, to half, by one byte, or grown by one: refused by name."""
    for path in files_of(copy):
        whole = path.read_bytes()
        for data in {b"", whole[: len(whole) // 2], whole[:-1], whole + b"\0"} - {whole}:
            path.write_bytes(data)
            with pytest.raises(IndexDamaged, match=path.name):
                open_index(copy)
        path.write_bytes(whole)


def test_a_missing_file_is_refused(copy: Path) -> None:
    """Any file that is gone is named; without CURRENT there is no index at all."""
    for path in files_of(copy):
        whole = path.read_bytes()
        path.unlink()
        with pytest.raises(IndexMissing if path.name == CURRENT else IndexDamaged, match="build"):
            open_index(copy)
        path.write_bytes(whole)


def test_a_file_in_the_place_of_a_folder_is_refused(copy: Path) -> None:
    """Whatever stands where a file should be, the answer is one line."""
    place = generation(copy)
    (place / "passages.npy").unlink()
    (place / "passages.npy").mkdir()
    with pytest.raises(IndexDamaged, match="passages.npy"):
        open_index(copy)


def test_a_manifest_changed_with_its_checksum_is_still_checked(copy: Path) -> None:
    """Spans that do not fit their text are found by `verify` even where every checksum was made to fit."""
    import hashlib

    import numpy as np

    place = generation(copy)
    sentences = np.load(place / "sentences.npy")
    sentences["start"][3] -= 1
    np.save(place / "sentences.npy", sentences)
    manifest = json.loads((place / MANIFEST).read_text())
    manifest["files"]["sentences.npy"]["sha256"] = hashlib.sha256((place / "sentences.npy").read_bytes()).hexdigest()
    (place / MANIFEST).write_text(json.dumps(manifest))
    (copy / CURRENT).write_text(f"{place.name} {hashlib.sha256((place / MANIFEST).read_bytes()).hexdigest()}\n")
    with pytest.raises(IndexDamaged, match="sentence"):
        check_spans(open_index(copy))


def test_every_span_of_a_good_index_fits(small_index: Index) -> None:
    """The number of spans is that of sentences, passages, parts left out and speakers together."""
    speakers = sum(speech_of(row) is not None for row in small_index.sentences)
    assert check_spans(small_index) > len(small_index.sentences) + len(small_index.passages) + speakers


@pytest.mark.parametrize("make", [lambda p: None, lambda p: p.mkdir(), lambda p: p.write_text("a file")])
def test_no_index_is_said_with_the_command(tmp_path: Path, make) -> None:  # type: ignore[no-untyped-def]
    """No folder, an empty one, or a file in its place: no index, and how to build one."""
    make(tmp_path / "index")
    with pytest.raises(IndexMissing, match="no index here; build one with: python -m index build"):
        open_index(tmp_path / "index")


def test_another_format_is_refused(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An index of a later program is not guessed at; the message has both numbers."""
    monkeypatch.setattr(store, "FORMAT", store.FORMAT + 1)
    with pytest.raises(
        IndexMismatch, match=rf"index format {store.FORMAT - 1}, this program reads {store.FORMAT}; build the index again"
    ):
        open_index(copy)


def test_another_model_is_refused(built: Path) -> None:
    """Vectors of two models cannot be compared; both fingerprints are in the message."""
    with pytest.raises(IndexMismatch, match="built with words@1, asked with other@2"):
        open_index(built, fingerprint="other@2")
    assert open_index(built, fingerprint="words@1").name == "g000001"


def rebuild(folder: Path, sources: Path, text: str) -> None:
    (sources / "a.txt").write_text(text, encoding="utf-8")
    build_index(sources, folder, encoder=WordEncoder())


@pytest.fixture
def growing(tmp_path: Path) -> tuple[Path, Path]:
    """An index folder and its sources, built once."""
    folder, sources = tmp_path / "index", tmp_path / "sources"
    sources.mkdir()
    rebuild(folder, sources, "The first text stands here.")
    return folder, sources


def test_an_open_index_goes_on_answering_while_others_are_published(growing: tuple[Path, Path]) -> None:
    """What was opened before stays whole, even when its files have been cleared away."""
    index = open_index(growing[0])
    before = check_spans(index)
    for number in range(4):
        rebuild(*growing, f"Text number {number} stands here instead.")
    assert not (growing[0] / GENERATIONS / index.name).exists()
    index.text.cache_clear()
    assert index.text(0) == "The first text stands here."
    assert check_spans(index) == before
    assert len(index.tokens) and index.dense.reconstruct(0).any() and index.keywords.scores(["text"]).any()
    assert open_index(growing[0]).text(0) == "Text number 3 stands here instead."


def test_opening_never_fails_while_others_publish(growing: tuple[Path, Path]) -> None:
    """A reader that opens at any moment of many publications gets one generation, whole."""
    failures: list[BaseException] = []
    texts: set[str] = set()
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            try:
                index = open_index(growing[0])
                check_spans(index)
                texts.add(index.text(0))
            except BaseException as error:
                failures.append(error)
                return

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for number in range(25):
            rebuild(*growing, f"Text number {number} stands here.")
    finally:
        done.set()
        reader.join()
    assert failures == []
    assert texts


def test_old_generations_are_cleared_and_leftovers_of_killed_builds_too(growing: tuple[Path, Path]) -> None:
    """Three generations stay unless said otherwise; what a killed build left behind goes with the next build."""
    folder, sources = growing
    (folder / GENERATIONS / "g000009.partial").mkdir()
    (folder / GENERATIONS / "g000009.partial" / "texts.utf8").write_text("half")
    for number in range(4):
        rebuild(folder, sources, f"Text number {number}.")
    assert sorted(p.name for p in (folder / GENERATIONS).iterdir()) == ["g000011", "g000012", "g000013"]


def hold(folder: str, held: object, release: object) -> None:
    with builder_lock(Path(folder)):
        held.set()  # type: ignore[attr-defined]
        release.wait(60)  # type: ignore[attr-defined]


def test_the_second_of_two_builds_says_so_and_stops(growing: tuple[Path, Path]) -> None:
    """While another process builds, a build stops at once and changes nothing; afterwards it works."""
    folder, sources = growing
    context = multiprocessing.get_context("spawn")
    held, release = context.Event(), context.Event()
    process = context.Process(target=hold, args=(str(folder), held, release))
    process.start()
    assert held.wait(60)
    with pytest.raises(BuildError, match="another build is running; wait for it to end"):
        rebuild(folder, sources, "Another text.")
    assert open_index(folder).name == "g000001"
    release.set()
    process.join()
    rebuild(folder, sources, "Another text.")
    assert open_index(folder).text(0) == "Another text."


def test_two_builds_in_one_process_are_kept_apart_too(growing: tuple[Path, Path]) -> None:
    """The web page's rebuild button must not run beside another thread's build."""
    with builder_lock(growing[0]), pytest.raises(BuildError, match="another build is running"):
        rebuild(*growing, "Another text.")


def test_a_build_can_wait_for_another(growing: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """It reads the documents when its turn has come."""
    folder, sources = growing
    asked, acquire = threading.Event(), publish.acquire_lock

    def acquire_noted(path: Path, seconds: float) -> object:
        asked.set()
        return acquire(path, seconds)

    with builder_lock(folder):
        monkeypatch.setattr(publish, "acquire_lock", acquire_noted)
        waiting = threading.Thread(target=build_index, args=(sources, folder), kwargs={"encoder": WordEncoder(), "wait": 60.0})
        waiting.start()
        assert asked.wait(60)
        (sources / "a.txt").write_text("A later text.", encoding="utf-8")
    waiting.join()
    assert open_index(folder).text(0) == "A later text."


def test_a_folder_that_cannot_be_made_is_refused(growing: tuple[Path, Path], tmp_path: Path) -> None:
    """A file in the way of the index folder is one line, with the system's reason."""
    (tmp_path / "file").write_text("in the way")
    for folder in (tmp_path / "file", tmp_path / "file" / "index"):
        with pytest.raises(BuildError, match="cannot be written"):
            build_index(growing[1], folder, encoder=WordEncoder())


def test_a_read_only_folder_answers_and_refuses_to_build(growing: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Opening needs no right to write; a build without it is one line and the old index stays."""
    folder, sources = growing

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    paths = [folder, *folder.rglob("*")]
    for path in paths:
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        assert open_index(folder).text(0) == "The first text stands here."
        monkeypatch.setattr("filelock.FileLock.acquire", refuse)  # root may write anywhere
        with pytest.raises(BuildError, match="cannot be written: Permission denied"):
            rebuild(folder, sources, "Another text.")
        assert open_index(folder).name == "g000001"
    finally:
        for path in paths:
            path.chmod(0o755 if path.is_dir() else 0o644)
