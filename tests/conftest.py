"""What the tests share: one tiny deterministic encoder, the two articles, and a small index built with both."""

from __future__ import annotations

import hashlib
import importlib.util
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from browsing import BROWSERS, FAILURES, FLAGS, WAIT, Server
from hypothesis import settings

from index import Index, Metadata, QuestionError, Span, Where, build_index, open_index
from index.dense import EXACT, Search
from index.embed import Encoding
from index.records import IndexedDocument
from index.store import SENTENCE_FIELDS
from index.tokens import quantise
from qa.answer import Answer, Citation, Place
from qa.assistant import LOOKING
from qa.serve import Library

ROOT = Path(__file__).parents[1]
FAILED = pytest.StashKey[list[bool]]()

settings.register_profile("tests", deadline=None, derandomize=True)  # the same examples everywhere, on slow machines too
settings.register_profile("search", deadline=None, max_examples=1000)  # others each time: pytest --hypothesis-profile search
settings.load_profile("tests")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Stores that the contract is run on when they are named: tests/test_store_contract.py."""
    parser.addoption("--store-uri", default="", help="run the contract of stores on this one too; collections are added to it")
    parser.addoption(
        "--milvus-server",
        action="store_true",
        help="and on a Milvus server that is started, and killed: it listens on every address",
    )


def pytest_configure(config: pytest.Config) -> None:
    """A server that is asked for and cannot be started is no reason to leave tests out."""
    if config.getoption("--milvus-server") and importlib.util.find_spec("milvus") is None:
        raise pytest.UsageError("--milvus-server needs a package that is not installed: pip install milvus==2.3.5")


def pytest_terminal_summary(terminalreporter) -> None:  # type: ignore[no-untyped-def]
    """Say what was not run."""
    reasons = {report.longrepr[2] for report in terminalreporter.stats.get("skipped", ()) if isinstance(report.longrepr, tuple)}
    for reason in sorted(reason for reason in reasons if "not run: " in reason):
        terminalreporter.write_line(reason.removeprefix("Skipped: "))


class WordEncoder:
    """Words as tokens, each a fixed random unit vector; a text is the mean of its words. Remembers what it encoded."""

    fingerprint = "words@1"
    dimension = 64
    token_dimension = 16
    state_dimension = 0
    max_tokens = 256
    runs_on = "words"

    def __init__(self, fingerprint: str = fingerprint) -> None:
        self.fingerprint = fingerprint
        self.encoded: list[str] = []

    def load(self) -> None:
        """There is nothing to load."""

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(text.split()) for text in texts]

    def token_offsets(self, texts: Sequence[str]) -> list[np.ndarray]:
        return [np.array([w.span() for w in re.finditer(r"\S+", text)], dtype=np.int64).reshape(-1, 2) for text in texts]

    def encode(self, texts: Sequence[str]) -> list[Encoding]:
        self.encoded.extend(texts)
        return [self._encode(text) for text in texts]

    def encode_question(self, text: str) -> Encoding:
        self.encoded.append(text)
        return self._encode(text)

    def _encode(self, text: str) -> Encoding:
        words = list(re.finditer(r"\S+", text))
        if len(words) + 2 > self.max_tokens:
            raise ValueError(f"a text has {len(words) + 2} tokens, the encoder takes {self.max_tokens}")
        vectors = np.array([_word_vector(w.group()) for w in words], dtype=np.float32).reshape(-1, self.dimension)
        tokens = vectors[:, : self.token_dimension]
        offsets = np.array([w.span() for w in words], dtype=np.int64).reshape(-1, 2)
        mean = vectors.sum(axis=0) if words else np.ones(self.dimension, dtype=np.float32)
        return Encoding(mean / np.linalg.norm(mean), tokens / np.linalg.norm(tokens, axis=1, keepdims=True), offsets)


@cache
def _word_vector(word: str) -> np.ndarray:
    bare = re.sub(r"\W", "", word).casefold() or word
    seed = int.from_bytes(hashlib.blake2b(bare.encode("utf-8", "replace"), digest_size=8).digest(), "big")
    vector = np.random.default_rng(seed).standard_normal(WordEncoder.dimension).astype(np.float32)
    return vector / np.linalg.norm(vector)


class StateEncoder(WordEncoder):
    """Like its base, with states: codes of each word that depend on the word before it too."""

    state_dimension = 8

    def __init__(self, fingerprint: str = "words+states@1") -> None:
        super().__init__(fingerprint)

    def _encode(self, text: str) -> Encoding:
        encoding = super()._encode(text)
        words = np.array([_word_vector(w)[-self.state_dimension :] for w in ["", *text.split()]], dtype=np.float32)
        return replace(encoding, states=quantise(words[1:] + words[:-1]))

    def encode_question(self, text: str) -> Encoding:
        encoding = super().encode_question(text)
        wide = np.zeros((len(encoding.tokens), 384), dtype=np.float32)
        wide[:, : self.token_dimension] = encoding.tokens
        return replace(encoding, states=wide)


@pytest.fixture
def encoder() -> WordEncoder:
    return WordEncoder()


@pytest.fixture(scope="session")
def articles() -> Path:
    """The folder of the two articles and their catalogue."""
    return ROOT / "sources"


@pytest.fixture(scope="session")
def built(articles: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of the two articles by the tiny encoder. Read only: copy it before changing it."""
    folder = tmp_path_factory.mktemp("built") / "index"
    build_index(articles, folder, encoder=WordEncoder())
    return folder


