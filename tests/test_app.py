"""The web chat without a browser: the command line, the library behind it, its handlers and its HTTP endpoints."""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

import app
from index import IndexMissing, Metadata, QAError, QuestionError, Span
from index.records import IndexedDocument
from qa import serve
from qa.answer import Answer, Citation, Place
from qa.examples import example_questions
from qa.render import Problem
from qa.serve import Chat, Library

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
        "counts": {"documents": 2, "passages": 2, "sentences": 4},
        "encoder": {"fingerprint": "tiny@1"},
        "created": "2026-01-02T03:04:05+00:00",
        "skipped": [],
        "notes": [],
    }
    return FakeIndex(
        name="g000001",
        texts=texts,
        sentences=(),
        documents=documents,
        numbers={d.id: i for i, d in enumerate(documents)},
        manifest=manifest,
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

    def ask(self, question, history=()):
        self.histories.append(list(history))
        if "when" in question.lower():
            return Answer(question, "answered", 0.9, (citation(),), (), f"{question} (alone)", documents_searched=2)
        if "capital" in question:
            return Answer(question, "not_found", 0.02, (), (citation(),), question)
        if "crash" in question:
            raise RuntimeError("a bug")
        raise QuestionError("the question is empty; ask something")

    def retrieve(self, question, k=5):
        return [SimpleNamespace(to_dict=lambda: {"document": "a.txt", "k": k})]


@pytest.fixture
def assistant() -> FakeAssistant:
    return FakeAssistant()


@pytest.fixture
def library(assistant, tmp_path) -> Library:
    library = Library(tmp_path / "index", tmp_path / "sources", opener=lambda folder, model: assistant)
    library.load()
    return library


@pytest.fixture
def chat(library) -> Chat:
    return Chat(library)


# --- the command line ---


def test_defaults(monkeypatch):
    """Without arguments the chat listens on this machine only."""
    monkeypatch.delenv("QA_INDEX", raising=False)
    options = app.arguments([])
    assert (options.host, options.port, options.index, options.sources) == ("127.0.0.1", 7860, Path(".index"), Path("sources"))
    assert options.auth is None and options.model is None


def test_index_from_the_environment(monkeypatch):
    """QA_INDEX names another index, --index a third."""
    monkeypatch.setenv("QA_INDEX", "elsewhere")
    assert app.arguments([]).index == Path("elsewhere")
    assert app.arguments(["--index", "here"]).index == Path("here")


@pytest.mark.parametrize("port", ["0", "65536", "-1", "http", "8o80"])
def test_bad_port(port, capsys):
    """A port that cannot be one is refused in one line."""
    with pytest.raises(SystemExit, match="2"):
        app.arguments(["--port", port])
    assert "expected a port from 1 to 65535" in capsys.readouterr().err


def test_auth_reads_the_password_from_a_file(tmp_path):
    """The password comes from a file, without its line end, and may hold colons and spaces."""
    (tmp_path / "pw").write_text("open sesame: now\n", encoding="utf-8")
    assert app.read_auth(f"editor:{tmp_path / 'pw'}") == ("editor", "open sesame: now")


@pytest.mark.parametrize(
    ("content", "value", "expected"),
    [
        (None, "editor", "expected USER:PASSWORD_FILE"),
        (None, ":pw", "expected USER:PASSWORD_FILE"),
        (None, "editor:", "expected USER:PASSWORD_FILE"),
        (None, "editor:{}", "No such file"),
        (b"", "editor:{}", "empty"),
        (b" \n", "editor:{}", "empty"),
        (b"\xff\xfe", "editor:{}", "not UTF-8"),
    ],
)
def test_bad_auth(tmp_path, content, value, expected):
    """A bad form, a missing, empty or unreadable password file: each has its own message."""
    path = tmp_path / "password.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(argparse.ArgumentTypeError, match=expected):
        app.read_auth(value.format(path))


def test_loopback_is_spared_the_proxy(monkeypatch):
    """What the environment exempts from the proxy stays; this machine is added, once."""
    monkeypatch.setenv("NO_PROXY", "intranet,localhost")
    monkeypatch.delenv("no_proxy", raising=False)
    app.spare_loopback_the_proxy("0.0.0.0")
    assert os.environ["NO_PROXY"].split(",") == ["intranet", "localhost", "127.0.0.1", "::1", "0.0.0.0"]
    assert "127.0.0.1" in os.environ["no_proxy"]


def test_help_loads_no_heavy_library():
    """The help needs neither gradio nor torch."""
    heavy = "{'gradio', 'torch', 'faiss'} & set(sys.modules)"
    code = f"import sys, app\ntry: app.main(['--help'])\nexcept SystemExit: pass\nprint({heavy})"
    root = Path(app.__file__).parent
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)
    assert "--auth USER:PASSWORD_FILE" in result.stdout and result.stdout.endswith("set()\n")


