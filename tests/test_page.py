"""The page in a real browser: a server of its own, a headless Chromium, the packaged model, the real documents."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.real]

ROOT = Path(__file__).parents[1]
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
WAIT = 60_000  # ms: generous, since nothing waits for longer than it must

ADVERT = ("Subscribe", "£15", "£12", "Unlimited access", "Themed supplements", "Digital membership", "CYP Now Magazine")

WATCH_SOCKETS = '''
import os, sys

def watch(event, values):
    """Refuse and write down every attempt of the server to reach another machine."""
    if event == "socket.connect" and isinstance(values[1], tuple):
        host = str(values[1][0])
    elif event == "socket.getaddrinfo":
        host = str(values[0].decode() if isinstance(values[0], bytes) else values[0])
    else:
        return
    if not (host.startswith("127.") or host in ("localhost", "::1", "None", "")):
        with open(os.environ["SOCKET_LOG"], "a") as log:
            log.write(f"{event} {host}\\n")
        raise OSError(f"{host}: the network is blocked")

sys.addaudithook(watch)
'''


class Server:
    """`python app.py` on a free port, its attempts to leave this machine refused and logged."""

    def __init__(self, folder: Path, sources: Path, *options: str) -> None:
        self.sources, self.index, self.log = sources, folder / "index", folder / "log.txt"
        self.sockets = folder / "sockets.txt"
        self.sockets.touch()
        (folder / "site").mkdir()
        (folder / "site" / "sitecustomize.py").write_text(WATCH_SOCKETS, encoding="utf-8")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        environment = os.environ | {"PYTHONPATH": str(folder / "site"), "SOCKET_LOG": str(self.sockets)}
        command = [sys.executable, "app.py", "--port", str(port), "--index", str(self.index), "--sources", str(sources), *options]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT)

    def wait(self) -> Server:
        """Return when the server answers."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        end = time.monotonic() + WAIT / 1000
        while time.monotonic() < end and self.process.poll() is None:
            try:
                opener.open(self.url, timeout=5).close()
                return self
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.1)
        raise RuntimeError(f"the server did not start:\n{self.log.read_text(encoding='utf-8')}")

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)