@pytest.fixture
def small_index(built: Path) -> Index:
    """The index of `built`, open."""
    return open_index(built)


@pytest.fixture
def tiny_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder, and the tiny encoder in place of the model, also for the programs that are run in it."""
    from test_assistant import rank_by_words

    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("QA_INDEX", raising=False)
    monkeypatch.setattr("index.embed.SentenceTransformerEncoder", lambda model=None: WordEncoder())
    rank_by_words(monkeypatch)
    return tmp_path


@pytest.fixture
def place(tiny_place: Path) -> Path:
    """The same with an index of one document."""
    from test_assistant import WORKS

    (tiny_place / "sources").mkdir()
    (tiny_place / "sources" / "works.txt").write_text(WORKS, encoding="utf-8")
    build_index("sources", ".index", encoder=WordEncoder())
    return tiny_place


@pytest.fixture(scope="session")
def real_encoder():  # type: ignore[no-untyped-def]
    """The packaged model; only for tests marked `real`."""
    from index.embed import SentenceTransformerEncoder

    return SentenceTransformerEncoder()


def hidden_states(model: Path, text: str) -> list[np.ndarray]:
    """What each layer of a model makes of the tokens of a text, by transformers itself; special tokens left out."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(model, local_files_only=True)
    network = AutoModel.from_pretrained(model, local_files_only=True).eval()
    with torch.inference_mode():
        made = network(**tokenizer(text, return_tensors="pt"), output_hidden_states=True)
    return [layer[0, 1:-1].numpy() for layer in made.hidden_states]


# --- the page without a model ---

TEXTS = {"a.txt": "The visit. They came on 20 January.  It rained.", "b.txt": "They came on 20 January."}


class FakeIndex(SimpleNamespace):
    def text(self, number: int) -> str:
        return list(self.texts.values())[number]


def fake_index(texts: dict[str, str] = TEXTS) -> FakeIndex:
    documents = tuple(
        IndexedDocument(name, Metadata(), "The visit" if name == "a.txt" else None, "0" * 64, len(text), 0, 0, (), ())
        for name, text in texts.items()
    )
    manifest = {
        "counts": {"documents": 2, "passages": 2, "sentences": 4, "copies": 0},
        "encoder": {"fingerprint": "tiny@1"},
        "created": "2026-01-02T03:04:05+00:00",
        "skipped": [],
        "notes": [],
    }
    return FakeIndex(
        name="g000001",
        texts=texts,
        sentences=np.zeros(0, SENTENCE_FIELDS),
        documents=documents,
        numbers={d.id: i for i, d in enumerate(documents)},
        manifest=manifest,
        search=Search(EXACT, asked=False, recall=1.0),
        passage_counts=lambda: [1] * len(texts),
        location=lambda number, start, end: "",
        locations=lambda number, start, end: (),
    )


