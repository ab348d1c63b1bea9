"""A collection that was made to do harm, in a real browser: nothing of it runs, nothing leaves the machine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from browsing import Server, ask, fits, open_tab, quotations, texts

pytestmark = [pytest.mark.browser, pytest.mark.real]

HARM = "<img src=x onerror='window.pwned=1'><script>window.pwned=1</script>"
NAME = "<img src=x onerror=window.pwned=1>.txt"
FILES = {
    NAME: (
        f"The {HARM} report\n\n"
        f"The quarterly lighthouse {HARM} inspection was carried out by Mary Smith in Dover.  "
        "It found ${window.pwned=1} no fault.\n\n"
        "The lighthouse keeper said \u202etpircs\u202c and </blockquote></div><svg onload=window.pwned=1> twice.\n\n"
        f"{'W' * 500}\n"
    ),
    "style.txt": (
        "Rules of the reading room\n\n"
        "The reading room opens at noon <style>*{display:none !important}body{background:url(http://evil.example/css)}</style> daily.\n\n"
        "Its walls are painted <svg><animate onbegin=window.pwned=1 attributeName=x></svg> in <math href=javascript:window.pwned=1>blue.\n"
    ),
    "marks.md": (
        "# The harbour\n\n"
        "The harbour master is ![Jane](http://evil.example/pixel.png) Jane Roe, [mail her](javascript:window.pwned=1) today.\n\n"
        "<details open ontoggle=window.pwned=1>The harbour dues are nine pounds.</details>\n\n"
        '<a href="javascript:window.pwned=1" onclick="window.pwned=1">The harbour gate</a> shuts at ten o\'clock.\n'
    ),
    "rtl.txt": "דוח הביקורת\n\nהביקורת בנמל נערכה על ידי דוד כהן בחודש ינואר.\n\nהמפקחים שיבחו את הצוות.\n",
    "line.txt": f"The canal report\n\nThe canal lock was repaired by Ann Lee in May.\n\n{'A' * 10_000_000}\n",
    "nul.txt": "The vault holds \x00 <script>window.pwned=1</script> gold.\n",
}


@pytest.fixture(scope="module")
def hostile_server(tmp_path_factory, chromium) -> Iterator[Server]:
    """A server without an index, over documents whose text, titles and names are markup."""
    folder = tmp_path_factory.mktemp("hostile")
    sources = folder / "sources"
    sources.mkdir()
    for name, text in FILES.items():
        (sources / name).write_text(text, encoding="utf-8", newline="")
    known = "\n".join(f'{key} = "{HARM}"' for key in ("title", "publisher", "author", "rights"))
    (sources / "catalogue.toml").write_text(f'["{NAME}"]\n{known}\n', encoding="utf-8")
    with Server(folder, sources) as server:
        yield server


def build(page) -> None:
    """Press the button that builds the index, unless it is built."""
    page.wait_for_function("document.querySelector('.welcome') && !document.body.innerText.includes('being loaded')")
    if page.locator(".status-line").count():
        page.get_by_role("button", name="Build the index").click()
        page.wait_for_selector("#report >> text=Built in")


def harmless(page) -> bool:
    """Whether no script of a document has run and none of its elements is there."""
    ours = "#panes img, #panes script, #panes style, #panes math, #panes animate, #panes svg[onload], #panes a[href^=javascript]"
    return page.evaluate("window.pwned") is None and page.locator(ours).count() == 0


def test_no_index_at_the_start(hostile_server, visit):
    """Without an index the page says so and how to get one; the button builds it, and questions are answered."""
    page = visit(hostile_server)
    page.wait_for_selector(".status-line >> text=no index here")
    page.wait_for_selector("#rebuild:visible")
    assert "python -m index build" in page.locator(".status-line").text_content()
    turn = ask(page, "Who carried out the lighthouse inspection?")
    assert turn.locator(".reply.problem").count() == 1
    open_tab(page, "Sources")
    page.get_by_role("button", name="Build the index").click()
    page.wait_for_selector("#report >> text=Built in")
    assert "binary, with a zero byte" in page.locator("#sources .skipped").text_content()
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
    assert page.locator("#document .whole").evaluate("d => d.textContent") == FILES[NAME]
    turn.locator(".choose").first.click()
    open_tab(page, "Export")
    page.wait_for_selector(".chosen li")
    open_tab(page, "Batch")
    page.fill("#questions textarea", f"When does the reading room open?\n{HARM}")
    page.click("#ask-all")
    page.wait_for_selector(".answers tbody tr:nth-child(2)")
    open_tab(page, "Sources")
    page.wait_for_selector("#sources [data-document]")
    assert harmless(page) and fits(page)


@pytest.mark.parametrize(
    "question, words",
    [
        ("When does the reading room open?", "<style>*{display:none !important}"),
        ("Who is the harbour master?", "![Jane](http://evil.example/pixel.png) Jane Roe"),
        ("How much are the harbour dues?", "nine pounds"),
        ("When does the harbour gate shut?", "shuts at ten"),
        ("Who repaired the canal lock?", "Ann Lee"),
    ],
)
def test_every_document_can_be_asked_about_and_opened(hostile_server, visit, question, words):
    """Styles, pictures, links, endless lines: quoted as they stand, opened as they stand, without effect."""
    page = visit(hostile_server)
    build(page)
    turn = ask(page, question)
    assert words in "".join(quotations(turn))
    turn.locator(".number").first.click()
    page.wait_for_selector("#chosen:focus")
    shown = page.locator("#document .whole").evaluate("d => d.textContent")
    assert any(shown in text for text in texts(hostile_server, "*").values())
    assert harmless(page) and fits(page)
    assert page.locator("#send").is_visible()


def test_a_document_from_right_to_left(hostile_server, visit):
    """It is read from the right, and so are its quotations; the page around it stays."""
    page = visit(hostile_server)
    build(page)
    open_tab(page, "Sources")
    page.locator("[data-document='rtl.txt']").click()
    page.wait_for_selector("#document .whole")
    direction = "e => getComputedStyle(e).direction"
    assert page.locator("#document .whole").evaluate(direction) == "rtl"
    assert page.locator("#document .tools").evaluate(direction) == "ltr"
    turn = ask(page, "מי ערך את הביקורת בנמל?")
    assert turn.locator(".quotation").first.evaluate(direction) == "rtl" and turn.locator(".asked").evaluate(direction) == "rtl"
    assert fits(page)