@pytest.fixture(scope="module")
def chromium():
    """A running browser. Without one installed, everything in this file is left out."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        pytest.skip(f"left out: the page in a browser (tests/test_page.py); none of {', '.join(BROWSERS)} is in PATH")
    playwright = pytest.importorskip("playwright.sync_api", reason="left out: the page in a browser; playwright is not installed")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def outside() -> list[str]:
    """Requests of the browser to anywhere but this machine; empty to the end."""
    return []


@pytest.fixture(scope="module")
def server(tmp_path_factory, chromium, outside, real_encoder) -> Iterator[Server]:
    """A server over a copy of the sources, its index built; started before its model is loaded."""
    from index import build_index

    folder = tmp_path_factory.mktemp("page")
    shutil.copytree(ROOT / "sources", folder / "sources")
    build_index(folder / "sources", folder / "index", encoder=real_encoder)
    server = Server(folder, folder / "sources").wait()
    yield server
    server.stop()
    assert server.sockets.read_text() == "", "the server tried to leave the machine"
    assert outside == [], "the page tried to leave the machine"
    assert "Traceback" not in server.log.read_text(encoding="utf-8")


@pytest.fixture
def visit(chromium, outside) -> Iterator[Callable]:
    """Opens the page as another person: visit(server, width=…, scheme=…). Complaints of its scripts fail the test."""
    contexts, complaints = [], []

    def open_page(server: Server, width: int = 1280, height: int = 800, scheme: str = "light"):
        context = chromium.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
        context.set_default_timeout(WAIT)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda r: None if r.url.startswith((server.url, "data:", "blob:")) else outside.append(r.url))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
        page.goto(server.url)
        page.wait_for_selector("#question textarea")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def ready(page) -> None:
    """Wait until the model is loaded."""
    page.wait_for_function("!document.querySelector('.welcome .status-line')")


def ask(page, question: str):
    """Type a question, press Enter, and return its turn once it is answered."""
    before = page.locator(".turn").count()
    page.fill("#question textarea", question)
    page.press("#question textarea", "Enter")
    page.wait_for_function(
        "n => document.querySelectorAll('.turn').length > n && !document.querySelector('.waiting')", arg=before
    )
    turn = page.locator(".turn").nth(before)
    assert turn.locator(".asked").text_content() == question
    return turn


def quotations(turn) -> list[str]:
    return turn.locator(".quotation").evaluate_all("all => all.map(q => q.textContent)")


def verdict(turn) -> str:
    return turn.locator(".verdict .words").first.text_content()


def texts(server: Server) -> dict[str, str]:
    return {p.name: p.open(encoding="utf-8", newline="").read() for p in server.sources.glob("*.txt")}


def in_view(page, selector: str) -> bool:
    """Whether the element is inside the window and inside the side panel as far as that scrolls."""
    return page.evaluate(
        """selector => {
            const box = document.querySelector(selector).getBoundingClientRect();
            const side = document.querySelector("#side"), pane = side.getBoundingClientRect();
            const scrolls = getComputedStyle(side).overflowY === "auto";
            const top = scrolls ? pane.top : 0, bottom = scrolls ? pane.bottom : innerHeight;
            return box.top >= top && box.top < bottom && box.top >= 0 && box.top < innerHeight;
        }""",
        selector,
    )


def test_question_asked_while_the_model_loads(server, visit):
    """The page is there before the model is; a question asked then waits in sight and is answered."""
    page = visit(server)
    loading = page.locator(".welcome .status-line").count() > 0
    page.fill("#question textarea", "What did Dr Sid Deshmukh say?")
    page.press("#question textarea", "Enter")
    if loading:
        page.wait_for_selector(".waiting")
    page.wait_for_selector(".reply.answered")
    assert "Sid Deshmukh" in page.locator(".turn .said").first.text_content()


def test_first_visit(server, visit):
    """The page has a title, landmarks, labels and examples; each example that it offers is answered."""
    page = visit(server)
    ready(page)
    assert page.get_by_role("heading", level=1).text_content() == "Answers from the documents"
    assert page.get_by_role("main").count() == 1
    assert page.get_by_role("textbox", name="Your question").count() == 1
    assert page.get_by_role("log", name="Conversation").get_attribute("aria-live") == "polite"
    assert page.evaluate("document.documentElement.lang") == "en"
    examples = page.locator(".example").all_text_contents()
    assert 2 <= len(examples) <= 4
    page.locator(".example").first.click()
    page.wait_for_selector(".reply.answered")
    assert page.locator(".asked").first.text_content() == examples[0]
    for example in examples[1:]:
        assert verdict(ask(page, example)) == "The documents answer this"


def test_quotation_is_exact(server, visit):
    """What the page shows is a run of a source's characters, doubled spaces and all, with its source beside it."""
    page = visit(server)
    turn = ask(page, "How was senior leadership across the services described?")
    assert verdict(turn) == "The documents answer this"
    for words in quotations(turn):
        assert any(words in text for text in texts(server).values())
    doubled = turn.locator(".quotation", has_text="stable and").first
    assert "“stable and\u00a0 effective”" in doubled.text_content()
    assert "“stable and\u00a0 effective”" in doubled.evaluate("q => q.innerText")  # as rendered and as selected
    assert doubled.evaluate("q => getComputedStyle(q).whiteSpace") == "pre-wrap"
    assert "unknown" in turn.locator(".source").first.text_content()
    assert page.locator("#evidence mark").count() >= 1


def test_citation_opens_the_document_at_its_words(server, visit):
    """Choosing a citation opens the whole document with the words marked, focused and in view."""
    page = visit(server)
    turn = ask(page, "What did Dr Sid Deshmukh say?")
    turn.locator(".number").first.click()
    page.wait_for_selector("#chosen:focus")
    assert in_view(page, "#chosen")
    assert page.locator("#chosen").text_content() == quotations(turn)[0]
    assert page.locator("#document .whole").evaluate("d => d.textContent") in texts(server).values()
    assert "tabindex" in page.locator("#chosen").evaluate("m => m.outerHTML.slice(0, 80)")


def test_follow_up(server, visit):
    """A follow-up is read in the light of the question before it, and the page says how."""
    page = visit(server)
    ask(page, "Who carried out the inspection?")
    turn = ask(page, "When did it take place?")
    assert turn.locator(".remark").first.text_content().startswith("Read as: ")
    assert "inspection" in turn.locator(".remark").first.text_content()
    assert any("20 and 24 January" in words or "in January" in words for words in quotations(turn))