# --- the library ---


def test_missing_index_is_told_and_found_later(tmp_path, assistant):
    """Without an index every question says so; once there is one, the next question finds it."""
    built = threading.Event()

    def opener(folder, model):
        if not built.is_set():
            raise IndexMissing(f"{folder}: no index here; build one with: python -m index build")
        return assistant

    library = Library(tmp_path / "index", tmp_path, opener=opener)
    library.load()
    chat = Chat(library)
    assert "no index here" in chat.conversation([]) and "Build the index" in chat.conversation([])
    assert "no index here" in chat.sources()
    assert chat.answer("When?", []) == Problem("When?", library.problem)
    built.set()
    assert isinstance(chat.answer("When?", []), Answer)


def test_question_waits_for_the_model(tmp_path, assistant):
    """A question asked while the model is loaded is shown as waiting, and is answered afterwards."""
    go = threading.Event()
    library = Library(tmp_path, tmp_path, opener=lambda folder, model: (go.wait(10), assistant)[1])
    chat = Chat(library)
    thread = threading.Thread(target=library.load)
    thread.start()
    assert "being loaded" in chat.conversation([])
    steps = chat.converse("When?", [])
    assert serve.LOADING in next(steps)[0]
    go.set()
    markup, turns, turn = next(steps)
    thread.join()
    assert "20 January" in markup and turn is turns[-1]


def test_a_crash_while_opening_is_one_line(tmp_path):
    """An unexpected failure is told in plain words, without a traceback on the page."""
    library = Library(tmp_path, tmp_path, opener=lambda folder, model: 1 / 0)
    library.load()
    with pytest.raises(QAError, match="Something went wrong"):
        library.assistant()


def test_failed_build_is_one_line(library):
    """A build that cannot start says why, and the index goes on answering."""
    words = library.build(lambda step, done, total: None)
    assert words.startswith("The index was not built: ") and "\n" not in words
    assert isinstance(Chat(library).answer("When?", []), Answer)


# --- the handlers ---


def test_converse_shows_the_question_then_the_answer(chat):
    """The question appears at once, the quotation after it."""
    (first, before, none), (second, after, turn) = chat.converse("When did they come?", [])
    assert "When did they come?" in first and serve.LOOKING in first and none is None and before == []
    assert "They came on <strong>20 January</strong>." in second and after == [turn]
    assert [t.question for t in after] == ["When did they come?"]


def test_empty_question_changes_nothing(chat):
    """Enter in an empty box does nothing."""
    assert [(turns, turn) for _, turns, turn in chat.converse("  \n", [])] == [([], None)]


def test_history_is_what_was_understood(chat, assistant):
    """A follow-up gets the earlier questions as they were understood; questions that failed are left out."""
    turns = []
    for question in ("When?", "nonsense", "And when?"):
        *_, (_, turns, _) = chat.converse(question, turns)
    assert assistant.histories[-1] == ["When? (alone)"]
    assert isinstance(turns[1], Problem)


def test_problems_are_told_in_the_conversation(chat):
    """A refused question and a crash each give one line, and the conversation goes on."""
    assert chat.answer("", []) == Problem("", "the question is empty; ask something")
    assert chat.answer("crash", []) == Problem("crash", serve.UNEXPECTED)
    *_, (markup, _, _) = chat.converse("crash", [])
    assert "Something went wrong" in markup and "Traceback" not in markup


