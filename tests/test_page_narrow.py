"""“Search in”, in a real browser: chosen by keyboard, kept for follow-ups, carried by links, cleared."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from browsing import ask, axe, fits, quotations, ready, texts, verdict

pytestmark = [pytest.mark.browser, pytest.mark.real]

PRAISE, OTHER = "000_51f6e9db7569abb4.txt", "001_3a42cbbec8608735.txt"
TOGGLE = "#narrowing > button"


def named(page, words: str) -> None:
    """Wait until the control says what is searched."""
    page.wait_for_function(
        "([css, words]) => document.querySelector(css).innerText.trim().startsWith(words)", arg=[TOGGLE, words]
    )


def opened(page) -> None:
    """Open the control, once it knows what documents there are."""
    ready(page)
    page.click(TOGGLE)
    page.wait_for_selector("#only-publisher input:visible")
    page.wait_for_selector(f"{TOGGLE}[aria-expanded=true]")


@pytest.mark.parametrize("width, scheme", [(1280, "light"), (390, "dark")])
def test_a_filter_is_chosen_with_keys_and_keeps_nobody_out(server, visit, width, scheme):
    """Typing narrows the list, Enter takes its first; axe finds nothing in any state, and nothing scrolls sideways."""
    page = visit(server, width, 844, scheme)
    ready(page)
    named(page, "Search in: all documents")
    page.focus(TOGGLE)
    page.keyboard.press("Enter")
    page.wait_for_selector("#only-publisher input:visible")
    assert page.locator(TOGGLE).get_attribute("aria-expanded") == "true"
    assert (axe(page), fits(page)) == ([], True)
    page.focus("#only-publisher input")
    page.keyboard.type("cyp")
    page.wait_for_selector("[role=option] >> text=CYP Now (1)")
    assert (axe(page), fits(page)) == ([], True)
    page.keyboard.press("Enter")
    named(page, "Search only in: publisher CYP Now")
    page.wait_for_selector("#left-over >> text=1 document,")
    assert page.get_by_role("combobox", name="Publisher").count() == 1
    assert page.locator("#narrowing.narrowed").count() == 1
    assert (axe(page), fits(page)) == ([], True)
    turn = ask(page, "Who carried out the inspection?")
    page.wait_for_selector(f"{TOGGLE}[aria-expanded=false]")
    assert turn.locator(".remark").first.text_content() == "Searched only in: publisher CYP Now"
    assert quotations(turn) and all(words in texts(server)[PRAISE] for words in quotations(turn))
    assert "Searched only in: publisher CYP Now" in page.locator("#evidence .fine").last.text_content()
    assert (axe(page), fits(page)) == ([], True)


def test_a_filter_is_kept_for_follow_ups_until_it_is_cleared(server, visit):
    """Its button tells it beside the question; clearing it searches everything again."""
    page = visit(server)
    opened(page)
    page.fill("#only-until input", "2019")
    page.locator("#only-until input").blur()
    named(page, "Search only in: until 2019")
    page.wait_for_selector("#left-over >> text=0 documents")
    refused = ask(page, "Who carried out the inspection?")
    assert verdict(refused) == "Not in these documents" and "until 2019" in refused.locator(".remark").first.text_content()
    follow_up = ask(page, "When was it?")
    assert "until 2019" in follow_up.locator(".remark").first.text_content() and quotations(follow_up) == []
    page.click(TOGGLE)
    page.get_by_role("button", name="Search everywhere").click()
    named(page, "Search in: all documents")
    turn = ask(page, "Who carried out the inspection?")
    assert verdict(turn) == "The documents answer this" and not turn.locator(".remark").count()


def test_a_date_that_cannot_be_is_told(server, visit):
    """At the control at once, and in place of an answer."""
    page = visit(server)
    opened(page)
    page.fill("#only-since input", "last year")
    page.locator("#only-since input").blur()
    page.wait_for_selector("#left-over >> text=expected a date")
    turn = ask(page, "Who carried out the inspection?")
    assert turn.locator(".problem").count() == 1 and "expected a date" in verdict(turn)


def test_examples_are_answered_from_what_is_searched(server, visit):
    """Those of the welcome, as soon as a filter is chosen, and those after an answer."""
    page = visit(server, query="?" + urlencode({"document": OTHER}))
    ready(page)
    named(page, f"Search only in: document {OTHER}")
    page.wait_for_function("!document.querySelector('.welcome').textContent.includes('key strengths of the partnership')")
    page.locator(".welcome .example").first.click()
    page.wait_for_selector(".reply.answered")
    assert all(words in texts(server)[OTHER] for words in quotations(page.locator(".turn").first))


def test_a_link_carries_the_filter(server, visit):
    """The question is asked with it, the control shows it, and the links of its quotations carry it on."""
    page = visit(server, query="?" + urlencode({"q": "Who carried out the inspection?", "document": OTHER}))
    page.wait_for_selector(".reply.answered, .reply.related")
    turn = page.locator(".turn").first
    assert turn.locator(".remark").first.text_content() == f"Searched only in: document {OTHER}"
    assert quotations(turn) and all(words in texts(server)[OTHER] for words in quotations(turn))
    named(page, f"Search only in: document {OTHER}")
    assert f"document={OTHER}" in turn.locator("[data-link]").first.get_attribute("data-link")
    again = ask(page, "When was it?")
    assert OTHER in again.locator(".remark").first.text_content()