def test_the_question_as_understood_can_be_edited(server, visit):
    """Its button puts it into the field, from where it is asked again as it stands."""
    page = visit(server)
    ask(page, "Who carried out the inspection?")
    turn = ask(page, "When was it?")
    turn.get_by_role("button", name="Edit").click()
    field = page.locator("#question textarea")
    assert field.input_value() == "When was the inspection?"
    field.press("End")
    field.press("Backspace")
    field.press_sequentially(" in January?")
    again = ask(page, field.input_value())
    assert "When was the inspection in January?" in again.inner_text()


def test_unanswerable_question(server, visit):
    """What is not in the documents is said plainly; near passages are shown as not an answer."""
    page = visit(server)
    turn = ask(page, "What is the capital of France?")
    assert verdict(turn) in ("Not in these documents", "Related, but no answer")
    assert turn.locator(".group").count() == turn.locator(".nearest .group").count()
    if turn.locator(".nearest").count():
        assert turn.locator(".nearest .label").text_content().startswith("Not an answer.")


@pytest.mark.parametrize("width, scheme", [(1280, "light"), (390, "dark")])
def test_several_questions(server, visit, width, scheme):
    """Each has its heading and its answer; quotations are numbered through, and each opens its own words."""
    page = visit(server, width, 844, scheme)
    turn = ask(page, "Who carried out the inspection and when did it take place? What is the capital of France?")
    headings = [
        "1. Who carried out the inspection?",
        "2. When did it take place?",
        "3. What is the capital of France?",
    ]
    assert turn.locator("h3.heading").all_text_contents() == headings
    assert page.locator("#evidence h3.heading").all_text_contents() == headings
    assert verdict(turn) == "2 of 3 questions answered"
    second = turn.locator(".part").nth(1)
    assert (
        any("January" in words for words in quotations(second))
        and quotations(turn.locator(".part").nth(2).locator(".group")) != []
    )
    numbers = turn.locator(".part > .group .number").all_text_contents()
    assert numbers == [str(n) for n in range(1, len(numbers) + 1)]
    second.locator(".number").first.click()
    page.wait_for_selector("#chosen:focus")
    assert page.locator("#chosen").text_content() == quotations(second)[0]
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_question_in_another_language(server, visit):
    """Says in which language the documents are, before anything else."""
    page = visit(server)
    for question in ("Wer hat die Inspektion durchgeführt?", "Кто проводил проверку?"):
        turn = ask(page, question)
        assert turn.locator(".remark").first.text_content().startswith("The documents are in English; ")


def test_advert_is_never_cited(server, visit):
    """Questions about the subscription advert get none of its words; in the document it is labelled as left out."""
    page = visit(server)
    for question in ("How much is the CYP Now digital membership per month?", "What does the magazine subscription include?"):
        turn = ask(page, question)
        for words in quotations(turn):
            assert not [sign for sign in ADVERT if sign in words]
    page.get_by_role("tab", name="Sources").click()
    page.locator("#sources [data-document]").first.click()
    page.wait_for_selector("#document .left-out")
    left_out = "".join(page.locator("#document .left-out").evaluate_all("all => all.map(e => e.textContent)"))
    assert "Subscribe" in left_out and "£15" in left_out
    assert page.locator("#document .left-out[data-reason^='Left out']").count() >= 2


