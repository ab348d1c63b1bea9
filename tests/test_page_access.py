"""The page for everybody, in a real browser: keys, screen readers, contrast, every width, print, motion, either direction."""

from __future__ import annotations

import pytest
from browsing import APPEARANCE, EVERY_RULE, ask, axe, fits, in_view, open_tab, ready

pytestmark = [pytest.mark.browser, pytest.mark.real]


def through_the_states(page):
    """Yields the name of each state of the page, one after the other."""
    ready(page)
    yield "welcome"
    turn = ask(page, "What were the key strengths?")
    page.wait_for_selector("#offered .example")
    yield "list"
    turn.locator(".menu summary").first.click()
    yield "menu"
    page.keyboard.press("Escape")
    ask(page, "Who carried out the inspection? What is the capital of France?")
    yield "several"
    ask(page, "Ofsted" * 2000)
    yield "problem"
    page.locator(".turn").first.locator(".number").first.click()
    page.wait_for_selector("#chosen:focus")
    page.fill("#document .find", "children")
    yield "document"
    page.locator(".choose").first.click()
    open_tab(page, "Export")
    page.wait_for_selector(".chosen li")
    yield "export"
    open_tab(page, "Batch")
    page.fill("#questions textarea", "Who carried out the inspection?\nWhat is the capital of France?")
    page.click("#ask-all")
    page.wait_for_selector(".answers tbody tr:nth-child(2)")
    yield "batch"
    open_tab(page, "Sources")
    page.wait_for_selector("#sources table")
    page.locator("#sources summary").first.click()
    page.evaluate("document.querySelector('#side').scrollTop = 0")
    yield "sources"
    page.locator(".edit").first.click()
    page.wait_for_selector(".editing")
    yield "editing"
    page.click("#banner .keys")
    yield "keys"


@pytest.mark.parametrize("width, scheme, rules", [(1280, "light", EVERY_RULE), (390, "dark", APPEARANCE)])
def test_no_state_of_the_page_keeps_anybody_out(server, visit, width, scheme, rules):
    """axe-core finds no violation of WCAG 2.2 AA (contrast, names, roles, target sizes …); nothing scrolls sideways."""
    page = visit(server, width, 844, scheme)
    assert page.evaluate("() => matchMedia('(prefers-color-scheme: dark)').matches") is (scheme == "dark")
    found = {state: (axe(page, rules=rules), fits(page)) for state in through_the_states(page)}
    assert found == {state: ([], True) for state in found} and len(found) == 11
    assert page.evaluate("document.body.classList.contains('dark')") is (scheme == "dark")


@pytest.mark.parametrize("width", [320, 640, 768, 1920])
def test_every_width(server, visit, width):
    """From a small phone (and 1280 pixels at 200 and 400 % zoom) to a wide screen; a citation opens in view."""
    page = visit(server, width, 720)
    ready(page)
    assert fits(page)
    turn = ask(page, "What were the key strengths?")
    assert fits(page) and turn.evaluate("t => t.getBoundingClientRect().top < innerHeight")
    turn.locator(".number").first.click()
    page.wait_for_selector("#chosen:focus")
    page.wait_for_function("document.querySelector('#chosen').getBoundingClientRect().top < innerHeight")
    assert in_view(page, "#chosen") and fits(page)
    beside = page.evaluate("document.querySelector('#side').getBoundingClientRect().left > innerWidth / 3")
    assert beside is (width >= 800)
    page.fill("#question textarea", "x" * 300)
    assert fits(page)


def test_tabs_stand_side_by_side_on_a_phone(server, visit):
    """None is hidden behind a menu at 390 pixels."""
    page = visit(server, 390, 844)
    ready(page)
    tabs = page.locator("#side [role=tab]:visible").all_text_contents()
    assert [name.strip() for name in tabs] == ["Evidence", "Document", "Export", "Batch", "Sources"]


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


def test_keys_are_listed_and_can_be_switched_off(server, visit):
    """`?` lists them; without single letters only `?` still works; in a field they are letters."""
    page = visit(server)
    ready(page)
    page.get_by_role("tab", name="Sources").wait_for()
    page.mouse.click(1, 1)
    page.keyboard.press("?")
    page.wait_for_selector("#help[open]")
    assert page.locator("#help dt").count() >= 8
    page.keyboard.press("Escape")
    page.wait_for_function("!document.querySelector('#help').open")
    page.keyboard.press("5")
    page.wait_for_selector("#sources table")
    page.keyboard.press("/")
    page.keyboard.type("1/?u")
    assert page.locator("#question textarea").input_value() == "1/?u"
    page.mouse.click(1, 1)
    page.keyboard.press("?")
    page.locator("#single-keys").uncheck()
    page.keyboard.press("Escape")
    page.mouse.click(1, 1)
    page.keyboard.press("1")
    page.keyboard.press("?")
    page.wait_for_selector("#help[open]")
    assert not page.locator("#single-keys").is_checked() and page.locator("#sources table").is_visible()


def test_print_shows_the_answers_and_nothing_else(server, visit):
    """On paper: questions, verdicts, whole quotations and sources; no buttons, no fields, no panel."""
    page = visit(server)
    ask(page, "What were the key strengths?")
    page.emulate_media(media="print")
    for hidden in ("#side", "#asking", "#offered", ".actions", ".edit", ".keys", ".open"):
        assert not page.locator(hidden).first.is_visible(), hidden
    assert page.locator(".quotation:visible").count() == 9 and page.locator(".source").first.is_visible()
    pane = "document.querySelector('#conversation')"
    assert page.evaluate(f"{pane}.scrollHeight <= {pane}.clientHeight + 1"), "what is below the fold would not be printed"
    assert len(page.pdf()) > 10_000


def test_reduced_motion(server, visit):
    """Whoever wants no motion gets none."""
    page = visit(server, reduced_motion="reduce")
    ask(page, "Who carried out the inspection?")
    moving = "[...document.querySelectorAll('*')].filter(e => parseFloat(getComputedStyle(e).animationDuration) > 0.01).length"
    assert page.evaluate(moving) == 0
