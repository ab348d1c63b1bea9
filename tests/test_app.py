"""The web chat without a browser: the command line, the library behind it, its handlers and its HTTP endpoints."""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import FakeAssistant

import app
from qa import web
from qa.serve import Library


def test_defaults(monkeypatch):
    """Without arguments the chat listens on this machine only."""
    monkeypatch.delenv("QA_INDEX", raising=False)
    options = web.arguments([])
    assert (options.host, options.port, options.index, options.sources) == ("127.0.0.1", 7860, Path(".index"), Path("sources"))
    assert options.auth is None and options.model is None


def test_index_from_the_environment(monkeypatch):
    """QA_INDEX names another index, --index a third."""
    monkeypatch.setenv("QA_INDEX", "elsewhere")
    assert web.arguments([]).index == Path("elsewhere")
    assert web.arguments(["--index", "here"]).index == Path("here")


@pytest.mark.parametrize("port", ["0", "65536", "-1", "http", "8o80"])
def test_bad_port(port, capsys):
    """A port that cannot be one is refused in one line."""
    with pytest.raises(SystemExit, match="2"):
        web.arguments(["--port", port])
    assert "expected a port from 1 to 65535" in capsys.readouterr().err


def test_auth_reads_the_password_from_a_file(tmp_path):
    """The password comes from a file, without its line end, and may hold colons and spaces."""
    (tmp_path / "pw").write_text("open sesame: now\n", encoding="utf-8")
    assert web.read_auth(f"editor:{tmp_path / 'pw'}") == ("editor", "open sesame: now")


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
        web.read_auth(value.format(path))


def test_loopback_is_spared_the_proxy(monkeypatch):
    """What the environment exempts from the proxy stays; this machine is added, once."""
    monkeypatch.setenv("NO_PROXY", "intranet,localhost")
    monkeypatch.delenv("no_proxy", raising=False)
    web.spare_loopback_the_proxy("0.0.0.0")
    assert os.environ["NO_PROXY"].split(",") == ["intranet", "localhost", "127.0.0.1", "::1", "0.0.0.0"]
    assert "127.0.0.1" in os.environ["no_proxy"]


def test_help_loads_no_heavy_library():
    """The help needs neither gradio nor torch."""
    heavy = "{'gradio', 'torch', 'faiss'} & set(sys.modules)"
    code = f"import sys, app\ntry: app.main(['--help'])\nexcept SystemExit: pass\nprint({heavy})"
    root = Path(app.__file__).parent
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)
    assert "--auth USER:PASSWORD_FILE" in result.stdout and result.stdout.endswith("set()\n")


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
    yield web.launch(page, "127.0.0.1", port, ("editor", "sesame")).rstrip("/"), page
    page.close()


def test_gradio_writes_no_stubs():
    """It would read and write one for each of its components at every start; and it is told not to call home."""
    code = """
import inspect, os, sys
stubs = []
sys.addaudithook(lambda event, values: stubs.append(values[0]) if event == "open" and str(values[0]).endswith(".pyi") else None)
from qa.web import import_gradio
file_of = inspect.getfile
gradio = import_gradio()
assert gradio.Textbox and stubs == [], stubs
assert inspect.getfile is file_of and os.environ["GRADIO_ANALYTICS_ENABLED"] == "False"
"""
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(app.__file__).parent)


def test_only_ask_and_retrieve_are_public(served):
    """Nothing but the two typed endpoints can be called from outside."""
    _, page = served
    endpoints = page.get_api_info()["named_endpoints"]
    assert sorted(endpoints) == ["/ask", "/retrieve"]
    filters = ["document", "publisher", "author", "since", "until", "language", "folder"]
    assert [p["parameter_name"] for p in endpoints["/ask"]["parameters"]] == ["question", "history", *filters]
    assert [p["parameter_name"] for p in endpoints["/retrieve"]["parameters"]] == ["question", "k", *filters]
    assert [p["python_type"]["type"] for p in endpoints["/retrieve"]["parameters"]][:2] == ["str", "int"]
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
    assert client.predict("visit", 2, publisher=["CQC"], since="2024", api_name="/retrieve") == [{"document": "a.txt", "k": 2}]
    with pytest.raises(Exception, match='since is "soon", expected a date'):
        client.predict("When?", since="soon", api_name="/ask")
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