def test_keyboard_alone(server, visit):
    """Everything can be done with keys: skip link, ask, open a citation, come back."""
    page = visit(server)
    ready(page)
    page.mouse.click(1, 1)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    page.wait_for_function("document.activeElement.closest('#question') !== null")
    page.keyboard.type("What did Dr Sid Deshmukh say?")
    page.keyboard.press("Enter")
    page.wait_for_selector(".reply.answered")
    for _ in range(40):
        page.keyboard.press("Shift+Tab")
        if page.evaluate("document.activeElement.className") == "number":
            break
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    label = page.evaluate("document.activeElement.getAttribute('aria-label')")
    assert label.endswith("open the document")
    page.keyboard.press("Enter")
    page.wait_for_selector("#chosen:focus")
    page.keyboard.press("Escape")
    page.wait_for_function("label => document.activeElement.getAttribute('aria-label') === label", arg=label)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_narrow_page(server, visit, scheme):
    """At 390 pixels nothing needs sideways scrolling, and a citation opens in view; dark and light alike."""
    page = visit(server, 390, 844, scheme)
    ready(page)
    fits = "document.documentElement.scrollWidth <= 390"
    assert page.evaluate(fits)
    turn = ask(page, "What were the key strengths?")
    assert page.evaluate(fits)
    assert turn.evaluate("t => t.getBoundingClientRect().top < innerHeight")
    turn.locator(".number").first.click()
    page.wait_for_selector("#chosen:focus")
    page.wait_for_function("document.querySelector('#chosen').getBoundingClientRect().top < innerHeight")
    assert in_view(page, "#chosen") and page.evaluate(fits)
    page.get_by_role("tab", name="Sources").click()
    page.wait_for_selector("#sources table")
    assert page.evaluate(fits)
    page.fill("#question textarea", "x" * 300)
    assert page.evaluate(fits)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast(server, visit, scheme):
    """The page follows the system's light or dark, and its words stand out from their ground (WCAG AA, 4.5 to 1)."""
    page = visit(server, scheme=scheme)
    ask(page, "What is the capital of France?")
    ask(page, "Who carried out the inspection? What is the capital of France?")
    turn = ask(page, "What did Dr Sid Deshmukh say?")
    turn.locator(".number").first.click()
    page.wait_for_selector("#chosen:focus")
    assert page.evaluate("document.body.classList.contains('dark')") is (scheme == "dark")
    poor = page.evaluate(CONTRAST)
    assert poor == []


CONTRAST = """() => {
    const parse = c => (c.match(/[\\d.]+/g) || [0, 0, 0, 0]).map(Number);
    const light = ([r, g, b]) => [r, g, b].map(v => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
        .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
    const ground = e => {
        for (; e; e = e.parentElement) {
            const c = parse(getComputedStyle(e).backgroundColor);
            if (c.length < 4 || c[3] > 0.99) return c;
        }
        return [255, 255, 255];
    };
    const wanted = ".quotation, .confidence, .verdict .words, .source, .said, .copy, .link, .number, .label, .text mark, " +
        ".whole, .remark, .asked, #banner h1, #banner p, #send, #clear, #side [role=tab], .facts dt, .facts dd, .passage";
    return [...document.querySelectorAll(wanted)].filter(e => e.offsetParent).map(e => {
        const [a, b] = [light(parse(getComputedStyle(e).color)), light(ground(e))];
        return [e.className || e.id, Math.round((Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) * 10) / 10];
    }).filter(([, ratio]) => ratio < 4.5);
}"""


def test_people_do_not_see_each_other(server, visit):
    """Each visitor has a conversation of their own; clearing it brings the welcome back."""
    one, two = visit(server), visit(server)
    ask(one, "Who carried out the inspection?")
    ready(two)
    turn = ask(two, "What did Dr Sid Deshmukh say?")
    assert two.locator(".turn").count() == 1 and one.locator(".turn").count() == 1
    assert "carried out" not in two.locator("#conversation").text_content() and turn.count() == 1
    one.get_by_role("button", name="Clear").click()
    one.wait_for_selector(".welcome .example")
    assert one.locator(".turn").count() == 0 and one.locator("#evidence mark").count() == 0
    assert two.locator(".turn").count() == 1


def test_rebuild_while_people_ask(server, visit):
    """A new document is found after the rebuild button was pressed; questions are answered meanwhile."""
    page, other = visit(server), visit(server)
    ready(other)
    added = server.sources / "002_added.txt"
    added.write_text(
        "Notice of the harbour office\n\nThe harbour ferry to Orkney leaves at 07:45 from pier nine.\n", encoding="utf-8"
    )
    try:
        page.get_by_role("tab", name="Sources").click()
        page.wait_for_selector("#sources .note >> text=has changed")
        page.get_by_role("button", name="Build the index").click()
        assert verdict(ask(other, "What did Dr Sid Deshmukh say?")) == "The documents answer this"
        page.wait_for_selector("#report >> text=Built in")
        assert page.locator("#sources [data-document='002_added.txt']").count() == 1
        turn = ask(other, "When does the harbour ferry to Orkney leave?")
        assert quotations(turn)[0] == "The harbour ferry to Orkney leaves at 07:45 from pier nine."
    finally:
        added.unlink()
    page.get_by_role("button", name="Build the index").click()
    page.wait_for_function("!document.querySelector(\"#sources [data-document='002_added.txt']\")")
    other.locator(".turn").last.locator(".number").first.click()
    other.wait_for_selector("#document >> text=no longer in the index")