def test_refusal_shows_nearest_passages_as_no_answer(chat):
    """What is not in the documents is said first; the nearest passage is called what it is."""
    *_, (markup, _, _) = chat.converse("What is the capital?", [])
    assert markup.index("Not in these documents") < markup.index("Not an answer") < markup.index("They came on")


def test_citation_opens_its_document(chat):
    """A button names a turn and a quotation; the document opens with the words marked."""
    *_, (_, turns, _) = chat.converse("When?", [])
    markup = chat.document(turns, {"turn": "0", "kind": "citations", "number": "1", "place": "0"})
    assert 'id="chosen"' in markup and "The visit. " in markup and "It rained." in markup
    other = chat.document(turns, {"turn": "0", "kind": "citations", "number": "1", "place": "1"})
    assert '<mark id="chosen" tabindex="-1">They came on 20 January.</mark>' in other and "b.txt" in other


def test_related_passage_opens_too(chat):
    """The nearest passages of a refusal can be read in their documents."""
    *_, (_, turns, _) = chat.converse("What is the capital?", [])
    assert 'id="chosen"' in chat.document(turns, {"turn": "0", "kind": "related", "number": "1", "place": "0"})


@pytest.mark.parametrize(
    ("text", "marked", "note"),
    [
        ("New first line. " + TEXTS["a.txt"], True, "has changed since the answer was given."),
        ("Quite another text than before.", False, "no longer in it: ask again"),
    ],
)
def test_changed_document_never_marks_other_words(chat, assistant, text, marked, note):
    """After a rebuild an old citation opens at its words where they stand now, or says that they are gone."""
    *_, (_, turns, _) = chat.converse("When?", [])
    assistant.index = fake_index({"a.txt": text})
    markup = chat.document(turns, {"turn": "0", "kind": "citations", "number": "1", "place": "0"})
    assert ('<mark id="chosen" tabindex="-1">They came on 20 January.</mark>' in markup) is marked
    assert note in markup


def test_removed_document_is_told(chat, assistant):
    """A document that is gone from the index is said to be gone."""
    *_, (_, turns, _) = chat.converse("When?", [])
    assistant.index = fake_index({"b.txt": TEXTS["b.txt"]})
    assert "a.txt is no longer in the index." in chat.document(turns, {"turn": "0", "kind": "citations", "number": "1"})
    assert "They came" in chat.evidence(turns, 0)


@pytest.mark.parametrize(
    "chosen",
    [
        {},
        {"turn": "7", "kind": "citations", "number": "1"},
        {"turn": "-1", "kind": "citations", "number": "1"},
        {"turn": "x"},
        {"turn": "0", "kind": "to_dict", "number": "1"},
        {"turn": "0", "kind": "citations", "number": "9"},
        {"turn": "0", "kind": "citations", "number": "1", "place": "5"},
        {"document": "../../etc/passwd"},
        {"document": None},
    ],
)
def test_forged_choice_opens_nothing(chat, chosen):
    """A request that names what is not in the conversation or the index opens nothing and breaks nothing."""
    *_, (_, turns, _) = chat.converse("When?", [])
    assert "<mark" not in chat.document(turns, chosen)


def test_api_functions_answer_in_json(chat, assistant):
    """`ask` and `retrieve` give plain data; the history may be left out."""
    answer = chat.ask("When?", ["Who came?"])
    assert answer["verdict"] == "answered" and answer["citations"][0]["text"] == "They came on 20 January."
    assert assistant.histories == [["Who came?"]]
    assert chat.ask("When?")["question"] == "When?"
    assert chat.retrieve("visit", 3) == [{"document": "a.txt", "k": 3}]


@pytest.mark.parametrize("values", [(5,), (None,), ("q", "history"), ("q", [1]), ("q", {"a": 1})])
def test_api_refuses_other_types(chat, values):
    """Gradio does not check types for such endpoints, so these are refused here."""
    with pytest.raises(QuestionError, match="expected a question"):
        chat.ask(*values)