def citation(number: int = 1) -> Citation:
    text = TEXTS["a.txt"]
    return Citation(
        number,
        "a.txt",
        "The visit",
        11,
        35,
        text[11:35],
        0.9,
        text,
        highlights=(Span(24, 34),),
        also_in=(Place("b.txt", 0, 24),),
        passage=Span(0, len(text)),
    )


class FakeAssistant:
    """Answers "when" questions, refuses "capital" ones, finds fault with the rest; remembers the history it was given."""

    def __init__(self) -> None:
        self.index = fake_index()
        self.histories: list[list[str]] = []
        self.filters: list[Where | None] = []

    def ask(self, question, history=(), progress=None, *, where=None):
        self.histories.append(list(history))
        self.filters.append(where)
        if progress:
            progress(LOOKING, 1, 1)
        if "when" in question.lower():
            return Answer(question, "answered", 0.9, (citation(),), (), f"{question} (alone)", documents_searched=2)
        if "capital" in question:
            return Answer(question, "not_found", 0.02, (), (citation(),), question)
        if "crash" in question:
            raise RuntimeError("a bug")
        raise QuestionError("the question is empty; ask something")

    def searched(self, where=None):
        return len(TEXTS) - bool(where), 2

    def retrieve(self, question, k=5, *, where=None):
        """Every document whole, nearest first."""
        told = {"document": "a.txt", "k": k}
        found = [SimpleNamespace(document=d, start=0, end=len(t), text=t, to_dict=lambda: told) for d, t in TEXTS.items()]
        return found[:1] if k < 5 else found


@pytest.fixture
def assistant() -> FakeAssistant:
    return FakeAssistant()


@pytest.fixture
def library(assistant, tmp_path) -> Library:
    library = Library(tmp_path / "index", tmp_path / "sources", opener=lambda folder, model: assistant)
    library.load()
    return library


# --- the page in a browser ---


@pytest.fixture(scope="session")
def chromium():
    """A running browser. Without one installed, whatever needs it is left out."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        pytest.skip(f"left out: the page in a browser; none of {', '.join(BROWSERS)} is in PATH")
    playwright = pytest.importorskip("playwright.sync_api", reason="left out: the page in a browser; playwright is not installed")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


def pytest_collection_modifyitems(items):
    """The slowest files, those that drive the page and the one that starts a server, come first, so that no worker is left alone with them."""
    items.sort(key=lambda item: not item.path.name.startswith(("test_page", "test_store_contract")))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Let fixtures know whether their test failed."""
    report = yield
    item.stash.setdefault(FAILED, []).append(report.failed)
    return report


@pytest.fixture
def visit(chromium, request) -> Iterator[Callable]:
    """Opens the page as another person: visit(server, width=…, scheme=…).

    Complaints of its scripts and requests to anywhere but its server fail the test; a failed test leaves pictures.
    """
    contexts, complaints = [], []

    def open_page(server: Server, width: int = 1280, height: int = 800, scheme: str = "light", query: str = "", **options):
        context = chromium.new_context(viewport={"width": width, "height": height}, color_scheme=scheme, **options)
        context.set_default_timeout(WAIT)
        contexts.append(context)
        page = context.new_page()
        own = (server.url, "data:", "blob:")
        page.on("request", lambda r: None if r.url.startswith(own) else complaints.append(f"left the machine: {r.url}"))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
        page.goto(server.url + query)
        page.wait_for_selector("#question textarea")
        return page

    yield open_page
    if any(request.node.stash.get(FAILED, ())):
        FAILURES.mkdir(exist_ok=True)
        name = re.sub(r"\W+", "-", request.node.name)
        for number, page in enumerate(page for context in contexts for page in context.pages):
            page.screenshot(path=FAILURES / f"{name}-{number}.png")
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture(scope="session")
def server(tmp_path_factory, chromium, real_encoder) -> Iterator[Server]:
    """A server over a copy of the sources, its index built; started before its model is loaded."""
    folder = tmp_path_factory.mktemp("page")
    shutil.copytree(ROOT / "sources", folder / "sources")
    build_index(folder / "sources", folder / "index", encoder=real_encoder)
    with Server(folder, folder / "sources") as server:
        yield server