def test_copy_button(server, visit):
    """The copy button copies the quotation's characters and nothing else."""
    page = visit(server)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    turn = ask(page, "How was senior leadership across the services described?")
    turn.locator(".copy").first.click()
    page.wait_for_function("document.querySelector('.copy').textContent === 'Copied'")
    assert page.evaluate("navigator.clipboard.readText()") == quotations(turn)[0]


def test_questions_with_markup_in_them(server, visit):
    """A question of HTML, templates, one of 10,000 characters and an empty one: told or answered, never run."""
    page = visit(server, 390)
    hostile = "<img src=x onerror='window.pwned=1'> ${window.pwned=2} {{pwned}} **who** inspected?"
    turn = ask(page, hostile)
    assert turn.locator("img").count() == 0
    ask(page, "long " * 2001)
    assert page.locator(".problem").count() == 1
    assert page.evaluate("window.pwned") is None
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.press("#question textarea", "Enter")
    assert page.locator(".turn").count() == 2


# --- a collection that was made to do harm, and no index at the start ---

HARM = "<img src=x onerror='window.pwned=1'><script>window.pwned=1</script>"


@pytest.fixture(scope="module")
def hostile_server(tmp_path_factory, chromium, outside) -> Iterator[Server]:
    """A server without an index, over documents whose text, titles and names are markup."""
    folder = tmp_path_factory.mktemp("hostile")
    sources = folder / "sources"
    sources.mkdir()
    name = "<img src=x onerror=window.pwned=1>.txt"
    body = (
        f"The {HARM} report\n\n"
        f"The quarterly lighthouse {HARM} inspection was carried out by Mary Smith in Dover.  "
        "It found ${window.pwned=1} no fault.\n\n"
        "The lighthouse keeper said \u202etpircs\u202c and </blockquote></div><svg onload=window.pwned=1> twice.\n\n"
        f"{'W' * 500}\n"
    )
    (sources / name).write_text(body, encoding="utf-8", newline="")
    (sources / "catalogue.toml").write_text(
        f'["{name}"]\ntitle = "{HARM}"\npublisher = "{HARM}"\nauthor = "{HARM}"\nrights = "{HARM}"\n', encoding="utf-8"
    )
    server = Server(folder, sources).wait()
    yield server
    server.stop()
    assert server.sockets.read_text() == "" and outside == []
    assert "Traceback" not in server.log.read_text(encoding="utf-8")


def build(page) -> None:
    """Press the button that builds the index, unless it is built."""
    page.wait_for_function("document.querySelector('.welcome') && !document.body.innerText.includes('being loaded')")
    if page.locator(".status-line").count():
        page.get_by_role("button", name="Build the index").click()
        page.wait_for_selector("#report >> text=Built in")


def test_no_index_at_the_start(hostile_server, visit):
    """Without an index the page says so and how to get one; the button builds it and questions are answered."""
    page = visit(hostile_server)
    page.wait_for_selector(".status-line >> text=no index here")
    page.wait_for_selector("#rebuild:visible")
    assert "python -m index build" in page.locator(".status-line").text_content()
    turn = ask(page, "Who carried out the lighthouse inspection?")
    assert turn.locator(".reply.problem").count() == 1
    build_button = page.get_by_role("button", name="Build the index")
    page.get_by_role("tab", name="Sources").click()
    build_button.click()
    page.wait_for_selector("#report >> text=Built in")
    assert "Mary Smith" in "".join(quotations(ask(page, "Who carried out the lighthouse inspection?")))


@pytest.mark.parametrize("width", [1280, 390])
def test_hostile_collection_runs_nothing(hostile_server, visit, width):
    """Markup in texts, titles and file names is shown as text; no script runs and the layout holds."""
    page = visit(hostile_server, width)
    build(page)
    turn = ask(page, "Who carried out the lighthouse inspection?")
    assert HARM in "".join(quotations(turn))
    assert HARM in turn.locator(".source").first.text_content()
    turn.locator(".number").first.click()
    page.wait_for_selector("#chosen:focus")
    text = next(iter(texts(hostile_server).values()))
    assert page.locator("#document .whole").evaluate("d => d.textContent") == text
    page.get_by_role("tab", name="Sources").click()
    page.wait_for_selector("#sources [data-document]")
    assert page.evaluate("window.pwned") is None
    assert page.locator("#panes img, #panes script, #panes svg[onload]").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") <= width
