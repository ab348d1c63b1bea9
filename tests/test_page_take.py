"""What is taken away from the page, in a real browser: copies, links, exports, kept conversations, tables."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from browsing import Server, ask, open_tab, quotations, ready

from index import open_index
from qa.export import read_export
from qa.verify import SourceDocuments, verify

pytestmark = [pytest.mark.browser, pytest.mark.real]


@pytest.fixture
def page(server, visit):
    """A visitor who may use the clipboard."""
    page = visit(server)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    return page


def copied(page, button) -> str:
    """What a button puts on the clipboard."""
    page.evaluate("navigator.clipboard.writeText('')")
    button.click()
    page.wait_for_function("navigator.clipboard.readText().then(t => t !== '')")
    return page.evaluate("navigator.clipboard.readText()")


def form(page, within, name: str) -> str:
    """What the menu of a quotation copies in a form."""
    within.locator(".menu summary").first.click()
    text = copied(page, within.locator(".menu").first.get_by_role("button", name=name, exact=True))
    page.keyboard.press("Escape")
    return text


def test_copies(page):
    """The words alone, with the reference in each form, and the whole answer."""
    turn = ask(page, "How was senior leadership across the services described?")
    words = quotations(turn)[0]
    assert copied(page, turn.locator(".copy").first) == words
    quoted = turn.locator(".quoted").first
    text = form(page, quoted, "Text")
    assert text.startswith(f"“{words}”\n") and "001_3a42cbbec8608735.txt, characters" in text
    assert form(page, quoted, "Markdown").startswith("> ")
    assert form(page, quoted, "HTML").startswith("<figure><blockquote")
    rich = page.evaluate("navigator.clipboard.read().then(all => all[0].types)")
    assert set(rich) == {"text/html", "text/plain"}
    assert form(page, quoted, "BibTeX").startswith("@misc{")
    assert json.loads(form(page, quoted, "CSL-JSON"))[0]["annote"] == words
    whole = copied(page, turn.locator(".copy-answer"))
    assert (
        whole.startswith("How was senior leadership across the services described?\n\nThe documents answer this")
        and words in whole
    )
    card = page.locator("#evidence .card").first
    assert copied(page, card.locator(".copy").first) in quotations(turn)
    turn.locator(".number").first.click()
    page.wait_for_selector("#chosen:focus")
    assert copied(page, page.locator(".at-hand:visible .copy")) == words
    assert form(page, page.locator(".at-hand:visible"), "Text") == text


def test_a_link_restores_question_and_quotation(server, page, visit):
    """Somebody else opens it: the question is answered, and the document stands open at the words."""
    turn = ask(page, "What did Dr Sid Deshmukh say?")
    words = quotations(turn)[0]
    link = form(page, turn.locator(".quoted").first, "Link")
    assert link.startswith(f"{server.url}/?q=What+did+Dr+Sid+Deshmukh+say%3F&doc=000_")
    other = visit(server, query=link.removeprefix(server.url))
    other.wait_for_selector(".reply.answered")
    other.wait_for_selector("#chosen:focus")
    assert other.locator(".asked").first.text_content() == "What did Dr Sid Deshmukh say?"
    assert other.locator("#chosen").text_content() == words
    assert "changed" not in other.locator("#document").text_content()


def test_a_link_whose_document_has_changed_says_so(server, visit):
    """It opens at the words where they stand now; one whose words are gone opens the document; a broken one tells why."""
    name = next(path.name for path in sorted(server.sources.glob("*.txt")))
    text = (server.sources / name).open(encoding="utf-8", newline="").read()
    at = text.index("He said") if "He said" in text else 1000
    words = text[at : at + 60]
    from qa.anchor import Anchor, link_to

    moved = link_to(Anchor(name, 5, 65, words))
    page = visit(server, query=f"/{moved}")
    page.wait_for_selector("#chosen:focus")
    assert page.locator("#document mark").evaluate_all("all => all.map(m => m.textContent).join('')") == words
    assert "the linked words stand elsewhere now" in page.locator("#document .note").text_content()
    gone = visit(server, query="/" + link_to(Anchor(name, 5, 35, "Zyx wvu tsr qpo nml kji hgf ed")))
    gone.wait_for_selector("#document .note >> text=no longer in this document")
    assert gone.locator("#document .whole").evaluate("d => d.textContent") == text
    broken = visit(server, query="/?doc=x&s=1")
    broken.wait_for_selector("#document .note >> text=cannot be opened")


def downloaded(page, button, folder: Path) -> Path:
    """The file that a button saves."""
    with page.expect_download() as download:
        button.click()
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def test_exports_are_proved(server, page, tmp_path):
    """The conversation and the quotations put aside, in every form; each file is proved from the documents."""
    turn = ask(page, "What were the key strengths?")
    ask(page, "What is the capital of France?")
    for number in (1, 3):  # at once: the second does not wait for the first to be noted
        turn.locator(".choose").nth(number).click()
    assert page.locator("#conversation .choose[aria-pressed=true]").count() == 2
    open_tab(page, "Export")
    page.wait_for_selector(".chosen li:nth-child(2)")
    documents = [SourceDocuments(server.sources)]
    for what, count in (("conversation", 9), ("chosen", 2)):
        for suffix in (".docx", ".html", ".md", ".json"):
            path = downloaded(page, page.locator(f"[data-export={what}][data-form='{suffix}']"), tmp_path)
            parsed = read_export(path)
            assert verify(parsed, documents).holds, path
            assert len([q for q in parsed.record.quotations() if "passage" not in q[0]]) == count
    page.locator(".chosen [data-unchoose]").first.click()
    page.wait_for_function("document.querySelectorAll('.chosen li').length === 1")
    page.wait_for_function("document.querySelectorAll('#conversation .choose[aria-pressed=true]').length === 1")


def reopened(page, server: Server):
    """The page opened again in the browser of a page that was closed."""
    page = page.context.new_page()
    page.goto(server.url)
    ready(page)
    return page


def test_a_kept_conversation_outlives_the_server(server, page, tmp_path):
    """It is kept in the browser, there after a restart, continued, exported and deleted; nobody else has it."""
    ask(page, "Who carried out the inspection?")
    words = page.locator(".quotation").all_text_contents()
    page.locator(".choose").first.click()
    open_tab(page, "Export")
    page.wait_for_selector(".chosen li")
    page.get_by_role("button", name="Keep it in this browser").click()
    page.wait_for_selector(".kept li >> text=Who carried out the inspection?")
    page.close()
    server.stop()
    server.start()
    server.wait()
    page = reopened(page, server)
    open_tab(page, "Export")
    page.locator(".kept").get_by_role("button", name="Open").click()
    page.wait_for_selector(".turn .quotation")
    assert page.locator("#conversation .quotation").all_text_contents() == words
    page.wait_for_function("document.querySelectorAll('.chosen li').length === 1")
    assert "inspection" in ask(page, "When did it take place?").locator(".remark").first.text_content()
    open_tab(page, "Export")
    kept = downloaded(page, page.locator(".kept").get_by_role("button", name="Export"), tmp_path)
    assert verify(read_export(kept), [SourceDocuments(server.sources)]).holds
    page.locator(".kept").get_by_role("button", name="Delete").click()
    page.wait_for_function("!document.querySelector('.kept')")
    page.close()
    page = reopened(page, server)
    open_tab(page, "Export")
    page.wait_for_selector("#take-kept >> text=(0)")


def test_a_batch(server, page, tmp_path):
    """A CSV file, read by the browser, is asked row by row; the table has verdict, quotation, reference and the file's own columns."""
    sheet = tmp_path / "questions.csv"
    sheet.write_text("id,question\na,Who carried out the inspection?\nb,What is the capital of France?\nc,\n", encoding="utf-8")
    open_tab(page, "Batch")
    page.locator("#sheet input").set_input_files(sheet)
    page.wait_for_function("document.querySelector('#questions textarea').value.startsWith('id,question')")
    page.click("#ask-all")
    page.wait_for_selector(".batch .state >> text=3 of 3 questions asked")
    saved = downloaded(page, page.locator("[data-table='.csv']"), tmp_path)
    rows = list(csv.DictReader(io.StringIO(saved.read_text(encoding="utf-8-sig"))))
    assert [row["id"] for row in rows] == ["a", "b", "c"]
    text = next(
        open_index(server.index).text(n) for n, d in enumerate(open_index(server.index).documents) if d.id == rows[0]["document"]
    )
    assert rows[0]["quotation"] == text[int(rows[0]["start"]) : int(rows[0]["end"])]
    assert [row["verdict"] for row in rows[1:]] == ["Not in these documents", "Not asked"]
    assert len(json.loads(downloaded(page, page.locator("[data-table='.json']"), tmp_path).read_text(encoding="utf-8"))) == 3
    page.fill("#questions textarea", " \n")
    page.click("#ask-all")
    page.wait_for_selector("#answers .note >> text=there is no question in it")


def test_a_batch_can_be_stopped(page):
    """What was answered stays, and can be taken away."""
    open_tab(page, "Batch")
    page.fill("#questions textarea", "\n".join(f"What did Dr Sid Deshmukh say of room {n}?" for n in range(400)))
    page.click("#ask-all")
    page.wait_for_selector(".answers tbody tr")
    page.click("#halt")
    page.wait_for_selector("#answers .note >> text=Stopped.")
    assert 0 < page.locator(".answers tbody tr").count() < 400
    assert page.locator("[data-table]").count() == 4