@pytest.mark.parametrize("k", [0, -1, 101, "5", 2.5, True, None])
def test_api_refuses_other_k(chat, k):
    """`k` is a whole number in bounds."""
    with pytest.raises(QuestionError, match="from 1 to 100"):
        chat.retrieve("q", k)


# --- example questions ---


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

    examples = example_questions(small_index, ask)
    assert "What were the key strengths of the partnership flagged up by the report?" in examples
    assert "What did Councillor John Fuller say?" in examples
    assert "What did Dr Sid Deshmukh say?" in tried and "What did Dr Sid Deshmukh say?" not in examples
    assert len([t for t in tried if "Fuller" in t]) == 1, "one person under two forms of address is asked about once"
    assert len(examples) <= 4


def test_no_examples_when_nothing_is_answered(small_index):
    """A collection of which no example is answered offers none; a refused one does no harm."""

    def ask(question: str) -> Answer:
        raise QuestionError("no")

    assert example_questions(small_index, ask) == []


# --- the server ---


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """The page served with a login, over the fake assistant: (address, page)."""
    library = Library(tmp_path_factory.mktemp("index"), Path("."), opener=lambda folder, model: FakeAssistant())
    library.load()
    page = app.make_page(library)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    yield app.launch(page, "127.0.0.1", port, ("editor", "sesame")).rstrip("/"), page
    page.close()


def test_only_ask_and_retrieve_are_public(served):
    """Nothing but the two typed endpoints can be called from outside."""
    _, page = served
    endpoints = page.get_api_info()["named_endpoints"]
    assert sorted(endpoints) == ["/ask", "/retrieve"]
    assert [p["parameter_name"] for p in endpoints["/ask"]["parameters"]] == ["question", "history"]
    assert [p["python_type"]["type"] for p in endpoints["/retrieve"]["parameters"]] == ["str", "int"]
    assert not page.get_api_info()["unnamed_endpoints"]


def test_login_protects_the_endpoints(served):
    """Without the password neither page data nor endpoints answer; with it they do."""
    import httpx
    from gradio_client import Client

    url, _ = served
    for path in ("/config", "/gradio_api/info", "/gradio_api/queue/status"):
        assert httpx.get(url + path, trust_env=False).status_code == 401, path
    for path in ("/gradio_api/call/ask", "/gradio_api/call/v2/ask", "/gradio_api/run/ask", "/gradio_api/queue/join"):
        assert httpx.post(url + path, json={"data": ["When?", []]}, trust_env=False).status_code in (401, 404, 405), path
    assert httpx.post(url + "/login", data={"username": "editor", "password": "wrong"}, trust_env=False).status_code == 400
    client = Client(url, auth=("editor", "sesame"), verbose=False)
    assert client.predict("When did they come?", [], api_name="/ask")["citations"][0]["text"] == "They came on 20 January."
    assert client.predict("visit", 2, api_name="/retrieve") == [{"document": "a.txt", "k": 2}]
    with pytest.raises(Exception, match="the question is empty; ask something"):
        client.predict("", [], api_name="/ask")


def test_headers_and_what_is_off(served):
    """The page may load only from its own server; MCP, API schema and monitoring are off."""
    import httpx

    url, page = served
    headers = httpx.get(url, trust_env=False).headers
    assert "default-src 'self'" in headers["content-security-policy"] and "http" not in headers["content-security-policy"]
    for path in ("/gradio_api/mcp/", "/gradio_api/mcp/sse", "/gradio_api/mcp/http", "/docs", "/openapi.json"):
        assert httpx.get(url + path, trust_env=False).status_code in (401, 404), path
    assert page.share is False and page.analytics_enabled is False and page.run_history is False and not page.mcp_server


def test_taken_port_is_one_line(served, capsys, tmp_path):
    """A port in use is told in one line, with the cure."""
    port = served[0].rsplit(":", 1)[1]
    assert app.main(["--port", port, "--index", str(tmp_path)]) == 1
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert error.startswith("app.py: error: 127.0.0.1:") and "--port" in error
